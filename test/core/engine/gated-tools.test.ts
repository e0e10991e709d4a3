/** What a model is told of protected files by its own tools: nothing, and what a rule asks about it does not read by itself. */
import { expect, it } from 'vitest';
import { inAudit } from '../../../src/core/view/audit.js';
import { auditLine } from '../../../src/terminal/event-line.js';
import { uncoloured } from '../../../src/terminal/style.js';
import { fakeRoot } from '../../fakes/workspace.js';
import { lookWith } from './fixtures.js';
import { createWorld, planOf, settled, startPlan, type World } from './harness.js';

async function answersTo(tools: { name: string; input: unknown }[], rules: unknown[] = []): Promise<string[]> {
  const world = await createWorld({
    blueprint: lookWith('coding'),
    settings: { rules },
    files: {
      'a.txt': 'KEY in a\n',
      '.env': 'KEY=1\n',
      'deep/prod.env': 'KEY=2\n',
      'deep/b.txt': 'KEY in b\n',
      'keys/server.pem': 'KEY\n',
      'private/notes.txt': 'KEY in private\n',
    },
    model: { work: [{ tools }, { tools: [{ name: 'submit_result', input: { summary: 'looked' } }] }] },
  });
  await settled(world, await startPlan(world, planOf({ T1: { pins: true } })));
  await world.openexec.close();
  return resultsOf(world);
}

/** What the model's last calls gave it. */
const resultsOf = (world: World): string[] =>
  (world.model.asked.at(-1)?.messages.at(-1)?.content ?? []).flatMap((block) =>
    block.type === 'tool-result' ? [block.content] : [],
  );

it('leaves protected files out of what walks, and refuses them by name', async () => {
  const [grep, glob, read, up, git, diff] = await answersTo([
    { name: 'grep', input: { pattern: 'KEY' } },
    { name: 'glob', input: { pattern: '**' } },
    { name: 'read_file', input: { path: '.env' } },
    { name: 'list_directory', input: { path: '..' } },
    { name: 'list_directory', input: { path: '.git' } },
    { name: 'git_diff', input: { paths: ['deep/prod.env'] } },
  ]);
  expect(grep?.split('\n').map((line) => line.split(':')[0])).toEqual(['a.txt', 'deep/b.txt', 'private/notes.txt']);
  expect(glob).not.toMatch(/\.env|\.pem/);
  for (const refused of [read, up, git, diff]) expect(refused).toMatch(/^(?:Denied: |Invalid arguments: )/);
});

it('keeps OpenExec’s own data from the model, also where a person put it inside the folder', async () => {
  const world = await createWorld({
    blueprint: lookWith('coding'),
    files: { 'a.txt': 'KEY\n', 'state/roots/app-1/spool/out.txt': 'KEY\n', 'states.txt': 'KEY\n' },
    settings: { approval: 'never', sandbox: 'full-access' },
    model: {
      work: [
        {
          tools: [
            { name: 'grep', input: { pattern: 'KEY' } },
            { name: 'read_file', input: { path: 'state/roots/app-1/spool/out.txt' } },
            { name: 'list_directory', input: { path: 'state/roots' } },
            { name: 'write_file', input: { path: 'state/roots/app-1/x.txt', content: 'x' } },
            { name: 'run_command', input: { argv: ['cat', 'state/roots/app-1/spool/out.txt'] } },
          ],
        },
        { tools: [{ name: 'submit_result', input: { summary: 'looked' } }] },
      ],
    },
  });
  world.ports.dataHome = `${fakeRoot}/state`;
  await settled(world, await startPlan(world, planOf({ T1: { pins: true } })));
  const [grep, ...refused] = resultsOf(world);
  expect(grep?.split('\n').map((line) => line.split(':')[0])).toEqual(['a.txt', 'states.txt']);
  for (const text of refused) expect(text).toMatch(/^Denied: .*own data|^cat .* was not run: .*own data/);
  expect(world.commands.asked).toEqual([]);
  expect(await world.openexec.request('policy/explain', { path: 'state/roots', op: 'read' })).toMatchObject({
    effect: 'deny',
    rule: 'floor.data-home',
  });
  expect(await world.openexec.request('policy/explain', { path: 'states.txt', op: 'read' })).toMatchObject({
    effect: 'allow',
  });
  await world.openexec.close();
});

