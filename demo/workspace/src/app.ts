/** Routes a request to its answer. Knows nothing of sockets, so that tests need no port. */
import { failure, json } from './http.ts';
import type { QuoteStore } from './quotes.ts';

export type App = (request: Request) => Promise<Response>;

export function createApp(store: QuoteStore): App {
  return async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/health' && request.method === 'GET') return json(200, { status: 'ok' });
    if (pathname === '/quotes' && request.method === 'GET') return json(200, store.list());
    return failure(404, `There is no ${request.method} ${pathname}.`);
  };
}
