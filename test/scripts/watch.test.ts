import { mkdir, mkdtemp, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { watch } from '../../scripts/lib/watch.mjs';

const task = await (async () => {
  const file = path.join(__dirname, '..', '..', '.vscode', 'tasks.json');
  const { tasks } = JSON.parse(await readFile(file, 'utf8')) as {
    tasks: { label: string; problemMatcher: Matcher }[];
  };
  return tasks.find((one) => one.label === 'watch');
})();
interface Matcher {
  pattern: { regexp: string; file: number; line: number; column: number; severity: number; message: number };
  background: { beginsPattern: string; endsPattern: string };
}
const begins = new RegExp(task?.problemMatcher.background.beginsPattern ?? '');
const ends = new RegExp(task?.problemMatcher.background.endsPattern ?? '');

let top: string;
let stop: () => Promise<void>;
afterEach(async () => {
  await stop();
  await rm(top, { recursive: true, force: true });
});

/** Two bundles, `one.js` and `two.js`, which share `src/shared.ts`. `built` resolves with the lines of the next build. */
async function start(files: Record<string, string> = {}) {
  top = await realpath(await mkdtemp(path.join(os.tmpdir(), 'openexec-watch-')));
  const write = async (name: string, text: string) => {
    await mkdir(path.dirname(path.join(top, name)), { recursive: true });
    // As editors do: whole, by renaming.
    await writeFile(path.join(top, 'saved'), text);
    await rename(path.join(top, 'saved'), path.join(top, name));
  };
  for (const [name, text] of Object.entries({
    'src/shared.ts': 'export const word = "first";\n',
    'src/one.ts': 'import { word } from "./shared.js";\nexport const one = word;\n',
    'src/two.ts': 'export const two = 2;\n',
    ...files,
  }))
    await write(name, text);
  let lines: string[] = [];
  let heard: ((lines: string[]) => void) | undefined;
  const say = (line: string) => {
    lines.push(line);
    if (!ends.test(line)) return;
    heard?.(lines);
    lines = [];
  };
  const built = () => new Promise<string[]>((resolve) => (heard = resolve));
  const first = built();
  const entries = ['one', 'two'].map((name) => ({
    absWorkingDir: top,
    entryPoints: [`src/${name}.ts`],
    outfile: `dist/${name}.js`,
    bundle: true,
  }));
  ({ stop } = await watch({ top, entries, folders: ['src'], say }));
  const output = (name: string) => readFile(path.join(top, 'dist', name), 'utf8');
  return { first: await first, built, write, output };
}

describe('npm run watch', () => {
  it('says when it builds and when it is done, in the words that F5 waits for', async () => {
    const { first, output } = await start();
    expect(first[0]).toMatch(begins);
    expect(first.at(-1)).toMatch(ends);
    expect(first).toHaveLength(2);
    expect(await output('one.js')).toContain('first');
  });

  it('builds again what a saved file is part of', async () => {
    const { built, write, output } = await start();
    const next = built();
    await write('src/shared.ts', 'export const word = "second";\n');
    expect((await next)[0]).toMatch(begins);
    expect(await output('one.js')).toContain('second');
  });

  it('names a file that does not compile so that the editor shows it, and goes on once it does', async () => {
    const { built, write, output } = await start();
    let next = built();
    await write('src/two.ts', 'export const two = ;\n');
    const problem = (await next)[1] ?? '';
    const pattern = task?.problemMatcher.pattern;
    const match = new RegExp(pattern?.regexp ?? '').exec(problem) ?? [];
    expect([pattern?.file, pattern?.line, pattern?.column, pattern?.severity].map((at) => match[at ?? -1])).toEqual([
      'src/two.ts',
      '1',
      '20',
      'error',
    ]);
    next = built();
    await write('src/two.ts', 'export const two = 22;\n');
    expect(await next).toHaveLength(2);
    expect(await output('two.js')).toContain('22');
  });

  it('begins also with a file that is not there, and builds when it comes, in a new folder too', async () => {
    const { first, built, write, output } = await start({ 'src/one.ts': 'export * from "./new/late.js";\n' });
    expect(first.at(-1)).toMatch(/, with errors$/);
    const next = built();
    await write('src/new/late.ts', 'export const late = "late";\n');
    expect((await next).at(-1)).not.toMatch(/, with errors$/);
    expect(await output('one.js')).toContain('late');
  });
});
