/** What one more of a kind costs whoever adds it: the script that measures it, over the project as it is. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const top = path.join(__dirname, '..', '..');

describe('npm run price', () => {
  it('finds an event, a question and a setting within their prices', { timeout: 400_000 }, async () => {
    // Fails where it exits with another code than 0.
    const { stdout } = await promisify(execFile)(process.execPath, ['scripts/price.mjs'], { cwd: top });
    expect(stdout.match(/^one more .*$/gm)).toEqual([
      'one more event: 4 files, at most 4',
      'one more question: 3 files, at most 3',
      'one more setting: 3 files, at most 3',
    ]);
  });
  it('is named where it is said how to add one', () =>
    expect(readFileSync(path.join(top, 'CONTRIBUTING.md'), 'utf8')).toContain('`npm run price`'));
});
