import { CombinedError } from 'urql';
import { describe, expect, it } from 'vitest';
import { AuthError } from '../session';
import { failureOf } from './failure';

describe('a failure', () => {
  it('is the first GraphQL error with its code and request id', () => {
    const error = new CombinedError({
      graphQLErrors: [
        { message: 'Slow down.', extensions: { code: 'RATE_LIMITED', requestId: 'req-1' } },
        { message: 'Another.' },
      ],
    });
    expect(failureOf(error)).toEqual({ message: 'Slow down.', code: 'RATE_LIMITED', requestId: 'req-1' });
  });

  it('takes the request id from the header when the error has none', () => {
    const response = new Response('', { status: 503, headers: { 'x-request-id': 'req-2' } });
    const error = new CombinedError({ networkError: new Error('x'), response });
    expect(failureOf(error)).toEqual({
      message: 'The server answered with status 503.',
      code: 'HTTP_503',
      requestId: 'req-2',
    });
  });

  it('says that the server cannot be reached', () => {
    const renewal = new AuthError({ code: 'UNREACHABLE', message: 'Rapport cannot be reached.' });
    expect(failureOf(new CombinedError({ networkError: renewal })).code).toBe('UNREACHABLE');
    expect(failureOf(new CombinedError({ networkError: new TypeError('x') })).code).toBe('UNREACHABLE');
  });
});
