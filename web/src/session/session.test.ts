import { beforeEach, describe, expect, it, vi } from 'vitest';
import { authApi, type Grant } from './authApi';
import { Session } from './session';

const workspace = { id: '1', slug: 'acme', name: 'Acme' };
const minutes = (count: number) => count * 60_000;

function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json' },
  });
}

/** A server that knows one valid access token and one valid refresh token, and rotates both. */
function server() {
  let generation = 1;
  const calls = { refresh: 0, data: 0 };
  const state = { refuseRefresh: false, down: false, acceptData: true };
  const grant = (): Grant => ({
    accessToken: `access-${generation}`,
    refreshToken: `refresh-${generation}`,
    expiresIn: 600,
    workspace,
  });
  const send = vi.fn(async (input: RequestInfo | URL, init?: RequestInit) => {
    if (state.down) throw new TypeError('network');
    const path = String(input);
    await Promise.resolve();
    if (path === '/auth/refresh') {
      calls.refresh += 1;
      const { refreshToken } = JSON.parse(String(init?.body)) as { refreshToken: string };
      if (state.refuseRefresh || refreshToken !== `refresh-${generation}`) {
        return json(401, { error: { code: 'UNAUTHENTICATED', message: 'Sign in again.', requestId: 'r' } });
      }
      generation += 1;
      return json(200, grant());
    }
    if (path === '/auth/sign-out') return json(200, {});
    calls.data += 1;
    const bearer = new Headers(init?.headers).get('authorization');
    return json(state.acceptData && bearer === `Bearer access-${generation}` ? 200 : 401, {});
  });
  return { send: send as unknown as typeof fetch, calls, state, grant, expire: () => (generation += 1) };
}

describe('a session', () => {
  let now = 0;
  beforeEach(() => {
    now = 1_000_000;
    sessionStorage.clear();
  });

  function start(backend = server()) {
    const session = new Session({
      api: authApi(backend.send),
      send: backend.send,
      storage: sessionStorage,
      now: () => now,
    });
    return { backend, session };
  }

  it('sends the token it was given, and does not renew it early', async () => {
    const { backend, session } = start();
    session.accept(backend.grant());
    now += minutes(9);
    expect((await session.fetch('/graphql')).status).toBe(200);
    expect(backend.calls.refresh).toBe(0);
  });

  it('renews an expired token once for many requests at the same time', async () => {
    const { backend, session } = start();
    session.accept(backend.grant());
    now += minutes(10);
    const answers = await Promise.all(Array.from({ length: 8 }, () => session.fetch('/graphql')));
    expect(answers.map((answer) => answer.status)).toEqual(Array(8).fill(200));
    expect(backend.calls).toEqual({ refresh: 1, data: 8 });
  });

  it('renews once when the server refuses a token that looked valid, and repeats the requests', async () => {
    const { backend, session } = start();
    session.accept({ ...backend.grant(), accessToken: 'revoked' });
    const answers = await Promise.all([session.fetch('/graphql'), session.fetch('/graphql')]);
    expect(answers.map((answer) => answer.status)).toEqual([200, 200]);
    expect(backend.calls).toEqual({ refresh: 1, data: 4 });
  });

  it('does not renew for ever when the server refuses fresh tokens too', async () => {
    const { backend, session } = start();
    session.accept(backend.grant());
    backend.state.acceptData = false;
    expect((await session.fetch('/graphql')).status).toBe(401);
    expect(backend.calls).toEqual({ refresh: 1, data: 2 });
  });

  it('survives a reload through the stored refresh token', async () => {
    const { backend, session } = start();
    session.accept(backend.grant());
    const { session: reloaded } = start(backend);
    expect(reloaded.workspace).toEqual(workspace);
    expect((await reloaded.fetch('/graphql')).status).toBe(200);
  });

  it('ends, and says so, when the renewal is refused', async () => {
    const { backend, session } = start();
    session.accept(backend.grant());
    backend.expire();
    const told = vi.fn();
    session.subscribe(told);
    expect((await session.fetch('/graphql')).status).toBe(401);
    expect(session.workspace).toBeNull();
    expect(told).toHaveBeenCalled();
    expect(sessionStorage.length).toBe(0);
  });

  it('keeps the session when the server cannot be reached', async () => {
    const { backend, session } = start();
    session.accept(backend.grant());
    now += minutes(10);
    backend.state.down = true;
    await expect(session.fetch('/graphql')).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(session.workspace).toEqual(workspace);
    backend.state.down = false;
    expect((await session.fetch('/graphql')).status).toBe(200);
  });

  it('stays signed out when a renewal answers after the sign-out', async () => {
    const { backend, session } = start();
    session.accept(backend.grant());
    now += minutes(10);
    const request = session.fetch('/graphql');
    await session.signOut();
    await request;
    expect(session.workspace).toBeNull();
    expect(sessionStorage.length).toBe(0);
  });

  it('reads damaged storage as signed out', () => {
    sessionStorage.setItem('rapport.session', '{"refreshToken":');
    expect(start().session.workspace).toBeNull();
  });
});
