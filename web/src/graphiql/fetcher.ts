import { session } from '../session';

interface Params {
  query: string;
  operationName?: string | null;
  variables?: unknown;
}

interface Options {
  /** From the headers editor. */
  headers?: Record<string, unknown>;
}

/** Sends an operation as the signed-in member. Headers typed into the editor win over ours. */
export async function fetcher(params: Params, options?: Options) {
  const headers = new Headers({
    'content-type': 'application/json',
    accept: 'application/graphql-response+json, application/json',
  });
  for (const [name, value] of Object.entries(options?.headers ?? {})) headers.set(name, String(value));
  const response = await session.fetch('/graphql', {
    method: 'POST',
    headers,
    body: JSON.stringify(params),
  });
  return response.json();
}
