import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApp } from '../src/app.ts';
import { createQuoteStore } from '../src/quotes.ts';

const hopper = { id: '1', text: 'A ship in port is safe.', author: 'Grace Hopper' };
const dijkstra = { id: '2', text: 'Simplicity is prerequisite.', author: 'Edsger W. Dijkstra' };
const app = createApp(createQuoteStore([hopper, dijkstra]));
const search = async (query: string): Promise<unknown> =>
  (await app(new Request(`http://localhost/quotes${query}`))).json();

test('finds quotes by a part of the name', async () => {
  assert.deepEqual(await search('?author=hopper'), [hopper]);
  assert.deepEqual(await search('?author=W.%20Dijkstra'), [dijkstra]);
});

test('gives an empty list when nobody fits, and all without a name', async () => {
  assert.deepEqual(await search('?author=Turing'), []);
  assert.deepEqual(await search('?author='), [hopper, dijkstra]);
  assert.deepEqual(await search(''), [hopper, dijkstra]);
});
