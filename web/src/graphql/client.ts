import { Client, cacheExchange, fetchExchange } from 'urql';
import { session } from '../session';

/** A client with an empty cache: one workspace's answers are never shown in another. */
export function createClient(): Client {
  return new Client({
    url: '/graphql',
    preferGetMethod: false,
    exchanges: [cacheExchange, fetchExchange],
    fetch: session.fetch,
  });
}
