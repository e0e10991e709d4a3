import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApp } from '../src/app.ts';
import { createQuoteStore } from '../src/quotes.ts';

const post = (body: string): Promise<Response> =>
  createApp(createQuoteStore([]))(new Request('http://localhost/quotes', { method: 'POST', body }));

test('refuses a body that is not JSON', async () => {
  const response = await post('{"text": ');
  assert.equal(response.status, 400);
  assert.deepEqual(await response.json(), { error: 'The body is not JSON.' });
});

test('refuses an empty body', async () => {
  assert.equal((await post('')).status, 400);
});

test('refuses a body that is too large', async () => {
  const response = await post(JSON.stringify({ text: 'x'.repeat(5000), author: 'Mies' }));
  assert.equal(response.status, 413);
});

test('refuses a list', async () => {
  assert.equal((await post('[]')).status, 422);
});
