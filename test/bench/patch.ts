/** The patch engine by form and size of file: MB of the file's text per second, from the patch's text to the new bytes. */
import { applyPatch } from '../../src/core/patch/apply.js';
import { parsePatch } from '../../src/core/patch/parse.js';
import { unifiedDiff } from '../../src/core/patch/hunks.js';
import { median, runGroups, type Group, type Result } from './measure.js';

const ROUNDS = 9;
const encode = (text: string) => new TextEncoder().encode(text);
/** Lines as code has them: most differ, some repeat. */
const source = (lines: number): string[] =>
  Array.from({ length: lines }, (_, n) =>
    n % 10 === 9 ? '  }' : `  const value${n} = compute(${n % 97}, "${(n * 7919) % 10_007}");`,
  );
const join = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

interface Form {
  name: string;
  patch(before: readonly string[], after: readonly string[], places: readonly number[]): string;
}

const forms: readonly Form[] = [
  { name: 'unified', patch: (before, after) => unifiedDiff('src/a.ts', join(before), join(after)) },
  {
    name: 'search', // search and replace, as models give it
    patch: (before, after, places) =>
      JSON.stringify(
        places.map((at) => ({
          path: 'src/a.ts',
          search: join(before.slice(at - 1, at + 2)),
          replace: join(after.slice(at - 1, at + 2)),
        })),
      ),
  },
];

function measure(form: Form, lines: number): Result {
  const before = source(lines);
  const places = [0.05, 0.3, 0.5, 0.7, 0.95].map((part) => Math.floor((part * lines) / 10) * 10 + 5);
  const after = [...before];
  for (const place of places) after[place] = `${before[place]} // changed`;
  const bytes = encode(join(before));
  const text = form.patch(before, after, places);
  const expected = join(after);
  const times = Array.from({ length: ROUNDS }, () => {
    const began = performance.now();
    const done = applyPatch(parsePatch(text), () => bytes);
    const took = performance.now() - began;
    if (!done.ok || new TextDecoder().decode(done.files[0]?.after ?? new Uint8Array()) !== expected)
      throw new Error(`${form.name} of ${lines} lines did not apply`);
    return took;
  });
  const ms = median(times.slice(2));
  return {
    name: `patch.${form.name}.${lines}`,
    value: bytes.length / 1024 / 1024 / (ms / 1000),
    unit: 'MB/s',
    note: `${ms.toFixed(2)} ms for a file of ${lines} lines, five places`,
  };
}

const sizes = [100, 10_000, 100_000];
const groups = forms.flatMap((form) =>
  sizes.map((lines): Group => ({ names: [`patch.${form.name}.${lines}`], run: async () => [measure(form, lines)] })),
);

/** A patch of a file of 100,000 lines, in ms: what the person waits for. */
groups.push({
  names: ['patch.large'],
  run: async () => {
    const { note, value } = measure(forms[0]!, 100_000);
    const megabytes = encode(join(source(100_000))).length / 1024 / 1024;
    return [
      { name: 'patch.large', value: (megabytes / value) * 1000, unit: 'ms', target: { atMost: 100 }, note: note ?? '' },
    ];
  },
});

void runGroups(groups, process.argv[2] ?? '');
