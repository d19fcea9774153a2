import { type AuthApi, AuthError, type Fetch, type Grant, type Workspace } from './authApi';

/** A token this close to its end is renewed before it is used. */
const RENEW_BEFORE_MS = 30_000;
const STORAGE_KEY = 'rapport.session';

interface Stored {
  refreshToken: string;
  workspace: Workspace;
}

interface Access {
  token: string;
  expiresAt: number;
}

/**
 * Who is signed in, in this tab. The access token lives in memory only.
 *
 * The refresh token is in `sessionStorage`, where a script of this origin could read it: it moves to a
 * `__Host-` cookie with the issue that brings cookie sessions, and then `Stored` goes.
 */
export class Session {
  readonly #api: AuthApi;
  readonly #send: Fetch;
  readonly #storage: Storage;
  readonly #now: () => number;
  readonly #listeners = new Set<() => void>();
  #access: Access | null = null;
  #renewal: Promise<void> | null = null;

  constructor(parts: { api: AuthApi; send: Fetch; storage: Storage; now?: () => number }) {
    this.#api = parts.api;
    this.#send = parts.send;
    this.#storage = parts.storage;
    this.#now = parts.now ?? Date.now;
  }

  /** The workspace that is signed in to, or null. The same object until that changes. */
  get workspace(): Workspace | null {
    return this.#stored()?.workspace ?? null;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  accept(grant: Grant): void {
    this.#access = { token: grant.accessToken, expiresAt: this.#now() + grant.expiresIn * 1000 };
    this.#store({ refreshToken: grant.refreshToken, workspace: grant.workspace });
  }

  /** Signs out here at once, and tells the server; a server that cannot be told changes nothing here. */
  async signOut(): Promise<void> {
    const stored = this.#stored();
    const token = this.#access?.token;
    this.end();
    if (stored) await this.#api.signOut(stored.refreshToken, token).catch(() => undefined);
  }

  /** Forgets the session without telling the server. */
  end(): void {
    this.#access = null;
    this.#store(null);
  }

  /**
   * `fetch` with the bearer token: renewed when it is about to expire, and once more when the server
   * refuses it all the same. A refused renewal ends the session, and the refusal is the answer.
   */
  fetch: Fetch = async (input, init) => {
    const used = await this.#token();
    const response = await this.#send(input, withBearer(init, used));
    if (response.status !== 401 || !used) return response;
    const renewed = await this.#token(used);
    return renewed ? this.#send(input, withBearer(init, renewed)) : response;
  };

  /** A usable access token that is not `refused`, or null when nobody is signed in (any more). */
  async #token(refused?: string): Promise<string | null> {
    const access = this.#access;
    const usable = access && access.token !== refused && access.expiresAt - RENEW_BEFORE_MS > this.#now();
    if (!usable) await this.#renew();
    return this.#access?.token ?? null;
  }

  /** Refresh tokens work once, so however many requests find theirs expired, one renewal serves all. */
  #renew(): Promise<void> {
    this.#renewal ??= this.#exchange().finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  async #exchange(): Promise<void> {
    const stored = this.#stored();
    if (!stored) return;
    try {
      const grant = await this.#api.refresh(stored.refreshToken);
      // Signed out, or in again, while the answer was under way: that decision stands.
      if (this.#stored()?.refreshToken === stored.refreshToken) this.accept(grant);
    } catch (error) {
      if (error instanceof AuthError && isFinal(error)) this.end();
      else throw error;
    }
  }

  #cache: { text: string | null; value: Stored | null } = { text: null, value: null };

  #stored(): Stored | null {
    const text = this.#storage.getItem(STORAGE_KEY);
    if (text !== this.#cache.text) this.#cache = { text, value: parseStored(text) };
    return this.#cache.value;
  }

  #store(value: Stored | null): void {
    if (value) this.#storage.setItem(STORAGE_KEY, JSON.stringify(value));
    else this.#storage.removeItem(STORAGE_KEY);
    for (const listener of this.#listeners) listener();
  }
}

/** The server refused the token itself, as opposed to being away, busy or broken. */
function isFinal({ status }: AuthError): boolean {
  return status !== undefined && [400, 401, 403, 422].includes(status);
}

function withBearer(init: RequestInit | undefined, token: string | null): RequestInit {
  const headers = new Headers(init?.headers);
  if (token) headers.set('authorization', `Bearer ${token}`);
  return { ...init, headers };
}

function parseStored(text: string | null): Stored | null {
  if (text === null) return null;
  try {
    const value = JSON.parse(text) as Partial<Stored> | null;
    return value?.refreshToken && value.workspace ? (value as Stored) : null;
  } catch {
    return null;
  }
}
