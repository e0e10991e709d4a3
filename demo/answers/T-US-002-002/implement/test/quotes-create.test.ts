import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApp } from '../src/app.ts';
import { createQuoteStore } from '../src/quotes.ts';

const first = { id: '4', text: 'Simplicity is prerequisite for reliability.', author: 'Dijkstra' };
const post = (body: unknown): Request =>
  new Request('http://localhost/quotes', { method: 'POST', body: JSON.stringify(body) });

test('adds a quote with the next id', async () => {
  const store = createQuoteStore([first]);
  const response = await createApp(store)(post({ text: 'Less is more.', author: 'Mies' }));
  assert.equal(response.status, 201);
  assert.deepEqual(await response.json(), { id: '5', text: 'Less is more.', author: 'Mies' });
  assert.equal(store.list().length, 2);
});

test('refuses a quote without text and keeps the store as it is', async () => {
  const store = createQuoteStore([first]);
  const response = await createApp(store)(post({ author: 'Mies' }));
  assert.equal(response.status, 422);
  assert.deepEqual(await response.json(), { error: 'text is missing.' });
  assert.deepEqual(store.list(), [first]);
});
