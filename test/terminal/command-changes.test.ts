/** What commands change is in the commit, by the command line as it is shipped: real git, real commands, a model on a loopback server. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startMessagesApi, type Block, type MessagesApi } from '../fakes/messages-api.js';
import { bundleProduct } from './product.js';

let place: string;
let cli: string;
let api: MessagesApi | undefined;
beforeAll(async () => {
  place = await realpath(await mkdtemp(path.join(os.tmpdir(), 'openexec-made-')));
  cli = await bundleProduct(place);
}, 60_000);
afterEach(async () => await api?.close());
afterAll(async () => await rm(place, { recursive: true, force: true }));

interface Project {
  folder: string;
  git(...args: string[]): string;
  openexec(...args: string[]): Promise<{ code: number; out: string; err: string }>;
}

/** A repository with one task, and a model that gives these answers in order. */
async function project(
  name: string,
  files: Readonly<Record<string, string>>,
  check: string,
  answers: readonly (readonly [tool: string, input: object])[][],
): Promise<Project> {
  const folder = path.join(place, name);
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), text);
  }
  const git: Project['git'] = (...args) => execFileSync('git', args, { cwd: folder, encoding: 'utf8' });
  git('init', '-q', '-b', 'main');
  git('config', 'user.email', 'person@example.com');
  git('config', 'user.name', 'Person');
  git('add', '-A');
  git('commit', '-qm', 'Start');
  api = await startMessagesApi((_, n) => {
    const calls = answers[Math.min(n, answers.length) - 1] ?? [];
    return {
      kind: 'message',
      stop: 'tool_use',
      content: calls.map(
        ([tool, input], at): Block => ({ type: 'tool_use', id: `toolu_${n}_${at}`, name: tool, input }),
      ),
    };
  });
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const env = { ...inherited, OPENEXEC_HOME: path.join(place, `home-${name}`), ANTHROPIC_API_KEY: 'sk-ant-none' };
  const openexec: Project['openexec'] = (...args) =>
    new Promise((resolve) => {
      execFile(
        process.execPath,
        [cli, ...args],
        { cwd: folder, env, timeout: 120_000, maxBuffer: 64e6 },
        (error, out, err) => resolve({ code: error ? Number(error.code ?? -1) : 0, out, err }),
      ).stdin?.end();
    });
  const task = {
    id: 'T-US-001-001',
    title: 'Add',
    description: 'd',
    technical_strategy: 's',
    depends_on: [],
    verification_script: check,
  };
  const plan = path.join(place, `${name}.json`);
  await writeFile(
    plan,
    JSON.stringify({
      schema_version: '1.1',
      goals: [{ id: 'G-1', title: 'g', description: 'd', success_criteria: 's', verification_method: 'm' }],
      stories: [
        {
          id: 'US-001',
          title: 's',
          description: 'd',
          requirement_id: 'R-1',
          goal_id: 'G-1',
          depends_on: [],
          acceptance_criteria: [],
          verification_script: '',
          contract: '',
          tasks: [task],
        },
      ],
    }),
  );
  const must = async (...args: string[]) => {
    const done = await openexec(...args);
    expect(done.code, done.out + done.err).toBe(0);
  };
  await must('config', 'set', 'base-url', api.url);
  await must('config', 'set', 'model', 'claude-sonnet-4-5');
  await must('plan', 'import', plan);
  await must('plan', 'approve', '--yes');
  return { folder, git, openexec };
}

/** As a colleague has it: nothing but what was committed. */
async function clone({ folder, git }: Project): Promise<string> {
  const copy = `${folder}-clone`;
  git('clone', '-q', folder, copy);
  return copy;
}

