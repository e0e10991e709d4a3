import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/vscode/log.js';

function open() {
  const lines: string[] = [];
  const take = (line: string) => void lines.push(line);
  return { lines, log: createLog({ debug: take, info: take, warn: take, error: take }, () => Date.UTC(2026, 4, 1)) };
}
const KEY = 'a-key-of-no-known-form-4711';
const TOKEN = `ghp_${'a1B2'.repeat(9)}`;

describe('the log', () => {
  it('keeps a key in use out of messages, parameters, errors and their causes', () => {
    const { lines, log } = open();
    log.keepSecret([KEY]);
    log.info(`asked with ${KEY}`);
    log.warn('refused', { header: KEY });
    log.error('a call failed', new Error('outer', { cause: new Error(`401 for ${KEY}`) }));
    expect(lines).toHaveLength(3);
    expect(lines.join('\n')).not.toContain(KEY);
    expect(lines[2]).toMatch(/a call failed: Error: outer[^]*caused by Error: 401 for /);
  });
  it('keeps out what looks like a secret, without being told', () => {
    const { lines, log } = open();
    log.debug('env', { GITHUB_TOKEN: TOKEN });
    log.error(`clone with ${TOKEN}`);
    expect(lines.join('\n')).not.toContain(TOKEN);
  });
  it('leaves the rest as it is', () => {
    const { lines, log } = open();
    log.info('opened', { root: '/home/ada/quotes', runs: 3 });
    log.error('not found', 'no file');
    expect(lines).toEqual(['opened {"root":"/home/ada/quotes","runs":3}', 'not found: no file']);
  });
  it('keeps its newest 200 lines for the report of a problem, and no key among them', () => {
    const { log } = open();
    log.keepSecret([KEY]);
    for (let i = 1; i <= 300; i++) log.debug(`line ${i} ${KEY}`, { token: TOKEN });
    log.error('last', new Error(KEY));
    const recent = log.recent();
    expect(recent).toHaveLength(200);
    expect(recent[0]).toMatch(/^2026-05-01T00:00:00\.000Z debug line 102 /);
    expect(recent.at(-1)).toMatch(/ error last: /);
    expect(recent.join('\n')).not.toContain(KEY);
    expect(recent.join('\n')).not.toContain(TOKEN);
  });
});
