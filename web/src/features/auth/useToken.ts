import { useState } from 'react';

/** The secret of the link that led here. It stands behind `#`, which browsers send to nobody. */
export function useToken(): string {
  const [token] = useState(() => new URLSearchParams(window.location.hash.slice(1)).get('token') ?? '');
  return token;
}
