import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitWrites } from '../src/rate-limit.ts';

let now = 0;
const app = limitWrites(async () => new Response('ok'), { perMinute: 2, now: () => now });
const send = (method: string, client: string): Promise<Response> =>
  app(new Request('http://localhost/quotes', { method, headers: { 'x-client': client } }));

test('answers 429 when one client writes too often, and says when to come back', async () => {
  assert.equal((await send('POST', 'a')).status, 200);
  assert.equal((await send('POST', 'a')).status, 200);
  now = 15_000;
  const response = await send('POST', 'a');
  assert.equal(response.status, 429);
  assert.equal(response.headers.get('retry-after'), '45');
});

test('leaves other clients and reading alone', async () => {
  assert.equal((await send('POST', 'b')).status, 200);
  assert.equal((await send('GET', 'a')).status, 200);
});

test('forgets after a minute', async () => {
  now = 61_000;
  assert.equal((await send('POST', 'a')).status, 200);
});
