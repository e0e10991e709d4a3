import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const top = path.join(__dirname, '..', '..');
const file = path.join(top, 'l10n', 'bundle.l10n.json');
const sources = ['src/vscode', 'src/core/view'].flatMap((folder) =>
  readdirSync(path.join(top, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join(top, folder, name)),
);

/** Every text given to t(…) or l10n.t(…), and every sentence of an error or a reason: what a translator gets. */
function texts(): Record<string, string> {
  const found = new Set<string>();
  for (const source of sources) {
    const code = readFileSync(source, 'utf8');
    for (const match of code.matchAll(/\bt\(\s*'((?:[^'\\\n]|\\.)+)'/g))
      found.add((match[1] ?? '').replace(/\\(.)/g, '$1'));
    for (const match of code.matchAll(/\bplural\([^,]+,\s*'((?:[^'\\\n]|\\.)+)',\s*'((?:[^'\\\n]|\\.)+)'/g))
      for (const one of match.slice(1)) found.add(one.replace(/\\(.)/g, '$1'));
    if (/view.(sentences|reasons)\.ts$/.test(source))
      for (const match of code.matchAll(/^ {2}'?[\w-]+'?:\s+'((?:[^'\\\n]|\\.)+)',$/gm))
        found.add((match[1] ?? '').replace(/\\(.)/g, '$1'));
  }
  return Object.fromEntries([...found].sort().map((text) => [text, text]));
}

describe('texts for translation', () => {
  it('are all in l10n/bundle.l10n.json (write it anew with npm run l10n)', () => {
    const now = texts();
    if (process.env['UPDATE_L10N']) writeFileSync(file, `${JSON.stringify(now, null, 2)}\n`);
    expect(Object.keys(now).length).toBeGreaterThan(200);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(now);
  });
  it('speak plainly', () => {
    for (const text of Object.keys(texts()))
      expect(text).not.toMatch(/\bOops\b|successfully|\bplease\b|\bsimply\b|!$/i);
  });
});
