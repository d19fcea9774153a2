import { sentence } from '../lib/sentence';

/** The sign-in operations over HTTP. Everything else the app asks goes through GraphQL. */

export interface Workspace {
  id: string;
  slug: string;
  name: string;
}

/** What every successful sign-in answers. `expiresIn` is in seconds. */
export interface Grant {
  accessToken: string;
  refreshToken: string;
  expiresIn: number;
  workspace: Workspace;
}

export interface SignInInput {
  email: string;
  password: string;
  /** Slug, needed only when the person belongs to several workspaces. */
  workspace?: string;
}

/** The second half of a sign-in that was answered with `TOTP_REQUIRED`. */
export interface CodeInput {
  challenge: string;
  /** Of the authenticator app, or a recovery code. */
  code: string;
  workspace?: string;
}

export interface SignUpInput {
  email: string;
  password: string;
  name: string;
  workspace: string;
  /** Of somebody with an account and a second factor. */
  code?: string;
}

/** What the link of an invitation opens. */
export interface Invited {
  email: string;
  name: string | null;
  workspace: string;
  inviter: string | null;
  /** Whether the address has an account, whose password is asked for. */
  hasAccount: boolean;
}

export interface AcceptInput {
  token: string;
  /** The one of the account, or the one that a new person chooses. */
  password: string;
  name?: string;
  /** Of somebody with an account and a second factor. */
  code?: string;
}

/** A refusal by the server, or no answer at all (code `UNREACHABLE`). */
export class AuthError extends Error {
  readonly code: string;
  /** Of the HTTP answer; undefined when there was none. */
  readonly status: number | undefined;
  readonly field: string | undefined;
  readonly requestId: string | undefined;
  /** The choice, when the code is `WORKSPACE_REQUIRED`. */
  readonly workspaces: Workspace[];
  /** What the code goes with, when the code of the refusal is `TOTP_REQUIRED`. */
  readonly challenge: string | undefined;

  constructor(refusal: {
    code: string;
    message: string;
    status?: number;
    field?: string | undefined;
    requestId?: string | undefined;
    workspaces?: Workspace[] | undefined;
    challenge?: string | undefined;
  }) {
    super(refusal.message);
    this.name = 'AuthError';
    this.code = refusal.code;
    this.status = refusal.status;
    this.field = refusal.field;
    this.requestId = refusal.requestId;
    this.workspaces = refusal.workspaces ?? [];
    this.challenge = refusal.challenge;
  }
}

export type Fetch = typeof fetch;

export function authApi(send: Fetch) {
  async function post(path: string, body: object, accessToken?: string): Promise<unknown> {
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      accept: 'application/json',
    };
    if (accessToken) headers.authorization = `Bearer ${accessToken}`;
    let response: Response;
    try {
      response = await send(path, { method: 'POST', headers, body: JSON.stringify(body) });
    } catch {
      throw new AuthError({
        code: 'UNREACHABLE',
        message: 'Rapport cannot be reached. Check your connection and try again.',
      });
    }
    const answer: unknown = await response.json().catch(() => null);
    if (response.ok) return answer;
    throw refusal(answer, response);
  }

  return {
    signIn: (input: SignInInput) => post('/auth/sign-in', input) as Promise<Grant>,
    enterCode: (input: CodeInput) => post('/auth/totp', input) as Promise<Grant>,
    signUp: (input: SignUpInput) => post('/auth/sign-up', input) as Promise<Grant>,
    refresh: (refreshToken: string) => post('/auth/refresh', { refreshToken }) as Promise<Grant>,
    signOut: (refreshToken: string, accessToken?: string) =>
      post('/auth/sign-out', { refreshToken }, accessToken),
    forgotPassword: (email: string) => post('/auth/forgot-password', { email }),
    resetPassword: (token: string, password: string) => post('/auth/reset-password', { token, password }),
    verifyEmail: (token: string) => post('/auth/verify-email', { token }),
    confirmEmail: (token: string) => post('/auth/confirm-email', { token }),
    cancelEmail: (token: string) => post('/auth/cancel-email', { token }),
    invitation: (token: string) => post('/auth/invitation', { token }) as Promise<Invited>,
    acceptInvitation: (input: AcceptInput) => post('/auth/accept-invitation', input) as Promise<Grant>,
  };
}

export type AuthApi = ReturnType<typeof authApi>;

function refusal(answer: unknown, response: Response): AuthError {
  const error = (answer as { error?: Partial<AuthError> } | null)?.error;
  return new AuthError({
    code: error?.code ?? `HTTP_${response.status}`,
    message: sentence(error?.message ?? `the server answered with status ${response.status}`),
    status: response.status,
    field: error?.field,
    requestId: error?.requestId ?? response.headers.get('x-request-id') ?? undefined,
    workspaces: error?.workspaces,
    challenge: error?.challenge,
  });
}
