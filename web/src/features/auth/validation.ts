import type { FieldErrors } from './useSubmit';

export const PASSWORD_MIN_LENGTH = 8;

const NEW_PASSWORD = `Use at least ${PASSWORD_MIN_LENGTH} characters. A few words make a good password.`;

export type Values = Record<'email' | 'password' | 'name' | 'workspace', string>;

export function signInErrors(values: Pick<Values, 'email' | 'password'>): FieldErrors {
  return without({
    email: emailError(values.email),
    password: values.password ? null : 'Enter your password.',
  });
}

export function codeErrors(code: string): FieldErrors {
  return without({ code: code.trim() ? null : 'Enter the code.' });
}

export function signUpErrors(values: Values): FieldErrors {
  return without({
    name: values.name.trim() ? null : 'Enter your name.',
    email: emailError(values.email),
    password: newPasswordError(values.password),
    workspace: values.workspace.trim() ? null : 'Give your workspace a name.',
  });
}

/** Of who chooses a password by a link in a mail; of a new person the name too. */
export function chosenErrors(values: { password: string; name?: string }): FieldErrors {
  return without({
    name: values.name === undefined || values.name.trim() ? null : 'Enter your name.',
    password: newPasswordError(values.password),
  });
}

export function forgotErrors(values: { email: string }): FieldErrors {
  return without({ email: emailError(values.email) });
}

function newPasswordError(password: string): string | null {
  return password.length >= PASSWORD_MIN_LENGTH ? null : NEW_PASSWORD;
}

// Only what is surely wrong; whether an address exists is not for a pattern to say.
function emailError(email: string): string | null {
  if (!email.trim()) return 'Enter your email address.';
  return /^\S+@\S+$/.test(email.trim()) ? null : 'This is not an email address: it needs an @ in the middle.';
}

function without(errors: Record<string, string | null>): FieldErrors {
  return Object.fromEntries(Object.entries(errors).filter((entry): entry is [string, string] => !!entry[1]));
}
