/** A model's tools on a real disk and a real repository: paths as people write them, links, files that are large or no text. */
import { readFileSync, symlinkSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createDiskWorkspace } from '../../../src/adapters/node/files/workspace.js';
import { createGitCommand } from '../../../src/adapters/node/git/git-command.js';
import { createHasher } from '../../../src/adapters/node/hasher.js';
import { createOpenExec } from '../../../src/core/openexec.js';
import { everydayPath } from '../../../src/core/model/everyday-path.js';
import { createRepository } from '../../adapters/node/git/repository.js';
import { createFakeClock } from '../../fakes/clock.js';
import { createFakeCommandRunner } from '../../fakes/command-runner.js';
import { createFakeIds } from '../../fakes/ids.js';
import { createFakeLog } from '../../fakes/log.js';
import { createMemoryStore } from '../../fakes/memory-store.js';
import { createFakeModel } from '../../fakes/model.js';
import { createFakeShellParser } from '../../fakes/shell-parser.js';
import { implementVerifyCommit } from './fixtures.js';
import { FAST, planOf } from './harness.js';

type Repository = ReturnType<typeof createRepository>;
const cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** Makes the calls in one answer and hands in; what each was told, and how the run ended. */
async function calls(prepare: (repository: Repository) => void, made: (root: string) => [string, unknown][]) {
  const repository = createRepository();
  cleanups.push(() => repository.dispose());
  repository.put('src/a.txt', 'one\ntwo\n');
  repository.put('AGENTS.md', '# Notes\nold line\n');
  prepare(repository);
  repository.call('add', '.');
  repository.call('commit', '-q', '-m', 'Begin');
  const tools = made(repository.root).map(([name, input]) => ({ name, input }));
  const models = createFakeModel({
    implement: [{ tools }, { tools: [{ name: 'submit_result', input: { summary: 'done' } }] }],
  });
  let checks = 0;
  const openexec = await createOpenExec(
    {
      clock: createFakeClock(),
      ids: createFakeIds(),
      log: createFakeLog(),
      hasher: createHasher(),
      workspace: createDiskWorkspace({ git: createGitCommand({ env: process.env, platform: process.platform }) }),
      commands: createFakeCommandRunner(async () => ({ exitCode: checks++ === 0 ? 1 : 0 })),
      git: repository.git,
      shell: createFakeShellParser(),
      models,
      store: createMemoryStore(),
      redact: (text) => text,
    },
    {
      root: repository.root,
      settings: async () => FAST,
      shippedBlueprints: ['standard_task'],
      blueprint: async (id) => ({ id, text: implementVerifyCommit, file: `${id}.yaml` }),
      owner: { pid: 1, door: 'test', since: 0 },
    },
  );
  const ended = new Promise((resolve) =>
    openexec.onEvent((event) => {
      if (event.type === 'run-finished') resolve(event.status);
      if (event.type === 'run-paused') resolve(`paused: ${event.reason.code}`);
    }),
  );
  const { plan } = await openexec.request('plan/import', { json: JSON.stringify(planOf({ T1: {} })), name: 'Plan' });
  const scripts = await openexec.request('plan/scripts', { plan: plan.id });
  const hashes = scripts.map((script) => script.hash);
  await openexec.request('plan/approve', { plan: plan.id, iteration: plan.iteration, hashes });
  const { run } = await openexec.request('run/start', { plan: plan.id, onAsk: 'accept' });
  const status = await ended;
  const told = (models.asked[1]?.messages.at(-1)?.content ?? []).flatMap((block) =>
    block.type === 'tool-result' ? [block.content] : [],
  );
  const { divergence } = await openexec.request('run/replay', { run });
  return { repository, status, told, divergence };
}
const link = (target: string, at: string) => (repository: Repository) =>
  symlinkSync(target, path.join(repository.root, at));
const replace = (file: string, search = 'old line', text = 'new line') =>
  JSON.stringify([{ path: file, search, replace: text }]);

