import { useState } from 'react';
import { AuthError } from '../../session';

/** Field errors by field name. */
export type FieldErrors = Record<string, string>;

/**
 * Runs one attempt at a time and sorts its refusal: to the field it names, or to the whole form.
 * What the person typed is never touched.
 */
export function useSubmit(fields: readonly string[]) {
  const [pending, setPending] = useState(false);
  const [refusal, setRefusal] = useState<AuthError | null>(null);
  const [local, setLocal] = useState<FieldErrors>({});

  /** `found` are the errors seen without asking the server; with any, nothing is sent. */
  async function submit(found: FieldErrors, attempt: () => Promise<void>): Promise<void> {
    if (pending) return;
    setLocal(found);
    setRefusal(null);
    const first = fields.find((field) => found[field]);
    if (first) return focusField(first);
    setPending(true);
    try {
      await attempt();
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      setRefusal(error);
      if (error.field && fields.includes(error.field)) focusField(error.field);
    } finally {
      setPending(false);
    }
  }

  const atField = refusal?.field && fields.includes(refusal.field) ? refusal.field : null;
  return {
    submit,
    pending,
    fieldErrors: atField && refusal ? { ...local, [atField]: refusal.message } : local,
    formError: refusal && !atField ? refusal : null,
  };
}

function focusField(name: string): void {
  // After the inputs are enabled again and the message is in the page.
  requestAnimationFrame(() => document.querySelector<HTMLInputElement>(`input[name="${name}"]`)?.focus());
}