it('tells of every call the rule that allowed it, or the decision that did not, and replays so', async () => {
  const world = await createWorld({
    blueprint: lookWith('coding'),
    files: { 'a.txt': 'KEY\n', 'docs/a.md': 'KEY\n', '.env': 'KEY=1\n' },
    settings: {
      rules: [
        {
          id: 'docs',
          type: 'path',
          operator: 'prefix',
          value: 'docs/',
          ops: ['read'],
          decision: 'allow',
          reason: 'for all to read',
        },
      ],
    },
    model: {
      work: [
        {
          tools: [
            { name: 'read_file', input: { path: 'docs/a.md' } },
            { name: 'list_directory', input: { path: '.' } },
            { name: 'grep', input: { pattern: 'KEY' } },
            { name: 'read_file', input: { path: '.env' } },
          ],
        },
        { tools: [{ name: 'submit_result', input: { summary: 'looked' } }] },
      ],
    },
  });
  const run = await startPlan(world, planOf({ T1: { pins: true } }));
  await settled(world, run);
  const told = world.events.flatMap((event) =>
    event.type === 'tool-called'
      ? [`${event.title} ${event.rule ?? '-'}`]
      : event.type === 'decision-made' && event.effect === 'deny'
        ? [`${event.subject} ${event.rule}`]
        : [],
  );
  expect(told).toEqual([
    'read_file docs/a.md user.docs',
    'list_directory . path.inside',
    'grep KEY tool.toolset',
    expect.stringMatching(/^read \.env floor\./),
    'read_file .env -',
  ]);
  expect(world.events.filter(inAudit).flatMap((event) => auditLine(event, uncoloured) ?? [])).toContainEqual(
    expect.stringMatching(/^\S+  allowed   read_file docs\/a\.md  by the policy  rule user\.docs$/),
  );
  expect(await world.openexec.request('run/replay', { run })).toMatchObject({ equal: true });
  await world.openexec.close();
});

it('does not read by itself what a rule of the person asks about', async () => {
  const [read, grep] = await answersTo(
    [
      { name: 'read_file', input: { path: 'private/notes.txt' } },
      { name: 'grep', input: { pattern: 'KEY' } },
    ],
    [
      {
        id: 'ours',
        type: 'path',
        operator: 'prefix',
        value: 'private/',
        decision: 'ask',
        reason: 'these notes are private',
      },
    ],
  );
  expect(read).toMatch(/^Denied: these notes are private\. A person decides/);
  expect(grep).not.toContain('private');
});

it('keeps protected files out of what a symbol is read from, and reads what is pending', async () => {
  const source = 'export function price() {\n  return 1;\n}\n';
  const world = await createWorld({
    blueprint: lookWith('coding'),
    files: {
      'a.ts': source,
      '.env.ts': source,
      '.git/hooks/price.ts': source,
      'private/price.ts': source,
      'b.ts': 'price();\n',
    },
    settings: {
      rules: [
        {
          id: 'ours',
          type: 'path',
          operator: 'prefix',
          value: 'private/',
          decision: 'deny',
          reason: 'these are private',
        },
      ],
    },
    model: {
      work: [
        {
          tools: [
            {
              name: 'apply_patch',
              input: { patch: JSON.stringify([{ path: 'a.ts', search: 'return 1', replace: 'return 2' }]) },
            },
          ],
        },
        {
          tools: [
            { name: 'read_symbol', input: { name: 'price' } },
            { name: 'read_symbol', input: { name: 'price', path: 'private/price.ts' } },
            { name: 'read_symbol', input: { name: 'price', path: '.git/hooks/price.ts' } },
            { name: 'read_symbol', input: { name: 'cost' } },
            { name: 'read_symbol', input: { name: 'price(1)' } },
          ],
        },
        { tools: [{ name: 'submit_result', input: { summary: 'looked' } }] },
      ],
    },
  });
  await settled(world, await startPlan(world, planOf({ T1: { pins: true } })));
  const [found, rule, git, none, invalid] = resultsOf(world);
  expect(found).toBe(
    'Found by looking through the files, not by a language server.\n\na.ts:1-3\nexport function price() {\n  return 2;\n}',
  );
  expect(rule).toBe('Denied: these are private');
  expect(git).toMatch(/^Denied: /);
  expect(none).toBe('No definition of cost was found. Try grep.');
  expect(invalid).toMatch(/^Invalid arguments: /);
  expect(
    world.events.filter((event) => event.type === 'tool-called').map((event) => `${event.tool} ${event.outcome}`),
  ).toEqual(['apply_patch ok', 'read_symbol ok', 'read_symbol denied', 'read_symbol denied', 'read_symbol failed']);
  await world.openexec.close();
});