describe('paths as people write them', () => {
  it.each([
    ['./src/x', 'src/x'],
    ['src//x', 'src/x'],
    ['src/./x', 'src/x'],
    ['src/../x', 'x'],
    ['src/', 'src'],
    ['/home/me/app/src/x', 'src/x'],
    ['/home/me/app', '.'],
    ['/home/me/app/', '.'],
    ['./', '.'],
    ['/home/me/application/x', '/home/me/application/x'],
    ['/home/me/app/../x', '/home/me/app/../x'],
    ['../x', '../x'],
    ['a/../../x', 'a/../../x'],
    ['/etc/passwd', '/etc/passwd'],
    ['..', '..'],
    ['…/x ', '…/x '],
  ])('%s is %s', (written, path_) => {
    expect(everydayPath(written, ['/home/me/app'])).toBe(path_);
  });

  it('takes backslashes and any case of the root on Windows only', () => {
    expect(everydayPath('c:\\Me\\App\\src\\x', ['C:\\Me\\app'])).toBe('src/x');
    expect(everydayPath('.\\src\\x', ['C:\\Me\\app'])).toBe('src/x');
    expect(everydayPath('D:\\x', ['C:\\Me\\app'])).toBe('D:\\x');
    expect(everydayPath('src\\x', ['/home/me/app'])).toBe('src\\x');
  });

  it('are taken by every tool and in patches, and lead nowhere else', async () => {
    const { told, status, repository, divergence } = await calls(
      () => undefined,
      (root) => [
        ['read_file', { path: './src//a.txt' }],
        ['read_file', { path: `${root}/src/a.txt` }],
        ['list_directory', { path: './' }],
        ['list_directory', { path: root }],
        ['glob', { pattern: './src/*.txt' }],
        ['grep', { pattern: 'two', glob: `${root}/src/**` }],
        ['git_diff', { paths: ['./src/'] }],
        ['read_symbol', { name: 'x', path: './src/a.txt' }],
        ['apply_patch', { patch: replace('src/../src/a.txt', 'one', 'ONE') }],
        ['apply_patch', { patch: replace(`${root}/src/a.txt`, 'two', 'TWO') }],
        ['write_file', { path: './new//file.txt', content: 'new\n' }],
        ['delete_file', { path: './AGENTS.md' }],
        ['read_file', { path: '../home/.gitconfig' }],
        ['read_file', { path: '/etc/passwd' }],
        ['apply_patch', { patch: replace('/etc/passwd', 'root', 'toor') }],
        ['read_file', { path: 'src' }],
      ],
    );
    expect(told.slice(0, 2)).toEqual(['one\ntwo\n', 'one\ntwo\n']);
    expect(told[2]).toContain('src/');
    expect(told[3]).toBe(told[2]);
    expect(told[4]).toBe('src/a.txt');
    expect(told[5]).toBe('src/a.txt:2: two');
    expect(told[6]).toBe('no differences');
    expect(told[7]).toContain('No definition of x was found in src/a.txt');
    for (const text of told.slice(12, 15)) expect(text).toMatch(/path inside the/);
    expect(told[15]).toBe('src is a folder; list_directory shows what is in it.');
    expect(status).toBe('completed');
    expect(repository.text('src/a.txt')).toBe('ONE\nTWO\n');
    expect(repository.call('show', '--name-status', '--format=').trim().split('\n').sort()).toEqual([
      'A\tnew/file.txt',
      'D\tAGENTS.md',
      'M\tsrc/a.txt',
    ]);
    expect(divergence).toBeUndefined();
  });
});

