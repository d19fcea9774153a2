import { expect, it } from 'vitest';
import { authApi } from './authApi';

function answering(status: number, body: string, headers: Record<string, string> = {}) {
  return authApi(async () => new Response(status === 204 ? null : body, { status, headers }));
}

const credentials = { email: 'ana@example.com', password: 'x' };

it('keeps what a refusal says: code, field, request id and the workspaces to choose from', async () => {
  const workspaces = [{ id: '1', slug: 'acme', name: 'Acme' }];
  const api = answering(
    409,
    JSON.stringify({
      error: {
        code: 'WORKSPACE_REQUIRED',
        message: 'name the workspace',
        field: 'workspace',
        requestId: 'r1',
        workspaces,
      },
    }),
  );
  await expect(api.signIn(credentials)).rejects.toMatchObject({
    code: 'WORKSPACE_REQUIRED',
    message: 'Name the workspace.',
    status: 409,
    field: 'workspace',
    requestId: 'r1',
    workspaces,
  });
});

it('makes a readable refusal of an answer that is not ours', async () => {
  const api = answering(502, '<html>Bad gateway</html>', { 'x-request-id': 'r2' });
  await expect(api.signIn(credentials)).rejects.toMatchObject({
    code: 'HTTP_502',
    message: 'The server answered with status 502.',
    requestId: 'r2',
  });
});

it('takes an answer without a body', async () => {
  await expect(answering(204, '').signOut('refresh')).resolves.toBeNull();
});
