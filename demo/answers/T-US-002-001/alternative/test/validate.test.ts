import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validateQuote } from '../src/validate.ts';

test('takes a quote and trims it', () => {
  const checked = validateQuote({ text: ' Less is more. ', author: 'Mies' });
  assert.deepEqual(checked, { ok: true, value: { text: 'Less is more.', author: 'Mies' } });
});

test('refuses what is missing or too long', () => {
  const long = 'x'.repeat(501);
  assert.equal(validateQuote('a quote').ok, false);
  assert.equal(validateQuote({ author: 'Mies' }).ok, false);
  assert.equal(validateQuote({ text: 'Less is more.' }).ok, false);
  assert.equal(validateQuote({ text: long, author: 'Mies' }).ok, false);
});

test('drops what it does not know', () => {
  const checked = validateQuote({ text: 'a', author: 'b', id: '7', admin: true });
  assert.deepEqual(checked, { ok: true, value: { text: 'a', author: 'b' } });
});
