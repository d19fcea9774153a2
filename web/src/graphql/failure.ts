import type { CombinedError } from 'urql';
import { sentence } from '../lib/sentence';
import { AuthError } from '../session';

/** What went wrong, in words for the person in front of it, and the id by which support finds it. */
export interface Failure {
  message: string;
  code: string | undefined;
  requestId: string | undefined;
}

export function failureOf(error: CombinedError): Failure {
  const first = error.graphQLErrors[0];
  const fromHeader = responseHeader(error, 'x-request-id');
  if (first) {
    return {
      message: sentence(first.message),
      code: text(first.extensions.code),
      requestId: text(first.extensions.requestId) ?? fromHeader,
    };
  }
  if (error.networkError instanceof AuthError) {
    return { message: error.networkError.message, code: error.networkError.code, requestId: undefined };
  }
  const status = (error.response as Response | undefined)?.status;
  return {
    message: status
      ? `The server answered with status ${status}.`
      : 'Rapport cannot be reached. Check your connection and try again.',
    code: status ? `HTTP_${status}` : 'UNREACHABLE',
    requestId: fromHeader,
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function responseHeader(error: CombinedError, name: string): string | undefined {
  return (error.response as Response | undefined)?.headers?.get(name) ?? undefined;
}
