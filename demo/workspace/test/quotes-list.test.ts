import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApp } from '../src/app.ts';
import { createQuoteStore } from '../src/quotes.ts';

const quote = { id: '1', text: 'Simplicity is prerequisite for reliability.', author: 'Dijkstra' };
const app = createApp(createQuoteStore([quote]));

test('lists the quotes', async () => {
  const response = await app(new Request('http://localhost/quotes'));
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), [quote]);
});

test('says that a route does not exist', async () => {
  const response = await app(new Request('http://localhost/nowhere'));
  assert.equal(response.status, 404);
  assert.deepEqual(await response.json(), { error: 'There is no GET /nowhere.' });
});
