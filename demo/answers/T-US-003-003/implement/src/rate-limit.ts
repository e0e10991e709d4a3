/** Bounds how often one client may write. Reading stays free. */
import type { App } from './app.ts';
import { failure } from './http.ts';

const MINUTE = 60_000;

export type Limit = { perMinute: number; now: () => number };

/** Clients are told apart by the header `x-client`, which the server sets from the socket. */
export function limitWrites(app: App, limit: Limit): App {
  const windows = new Map<string, { start: number; count: number }>();
  return async (request) => {
    if (request.method === 'GET' || request.method === 'HEAD') return await app(request);
    const now = limit.now();
    for (const [old, { start }] of windows) if (now - start >= MINUTE) windows.delete(old);
    const client = request.headers.get('x-client') ?? 'unknown';
    const window = windows.get(client) ?? { start: now, count: 0 };
    window.count += 1;
    windows.set(client, window);
    if (window.count <= limit.perMinute) return await app(request);
    const response = failure(429, 'Too many quotes in a minute. Wait a little.');
    response.headers.set('retry-after', String(Math.ceil((window.start + MINUTE - now) / 1000)));
    return response;
  };
}
