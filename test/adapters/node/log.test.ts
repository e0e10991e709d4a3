import { expect, it } from 'vitest';
import { createHasher } from '../../../src/adapters/node/hasher.js';
import { createLog, type LogLevel } from '../../../src/adapters/node/log.js';

const logged = (level: LogLevel = 'debug') => {
  const lines: string[] = [];
  return {
    lines,
    log: createLog({
      write: (line) => lines.push(line),
      redact: (text) => text.replaceAll('hunter2', '•••'),
      level,
      now: () => 0,
    }),
  };
};

it('a line has its time and level, and has passed the redaction sink, parameters and causes too', () => {
  const { lines, log } = logged();
  log.info('Started', { key: 'hunter2', size: 3n, error: new Error('hunter2') });
  log.error('Failed', new Error('outer', { cause: new Error('hunter2 inside') }));
  expect(lines[0]).toMatch(/^1970-01-01T00:00:00.000Z info  Started \{"key":"•••","size":"3"/);
  expect(lines[1]).toContain('caused by Error: ••• inside');
  expect(lines.join('')).not.toContain('hunter2');
});

it('text with line breaks cannot pass for an entry of its own', () => {
  const { lines, log } = logged();
  log.warn('one\n1970-01-01T00:00:00.000Z info  forged');
  expect(lines).toEqual(['1970-01-01T00:00:00.000Z warn  one\n    1970-01-01T00:00:00.000Z info  forged\n']);
});

it('drops what is below the level, and writes what refers to itself', () => {
  const { lines, log } = logged('warn');
  const loop: Record<string, unknown> = {};
  loop['self'] = loop;
  log.info('no');
  log.warn('yes', loop);
  expect(lines).toEqual(['1970-01-01T00:00:00.000Z warn  yes (parameters that refer to themselves)\n']);
});

it('hashes text as its UTF-8 bytes', () => {
  const { sha256 } = createHasher();
  expect(sha256('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  expect(sha256('é')).toBe(sha256(new Uint8Array([0xc3, 0xa9])));
});
