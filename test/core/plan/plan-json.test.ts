import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { extractJson } from '../../../src/core/plan/plan-json.js';

const check = (text: string) => {
  const found = extractJson(text);
  return found?.repaired ? { repaired: found.value } : found?.value;
};

describe('finding the JSON in an answer', () => {
  it.each<[string, string, unknown]>([
    ['prose and a fence', 'Here you are:\n```json\n{"a":1}\n```\nDone.', { a: 1 }],
    ['the first of two fences', '```json\n{"a":1}\n```\n```json\n{"a":2}\n```', { a: 1 }],
    ['prose around', 'text { "key": "value" } and after', { key: 'value' }],
    ['a missing bracket', '{"a":{"b":1}', { repaired: { a: { b: 1 } } }],
    ['a trailing comma after an address', '{"u":"http://x.y/z",}', { u: 'http://x.y/z' }],
    ['a cut-off list', '{"a":[1,2', { repaired: { a: [1, 2] } }],
    ['the first of two objects', '{"a":1} trailing {"b":2}', { a: 1 }],
    [
      'lines that look like thinking',
      '{"d":"I will do",\n"thinking":1,\n"x":2,}',
      { d: 'I will do', thinking: 1, x: 2 },
    ],
    ['comments', '{\n// first\n"a": 1, /* two */ "b": "// not one"\n}', { a: 1, b: '// not one' }],
    ['a bare list', '[{"id":"US-1"}]', [{ id: 'US-1' }]],
    ['a note in brackets before it', 'See [1] and [the notes]: {"a":1}', { a: 1 }],
    ['braces in prose before it', 'Fill in {name} here:\n{"a":[1,2],}', { a: [1, 2] }],
    ['a fence inside a text', '```json\n{"a":"```js\\ncode\\n```","b":2}\n```', { a: '```js\ncode\n```', b: 2 }],
    ['brackets inside texts', '{"a":"}{][","b":"\\"}"}', { a: '}{][', b: '"}' }],
    [
      'cut off inside a text, in a closed fence',
      '```json\n{"a":[{"t":"one"},{"t":"tw\n```',
      { repaired: { a: [{ t: 'one' }, { t: 'tw' }] } },
    ],
    ['single quotes', "{'a': 'b'}", { repaired: { a: 'b' } }],
    ['a byte order mark', '\uFEFF{"a":1}', { a: 1 }],
    ['nothing', '', undefined],
    ['prose alone', 'I could not do that, sorry about {this}.', undefined],
    ['a bare word', '"yes"', undefined],
  ])('%s', (_name, text, expected) => expect(check(text)).toEqual(expected));

  it('gives back any object, whatever stands around it', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue()), fc.boolean(), (value, fenced) => {
        fc.pre(!Object.keys(value).includes('__proto__'));
        const json = JSON.stringify(value, null, 2);
        const text = fenced ? `Here:\n\`\`\`json\n${json}\n\`\`\`\nend` : `Here: ${json} end`;
        expect(extractJson(text)).toEqual({ value: JSON.parse(json), repaired: false });
      }),
      { numRuns: 300 },
    );
  });

  it('never throws, and gets through long nonsense in no time', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', ',', ':', 'a', '/', '*', '\n', '`') }),
        (text) => void extractJson(text),
      ),
    );
    expect(extractJson('{"a":'.repeat(100_000))).toBeUndefined(); // too deep to be anything
    expect(extractJson('{ '.repeat(50_000))).toBeUndefined();
  });
});
