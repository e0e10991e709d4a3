import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/vscode/log.js';

function open() {
  const lines: string[] = [];
  const take = (line: string) => void lines.push(line);
  return { lines, log: createLog({ debug: take, info: take, warn: take, error: take }) };
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
});
