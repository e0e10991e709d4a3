import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApp } from '../src/app.ts';
import { createQuoteStore } from '../src/quotes.ts';

const quote = { id: '12', text: 'Simplicity is prerequisite for reliability.', author: 'Dijkstra' };
const app = createApp(createQuoteStore([quote]));
const get = (path: string): Promise<Response> => app(new Request(`http://localhost${path}`));

test('finds a quote by its id', async () => {
  const response = await get('/quotes/12');
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), quote);
});

test('says that a quote does not exist', async () => {
  const response = await get('/quotes/1');
  assert.equal(response.status, 404);
  assert.deepEqual(await response.json(), { error: 'There is no quote 1.' });
});

test('takes only numbers for an id', async () => {
  assert.equal((await get('/quotes/12/text')).status, 404);
  assert.equal((await get('/quotes/..%2Fhealth')).status, 404);
});
