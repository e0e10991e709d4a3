/** Bounds how often one client may write, in any minute, not by the clock. Reading stays free. */
import type { App } from './app.ts';
import { failure } from './http.ts';

const MINUTE = 60_000;

export type Limit = { perMinute: number; now: () => number };

/** Clients are told apart by the header `x-client`, which the server sets from the socket. */
export function limitWrites(app: App, limit: Limit): App {
  const writes = new Map<string, number[]>();
  return async (request) => {
    if (request.method === 'GET' || request.method === 'HEAD') return await app(request);
    const now = limit.now();
    const client = request.headers.get('x-client') ?? 'unknown';
    const recent = (writes.get(client) ?? []).filter((at) => now - at < MINUTE);
    if (recent.length < limit.perMinute) {
      writes.set(client, [...recent, now]);
      return await app(request);
    }
    const oldest = recent[0] ?? now;
    const response = failure(429, 'Too many quotes in a minute. Wait a little.');
    response.headers.set('retry-after', String(Math.ceil((oldest + MINUTE - now) / 1000)));
    return response;
  };
}
