// Writes demo/cassette.json from demo/answers: the plan, and for each task and stage the files as they are meant to become.
// The diffs of the recording are computed here, so that they fit by construction. Run it after a change in demo/.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createTwoFilesPatch } from 'diff';
import { top } from './lib/process.mjs';

const answers = path.join(top, 'demo', 'answers');
const base = readTree(path.join(top, 'demo', 'workspace'));
const plan = JSON.parse(readFileSync(path.join(answers, 'plan.json'), 'utf8'));
const words = JSON.parse(readFileSync(path.join(answers, 'words.json'), 'utf8'));

function readTree(folder) {
  if (!existsSync(folder)) return {};
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [path.relative(folder, file).split(path.sep).join('/'), readFileSync(file, 'utf8')]),
  );
}

const diffOf = (before, after) =>
  Object.keys(after)
    .filter((file) => before[file] !== after[file])
    .map((file) => {
      const patch = createTwoFilesPatch(
        file in before ? `a/${file}` : '/dev/null',
        `b/${file}`,
        before[file] ?? '',
        after[file],
        '',
        '',
        { context: 3 },
      );
      return patch.replace(/^=+\n/, '');
    })
    .join('');

const wholeFiles = (files) =>
  Object.entries(files).map(([file, content]) => ({ name: 'write_file', input: { path: file, content } }));
const submit = (summary) => ({ name: 'submit_result', input: { summary } });
const entry = (key, text, toolCalls, more = {}) => ({
  key,
  ...more,
  text,
  toolCalls,
  stop: 'tool-use',
  latencyMs: 400 + text.length * 6,
});

const entries = [{ ...entry('plan/generate/1', words.plan, [{ name: 'submit_plan', input: plan }]), latencyMs: 4000 }];
let tree = base;
for (const { id } of plan.stories.flatMap((story) => story.tasks)) {
  const said = words[id];
  const touched = {};
  for (const stage of ['implement', 'fix_lint', 'fix_tests']) {
    const files = readTree(path.join(answers, id, stage));
    if (Object.keys(files).length === 0) continue;
    const after = { ...tree, ...files };
    Object.assign(touched, files);
    const where = `${id}/1/${stage}/1`;
    entries.push(
      entry(
        `${where}/1`,
        said[stage].look,
        said[stage].read.map((file) => ({ name: 'read_file', input: { path: file } })),
      ),
      entry(
        `${where}/2`,
        said[stage].say,
        said[stage].whole
          ? wholeFiles(files)
          : [{ name: 'apply_patch', input: { patch: diffOf(tree, after), title: said[stage].title } }],
      ),
      // Handed in only after the edit was seen to fit: with a patch that failed there would be nothing to hand in.
      entry(`${where}/3`, '', [submit(said[stage].done)]),
    );
    tree = after;
  }
  const alternative = { ...touched, ...readTree(path.join(answers, id, 'alternative')) };
  entries.push(
    entry(`${id}/*/implement/*/*`, said.alternative, [...wholeFiles(alternative), submit(said.alternative)], {
      when: 'rejected',
    }),
    entry(
      `${id}/*/*/*/*`,
      'The recorded steps do not fit here, so the files are written whole, as they are meant to be in the end.',
      [...wholeFiles(touched), submit(`Wrote ${Object.keys(touched).join(', ')}.`)],
      { when: 'otherwise' },
    ),
  );
}

const target = path.join(top, 'demo', 'cassette.json');
const text = `${JSON.stringify({ version: 1, label: 'Recorded model (demo)', entries }, null, 1)}\n`;
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text)
    throw new Error('demo/cassette.json is not what demo/answers says. Run: node scripts/make-cassette.mjs');
} else {
  writeFileSync(target, text);
  console.log(`${entries.length} entries, ${text.length} bytes`);
}
