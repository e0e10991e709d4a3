import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { page } from '../../src/terminal/pager.js';

let dir: string;
beforeEach(async () => (dir = await mkdtemp(path.join(os.tmpdir(), 'openexec-pager-'))));
afterEach(() => rm(dir, { recursive: true, force: true }));
const show = (text: string, pager: string) =>
  page(text, { env: { ...process.env, PAGER: pager, DIR: dir, TERM: 'xterm' }, platform: process.platform });

describe.runIf(process.platform !== 'win32')('a pager', () => {
  it('gets the whole text, with the options that PAGER gives it', async () => {
    const text = `${'x'.repeat(200_000)}\nend\n`;
    expect(await show(text, 'cat -u > "$DIR/shown"')).toBe(true);
    expect(await readFile(path.join(dir, 'shown'), 'utf8')).toBe(text);
  });
  it('may be left before the end', async () => {
    expect(await show('x\n'.repeat(200_000), 'head -n 1 > "$DIR/shown"')).toBe(true);
  });
  it('that is not there leaves the text to whoever has it', async () => {
    expect(await show('x', `${dir}/no-such-pager 2> /dev/null`)).toBe(false);
  });
});
