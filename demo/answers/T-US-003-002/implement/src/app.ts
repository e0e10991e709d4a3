/** Routes a request to its answer. Knows nothing of sockets, so that tests need no port. */
import { failure, json, readJson } from './http.ts';
import type { QuoteStore } from './quotes.ts';
import { byAuthor } from './search.ts';
import { validateQuote } from './validate.ts';

export type App = (request: Request) => Promise<Response>;

const MAX_BODY = 4096;

export function createApp(store: QuoteStore): App {
  return async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/health' && request.method === 'GET') return json(200, { status: 'ok' });
    if (pathname === '/quotes' && request.method === 'GET') {
      return json(200, byAuthor(store.list(), searchParams.get('author') ?? ''));
    }
    if (pathname === '/quotes' && request.method === 'POST') return await create(store, request);
    const id = /^\/quotes\/(\d+)$/.exec(pathname)?.[1];
    if (id && request.method === 'GET') return show(store, id);
    return failure(404, `There is no ${request.method} ${pathname}.`);
  };
}

async function create(store: QuoteStore, request: Request): Promise<Response> {
  const body = await readJson(request, MAX_BODY);
  if (!body.ok) return failure(body.status, body.problem);
  const checked = validateQuote(body.value);
  if (!checked.ok) return failure(422, checked.problem);
  return json(201, store.add(checked.value));
}

function show(store: QuoteStore, id: string): Response {
  const quote = store.find(id);
  return quote ? json(200, quote) : failure(404, `There is no quote ${id}.`);
}