it('a formatter the model runs, one in the lint and a generator in the check', { timeout: 240_000 }, async () => {
  const here = await project(
    'format',
    {
      'package.json': '{"name":"p","type":"module"}\n',
      'openexec.yaml':
        'version: 1\ncommands:\n  lint: ["sed -i s/SUM/sum/ src/add.js"]\n  test: ["node --test"]\n  build: []\n',
      'src/add.js': 'export const add = () => 0;\n',
      'gen.mjs':
        "import fs from 'node:fs';\nfs.mkdirSync('docs', { recursive: true });\nfs.writeFileSync('docs/api.md', '# API\\n');\n",
      'test/add.test.js':
        "import test from 'node:test';\nimport assert from 'node:assert';\nimport { add } from '../src/add.js';\ntest('adds', () => assert.equal(add(1, 2), 3));\n",
      'old.txt': 'old\n',
    },
    'grep -q "sum = a + b;" src/add.js && node gen.mjs && rm -f old.txt',
    [
      [
        [
          'write_file',
          { path: 'src/add.js', content: 'export const add = (a, b) => {\n  const SUM = a + b\n  return SUM;\n};\n' },
        ],
        ['run_command', { argv: ['sed', '-i', 's/a + b$/a + b;/', 'src/add.js'] }],
        ['submit_result', { summary: 'added' }],
      ],
    ],
  );
  const done = await here.openexec('run', '--approve', 'all');
  expect(done.code, done.out + done.err).toBe(0);
  expect(here.git('status', '--porcelain')).toBe('');
  expect(here.git('show', '--format=', '--name-status', 'HEAD').trim().split('\n')).toEqual([
    'A\tdocs/api.md',
    'D\told.txt',
    'M\tsrc/add.js',
  ]);
  const copy = await clone(here);
  expect(await readFile(path.join(copy, 'src/add.js'), 'utf8')).toBe(
    'export const add = (a, b) => {\n  const sum = a + b;\n  return sum;\n};\n',
  );
  expect(done.out).toContain('sed -i');
  expect((await here.openexec('replay')).code).toBe(0);
  const back = await here.openexec('rollback', '--check');
  expect(back.code, back.out + back.err).toBe(0);
});

it('a file that a test made, which the check needs', { timeout: 240_000 }, async () => {
  const here = await project(
    'made',
    {
      'package.json': '{"name":"p","type":"module","scripts":{"test":"node --test"}}',
      'src/add.js': 'export const add = (a, b) => 0;\n',
      'test/add.test.js':
        "import test from 'node:test';\nimport assert from 'node:assert';\nimport { add } from '../src/sum.js';\ntest('adds', () => assert.equal(add(5, 7), 12));\n",
    },
    'npm test',
    [
      [
        [
          'write_file',
          {
            path: 'test/zz.test.js',
            content:
              "import fs from 'node:fs';\nfs.writeFileSync(new URL('../src/sum.js', import.meta.url), 'export const add = (a, b) => a + b;\\n');\n",
          },
        ],
        ['run_command', { argv: ['npm', 'test'] }],
        ['delete_file', { path: 'test/zz.test.js' }],
      ],
      [['submit_result', { summary: 'done' }]],
    ],
  );
  const done = await here.openexec('run', '--approve', 'all');
  expect(done.code, done.out + done.err).toBe(0);
  expect(here.git('status', '--porcelain')).toBe('');
  const copy = await clone(here);
  execFileSync('npm', ['test'], { cwd: copy, stdio: 'pipe' });
  expect((await here.openexec('replay')).code).toBe(0);
});

it('what passes only with uncommitted work of the person is said, and not committed', {
  timeout: 240_000,
}, async () => {
  const lines = Array.from({ length: 12 }, (_, at) => `// ${at}\n`).join('');
  const here = await project(
    'mine',
    {
      'package.json': '{"name":"p","type":"module"}',
      'openexec.yaml': 'version: 1\ncommands: { lint: [], test: [], build: [] }\n',
      'src/add.js': `export const add = (a, b) => 0;\n${lines}`,
    },
    'node -e "import(\'./src/add.js\').then(({ add, two }) => process.exit(add(1, two) === 3 ? 0 : 1))"',
    [
      [
        [
          'apply_patch',
          { title: 'Add', patch: JSON.stringify([{ path: 'src/add.js', search: '=> 0;', replace: '=> a + b;' }]) },
        ],
        ['submit_result', { summary: 'added' }],
      ],
    ],
  );
  const mine = `export const add = (a, b) => 0;\n${lines}export const two = 2;\n`;
  await writeFile(path.join(here.folder, 'src/add.js'), mine);
  const run = await here.openexec('run', '--approve', 'all');
  expect(run.out).toContain('its check passes only with your uncommitted changes in src/add.js');
  expect(here.git('log', '--format=%s').trim()).toBe('Start');
  expect((await here.openexec('status')).out).toContain('its check passes only with your uncommitted changes');
  // The person commits what was theirs, and the check is run again.
  await writeFile(path.join(here.folder, 'src/add.js'), mine);
  here.git('commit', '-qam', 'Two');
  await writeFile(path.join(here.folder, 'src/add.js'), mine.replace('=> 0;', '=> a + b;'));
  const went = await here.openexec('approve', '--option', 'retry');
  expect(went.code, went.out + went.err).toBe(0);
  const resumed = await here.openexec('resume', '--approve', 'all');
  expect(resumed.code === 0 || went.out.includes('completed'), resumed.out + resumed.err).toBe(true);
  expect(here.git('status', '--porcelain')).toBe('');
  expect(here.git('show', '--format=', '-U0', 'HEAD')).toContain('+export const add = (a, b) => a + b;');
  expect((await here.openexec('replay')).code).toBe(0);
});