it('takes a symbol from the editor where it knows one, from the files it may read only, and says so', async () => {
  const asked: unknown[] = [];
  const world = await createWorld({
    blueprint: lookWith('coding'),
    files: { 'a.ts': 'one\ntwo\nthree\n', '.env': 'price=1\n', 'b.ts': 'function cost() {}\n' },
    symbols: {
      find: async (_root, name, path) => {
        asked.push([name, path]);
        if (name === 'broken') throw new Error('the language server has gone');
        return name === 'price'
          ? [
              { path: '.env', kind: 'variable', startLine: 1, endLine: 1 },
              { path: 'a.ts', kind: 'function', startLine: 2, endLine: 3 },
              { path: 'gone.ts', kind: 'class', startLine: 1, endLine: 9 },
            ]
          : [];
      },
    },
    model: {
      work: [
        {
          tools: [
            { name: 'read_symbol', input: { name: 'price' } },
            { name: 'read_symbol', input: { name: 'cost', path: 'b.ts' } },
            { name: 'read_symbol', input: { name: 'broken' } },
          ],
        },
        {
          tools: [
            {
              name: 'apply_patch',
              input: { patch: JSON.stringify([{ path: 'a.ts', search: 'two', replace: 'const price = () => 2;' }]) },
            },
            { name: 'read_symbol', input: { name: 'price' } },
          ],
        },
        { tools: [{ name: 'submit_result', input: { summary: 'looked' } }] },
      ],
    },
  });
  await settled(world, await startPlan(world, planOf({ T1: { pins: true } })));
  const all = world.model.asked
    .at(-1)!
    .messages.flatMap((message) =>
      message.content.flatMap((block) => (block.type === 'tool-result' ? [block.content] : [])),
    );
  expect(all[0]).toBe('From the editor’s language features.\n\na.ts:2-3 function\ntwo\nthree');
  expect(all[1]).toContain('Found by looking');
  expect(all[2]).toBe('No definition of broken was found. Try grep.');
  expect(all[4]).toContain('a.ts:2-2\nconst price = () => 2;'); // what is pending, not what the editor knows
  expect(asked).toEqual([
    ['price', undefined],
    ['cost', 'b.ts'],
    ['broken', undefined],
    ['price', undefined],
  ]);
  await world.openexec.close();
});

it('never writes into what is not text', async () => {
  const binary = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0xff, 0xfe, 0x00, 0x0a]);
  const world = await createWorld({
    blueprint: lookWith('coding'),
    settings: { approval: 'risky' },
    files: { 'a.txt': 'one\n' },
    model: {
      work: [
        {
          tools: [
            { name: 'read_file', input: { path: 'logo.png' } },
            { name: 'write_file', input: { path: 'logo.png', content: 'x', mode: 'append' } },
            {
              name: 'apply_patch',
              input: { patch: JSON.stringify([{ path: 'logo.png', search: 'PNG', replace: 'GIF' }]) },
            },
            { name: 'apply_patch', input: { patch: '--- a/logo.png\n+++ b/logo.png\n@@ -1 +1 @@\n-PNG\n+GIF\n' } },
          ],
        },
        { tools: [{ name: 'submit_result', input: { summary: 'looked' } }] },
      ],
    },
  });
  world.workspace.set('logo.png', binary);
  const run = await startPlan(world, planOf({ T1: { pins: true } }));
  await settled(world, run);
  const results = resultsOf(world);
  expect(results[0]).toBe('logo.png is not text (8 bytes).');
  expect(results[1]).toBe(
    'logo.png is not text (8 bytes): it was not read, so it is not replaced or appended to. Where it shall go, delete it first; the person is asked.',
  );
  for (const refused of results.slice(2)) expect(refused).toMatch(/not text|binary|file-not-text/);
  expect(await world.workspace.read(fakeRoot, 'logo.png')).toEqual(binary);
  await world.openexec.close();
});