describe('a link', () => {
  it.each<[string, (repository: Repository) => void, string, unknown]>([
    ['a patch', link('AGENTS.md', 'CLAUDE.md'), 'apply_patch', { patch: replace('CLAUDE.md') }],
    [
      'a whole file',
      link('AGENTS.md', 'CLAUDE.md'),
      'write_file',
      { path: 'CLAUDE.md', content: '# Notes\nnew line\n' },
    ],
    ['a folder', link('.', 'here'), 'apply_patch', { patch: replace('here/AGENTS.md') }],
    [
      'a link to a link',
      (repository) => {
        link('AGENTS.md', 'A.md')(repository);
        link('A.md', 'CLAUDE.md')(repository);
      },
      'apply_patch',
      { patch: replace('CLAUDE.md') },
    ],
  ])('that stays inside is written through: %s', async (_, prepare, tool, input) => {
    const { repository, status, divergence, told } = await calls(prepare, () => [
      [tool, input],
      ['read_file', { path: 'CLAUDE.md' }],
    ]);
    expect(told[0]).toContain('AGENTS.md');
    expect(status).toBe('completed');
    expect(repository.text('AGENTS.md')).toBe('# Notes\nnew line\n');
    expect(repository.call('show', '--name-status', '--format=').trim()).toBe('M\tAGENTS.md');
    expect(divergence).toBeUndefined();
  });

  it('shows what is pending behind it', async () => {
    const { told } = await calls(link('AGENTS.md', 'CLAUDE.md'), () => [
      ['apply_patch', { patch: replace('AGENTS.md') }],
      ['read_file', { path: 'CLAUDE.md' }],
    ]);
    expect(told[1]).toBe('# Notes\nnew line\n');
  });

  it.each<[string, (repository: Repository) => void, string, unknown, RegExp]>([
    [
      'removing the link itself',
      link('AGENTS.md', 'CLAUDE.md'),
      'delete_file',
      { path: 'CLAUDE.md' },
      /symbolic link to AGENTS\.md/,
    ],
    [
      'a link to nothing',
      link('missing.md', 'CLAUDE.md'),
      'write_file',
      { path: 'CLAUDE.md', content: 'x' },
      /leads to nothing/,
    ],
    [
      'a patch that makes a file there',
      link('gone/missing.md', 'CLAUDE.md'),
      'apply_patch',
      { patch: '[{"path":"CLAUDE.md","search":"","replace":"x"}]' },
      /leads to nothing/,
    ],
    [
      'both names in one patch',
      link('AGENTS.md', 'CLAUDE.md'),
      'apply_patch',
      {
        patch: JSON.stringify([
          { path: 'AGENTS.md', search: 'old', replace: 'a' },
          { path: 'CLAUDE.md', search: 'line', replace: 'b' },
        ]),
      },
      /named twice/,
    ],
    ['a link that leads out', link('../home', 'out'), 'write_file', { path: 'out/x', content: 'x' }, /outside/],
    ['a link in a circle', link('CLAUDE.md', 'CLAUDE.md'), 'write_file', { path: 'CLAUDE.md', content: 'x' }, /\w/],
  ])('tells the model what cannot be done, and nothing pauses: %s', async (_, prepare, tool, input, expected) => {
    const { told, status } = await calls(prepare, () => [
      [tool, input],
      ['apply_patch', { patch: replace('src/a.txt', 'one', 'ONE') }],
    ]);
    expect(told[0]).toMatch(expected);
    expect(status).toBe('completed');
  });
});

describe('a search', () => {
  const large = (repository: Repository) => {
    repository.put('data/model.bin', 'needle\n');
    truncateSync(path.join(repository.root, 'data/model.bin'), 60_000_000);
    repository.put('data/picture.png', new Uint8Array([137, 80, 78, 71, 0, 1, 2]));
    repository.put('src/b.py', 'def needle():\n    pass\n');
    symlinkSync('../../home', path.join(repository.root, 'data/out'));
    repository.put('.gitignore', '/data/none\n');
  };

  it('passes over what is large or no text, and says so', async () => {
    const { told, status } = await calls(large, () => [
      ['grep', { pattern: 'needle' }],
      ['read_symbol', { name: 'needle' }],
      ['grep', { pattern: '(a+)+$' }],
      ['read_file', { path: 'data/model.bin' }],
      ['apply_patch', { patch: replace('src/a.txt', 'one', 'ONE') }],
    ]);
    expect(told[0]).toContain('src/b.py:1: def needle():');
    expect(told[0]).toContain('Left out, because larger than 1 MB: data/model.bin.');
    expect(told[0]).toContain('Left out, because not text: data/picture.png.');
    expect(told[1]).toContain('src/b.py:1-2');
    expect(told[2]).toMatch(/^The pattern .* could take too long/);
    expect(told[3]).toMatch(/^data\/model\.bin is 60000000 bytes; the limit is/);
    expect(status).toBe('completed');
  });
});

describe('a file in another encoding', () => {
  const gbk = (level: number) => new Uint8Array(Buffer.from(`name = "\xd6\xd0\xce\xc4"\nlevel = ${level}\n`, 'latin1'));

  it('is read, found and edited as it is, and never replaced unseen', async () => {
    const { told, status, repository, divergence } = await calls(
      (each) => {
        each.put('conf.ini', gbk(1));
        each.put('data.bin', new Uint8Array([0, 1, 2, 255]));
      },
      () => [
        ['read_file', { path: 'conf.ini' }],
        ['grep', { pattern: 'level = 1' }],
        ['apply_patch', { patch: replace('conf.ini', 'level = 1', 'level = 2') }],
        ['write_file', { path: 'conf.ini', content: 'name = "中文"\nlevel = 3\n' }],
        ['write_file', { path: 'data.bin', content: 'text\n' }],
      ],
    );
    expect(told[0]).toContain('level = 1');
    expect(told[0]).toContain('not UTF-8');
    expect(told[1]).toContain('conf.ini:2: level = 1');
    expect(told[3]).toMatch(/^conf\.ini is not UTF-8\./);
    expect(told[4]).toMatch(/^data\.bin is not text/);
    expect(status).toBe('completed');
    expect(readFileSync(path.join(repository.root, 'conf.ini'))).toEqual(Buffer.from(gbk(2)));
    expect(divergence).toBeUndefined();
  });
});
