import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApp } from '../src/app.ts';
import { createQuoteStore } from '../src/quotes.ts';

test('answers that it is up', async () => {
  const app = createApp(createQuoteStore([]));
  const response = await app(new Request('http://localhost/health'));
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { status: 'ok' });
});