it('keeps protected files out of the differences too, by folder, by default and by a rule of the person, and says how many', async () => {
  const files = {
    'a.txt': 'one\n',
    '.env': 'KEY=0\n',
    'config/.env': 'KEY=0\n',
    'config/x.txt': 'x\n',
    'keys/server.pem': 'KEY\n',
    'private/notes.txt': 'KEY\n',
  };
  const world = await createWorld({
    blueprint: lookWith('coding'),
    files,
    settings: {
      rules: [
        {
          id: 'ours',
          type: 'path',
          operator: 'prefix',
          value: 'private/',
          decision: 'ask',
          reason: 'these notes are private',
        },
      ],
    },
    model: {
      work: [
        {
          tools: [
            { name: 'git_diff', input: {} },
            { name: 'git_diff', input: { paths: ['config'] } },
            { name: 'git_diff', input: { paths: ['keys'] } },
            { name: 'git_diff', input: { paths: ['.env'] } },
          ],
        },
        { tools: [{ name: 'submit_result', input: { summary: 'looked' } }] },
      ],
    },
  });
  for (const [path, text] of Object.entries(files)) world.workspace.set(path, `${text}SECRET of ${path}\n`);
  await settled(world, await startPlan(world, planOf({ T1: { pins: true } })));
  const [all, folder, keys, named] = resultsOf(world);
  for (const result of [all, folder, keys, named]) expect(result).not.toMatch(/SECRET of (?!a\.txt|config\/x\.txt)/);
  expect(all).toMatch(
    /^4 files differ too and may not be read\.\n[^]*\+SECRET of a\.txt\n[^]*\+SECRET of config\/x\.txt\n/,
  );
  expect(folder).toMatch(/^1 file differs too and may not be read\.\n[^]*\+SECRET of config\/x\.txt\n/);
  expect(keys).toBe('1 file differs too and may not be read.\n');
  expect(named).toMatch(/^Denied: /);
});

it('shows a stage that gets the task’s changes nothing of a file it may write and not read', async () => {
  const world = await createWorld({
    blueprint: lookWith('coding').replace(
      'on_success: done }',
      'on_success: report }\n  report: { type: deterministic, action: diff_report, on_success: look }\n  look: { type: agentic, toolset: read_only, goal: look, inputs: [diff], on_success: done }',
    ),
    files: { 'a.txt': 'a\n', 'private/notes.txt': 'KEY in private\n' },
    settings: {
      rules: [
        {
          id: 'ours',
          type: 'path',
          operator: 'prefix',
          value: 'private/',
          ops: ['read'],
          decision: 'deny',
          reason: 'these are private',
        },
      ],
    },
    model: {
      work: [
        {
          tools: [
            { name: 'write_file', input: { path: 'private/notes.txt', content: 'new\n' } },
            { name: 'write_file', input: { path: 'a.txt', content: 'b\n' } },
            { name: 'submit_result', input: { summary: 'x' } },
          ],
        },
      ],
      look: [{ tools: [{ name: 'submit_result', input: { summary: 'looked' } }] }],
    },
  });
  await settled(world, await startPlan(world, planOf({ T1: { pins: true } })));
  expect(world.workspace.text('private/notes.txt')).toBe('new\n');
  const prompt = JSON.stringify(world.model.asked.at(-1)?.messages);
  expect(prompt).toContain('+b');
  expect(prompt).toContain('private/notes.txt: changed, and may not be read');
  expect(prompt).not.toContain('KEY');
});
