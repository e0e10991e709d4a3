import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../../src/core/text/redact.js';

const all = createRedactor([], { level: 'all' });
const secrets = createRedactor();
const A = (count: number, text = 'aB3dE5fG7h') => text.repeat(Math.ceil(count / text.length)).slice(0, count);
const PEM = `-----BEGIN RSA PRIVATE KEY-----\n${A(64)}\n${A(64)}\n-----END RSA PRIVATE KEY-----`;

describe('redaction', () => {
  it.each([
    ['Contact me at john.doe@example.com', 'Contact me at [EMAIL_REDACTED]'],
    ['010101-123A', '[HETU_REDACTED]'],
    ['192.168.1.1', '[IP_REDACTED]'],
    ["Set api_key: 'sk-1234567890abcdef'", "Set api_key: '[SECRET_REDACTED]'"],
  ])('takes personal data out at high sensitivity: %s', (text, expected) => expect(all.redact(text)).toBe(expected));

  it.each([
    ["Set api_key: 'sk-1234567890abcdef'", "Set api_key: '[SECRET_REDACTED]'"],
    [`key sk-ant-api03-${A(40)} end`, 'key [SECRET_REDACTED] end'],
    [`ghp_${A(36)}`, '[SECRET_REDACTED]'],
    [`github_pat_${A(40)}`, '[SECRET_REDACTED]'],
    ['AKIAIOSFODNN7EXAMPLE', '[SECRET_REDACTED]'],
    [`x=AIza${A(35)}`, 'x=[SECRET_REDACTED]'],
    [`npm_${A(36)}`, '[SECRET_REDACTED]'],
    [`sk_live_${A(24)}`, '[SECRET_REDACTED]'],
    [`glpat-${A(20)}`, '[SECRET_REDACTED]'],
    [`eyJhbGciOiJI.eyJzdWIiOiIx.${A(20)}`, '[SECRET_REDACTED]'],
    ['postgres://app:hunter22@db/x', 'postgres://app:[SECRET_REDACTED]@db/x'],
    ['Authorization: Bearer abcdef0123456789', 'Authorization: Bearer [SECRET_REDACTED]'],
    ['STRIPE_SECRET=abcdefghijk\nPATH=/bin', 'STRIPE_SECRET=[SECRET_REDACTED]\nPATH=/bin'],
    [`a\n${PEM}\nb`, 'a\n[SECRET_REDACTED]\nb'],
    [`-----BEGIN PRIVATE KEY-----\n${A(64)}`, '[SECRET_REDACTED]'],
  ])('always takes secrets out: %j', (text, expected) => expect(secrets.redact(text)).toBe(expected));

  it.each([
    'john.doe@example.com and 192.168.1.1', // personal data stays at normal sensitivity
    "const token = req.headers['authorization'];",
    'password: string;',
    'if (token === undefined) throw new Error("no token");',
    "type: 'token'",
    'export const SECRET_NAMES = /key/;',
    'task-1234-sk-short',
    'version 1.2.3',
    "import { tokenize } from './token-2.js';",
    'https://example.com:8080/a@b',
    'TOKEN=${TOKEN}',
    'sha256 = 9f86d081884c7d659a2feaa0c55ad015',
  ])('leaves ordinary text alone: %s', (text) => expect(secrets.redact(text)).toBe(text));

  it('takes out the keys in use, also in the spellings of URLs, JSON and base64', () => {
    const { redact } = createRedactor(['p"ss word/1+2', 'ab']);
    const { length } =
      redact(
        `p"ss word/1+2 ${encodeURIComponent('p"ss word/1+2')} ${JSON.stringify('p"ss word/1+2')} ${btoa('p"ss word/1+2')}`,
      ).match(/\[SECRET_REDACTED\]/g) ?? [];
    expect(length).toBe(4);
    expect(redact('ab about')).toBe('ab about');
  });

  it('finds a secret however the text is cut into pieces', () => {
    const pieces = fc.constantFrom(
      `ghp_${A(36)}`,
      'word ',
      '\n',
      PEM,
      ' and ',
      'hunter2-known',
      'multi\nline-known',
      "token: 'abc12345678'",
      'x'.repeat(700),
      'AKIAIOSFODNN7EXAMPLE',
      '-----BEGIN ',
    );
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }),
        (parts, sizes) => {
          const redactor = createRedactor(['hunter2-known', 'multi\nline-known']);
          const text = parts.join('');
          const stream = redactor.stream();
          let out = '';
          for (let at = 0, i = 0; at < text.length; i += 1) {
            const size = sizes[i % sizes.length] ?? 1;
            out += stream.push(text.slice(at, at + size));
            at += size;
          }
          out += stream.end();
          expect(out).toBe(redactor.redact(text));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('lets whole lines out at once and holds little of a line that never ends', () => {
    const stream = secrets.stream();
    expect(stream.push('one\ntw')).toBe('one\n');
    expect(stream.push('o\n')).toBe('two\n');
    let out = 0;
    for (let i = 0; i < 200; i += 1) out += stream.push('y'.repeat(10_000)).length;
    expect(2_000_000 - out).toBeLessThan(128 * 1024);
    expect(out + stream.end().length).toBe(2_000_000);
  });

  it('is quick on 10 MB, whatever is in it', () => {
    const timed = Object.entries({
      log: '2026-01-01 INFO request served in 12 ms for key /a/b and token t\n'.repeat(160_000),
      letters: 'a'.repeat(10_000_000),
      jwt: 'eyJ'.repeat(3_300_000),
      pem: '-----BEGIN '.repeat(900_000),
      quotes: `token: "`.repeat(1_250_000),
      url: 'a://'.repeat(2_500_000),
    }).map(([name, text]) => {
      const started = performance.now();
      all.redact(text);
      return `${name} ${Math.round(performance.now() - started)} ms`;
    });
    console.info(`redact 10 MB: ${timed.join(', ')}`);
    expect(timed).toHaveLength(6);
  }, 120_000);
});
