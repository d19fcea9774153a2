import { useState } from 'react';
import { AuthError } from '../../session';

/** The code of a second factor, for who turns out to have one when their password was right. */
export function useCode() {
  /** Null while nobody asked for it. */
  const [code, setCode] = useState<string | null>(null);

  /** Null when the code is asked for now. */
  async function withCode<T>(attempt: (code: { code?: string }) => Promise<T>): Promise<T | null> {
    try {
      return await attempt(code ? { code } : {});
    } catch (error) {
      if (code !== null || !(error instanceof AuthError) || error.code !== 'TOTP_REQUIRED') throw error;
      setCode('');
      return null;
    }
  }

  return { code, setCode, withCode };
}
