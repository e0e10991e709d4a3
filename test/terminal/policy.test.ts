import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { linesOf } from '../../src/terminal/node-terminal.js';
import { createShell } from './harness.js';

describe('openexec policy', () => {
  it('explains a line, a vector and a path, in words and as JSON', async () => {
    const shell = await createShell({ disk: { 'a.txt': 'x' } });
    expect(await shell.run('policy explain --command "npm test" --json')).toMatchObject({
      code: 0,
      json: { effect: 'allow', rule: 'command.package-script' },
    });
    expect(await shell.run('policy explain --argv git push --force --json')).toMatchObject({
      code: 0,
      json: { effect: 'ask', rule: 'command.git-destructive' },
    });
    expect(await shell.run('policy explain --argv -- rm -rf /')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^deny {2}rm would remove \/\nrule command\.destructive\n$/),
    });
    expect(await shell.run('policy explain --path ../x --op write --json')).toMatchObject({
      json: { effect: 'deny', rule: 'floor.outside' },
    });
    expect(await shell.run('policy explain --path a.txt --op write --mode read-only --json')).toMatchObject({
      json: { effect: 'deny', rule: 'sandbox.read-only' },
    });
    expect(await shell.run('policy explain --argv docker ps --mode full-access --json')).toMatchObject({
      json: { effect: 'allow' },
    });
    expect((await shell.run('policy explain')).code).toBe(2);
    expect((await shell.run('policy explain --path a --mode sideways')).code).toBe(2);
    expect(await shell.run('policy explain --command ls --platform foo')).toMatchObject({
      code: 2,
      err: expect.stringContaining('There are: aix, android, darwin') as string,
    });
    expect(await shell.run('policy explain --command ls --platform win32 --json')).toMatchObject({ code: 0 });
    await shell.dispose();
  });

  it('answers every line of standard input in order, a broken one too, and leaves nothing on the disk', async () => {
    const shell = await createShell({ disk: { 'a.txt': 'x' } });
    const input = [
      '{"cmd":"npm test"}',
      'no JSON',
      '',
      '{"cmd":"ls","argv":["ls"]}',
      '{"path":"a.txt"}',
      '{"path":".env","op":"read"}',
      '{"argv":["ls"],"cwd":".."}',
      '{"cmd":5}',
      'null',
    ].join('\n');
    const { out, code } = await shell.run('policy explain --stdin', { input });
    const answers = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { effect: string; rule: string; reason: string });
    expect(code).toBe(0);
    expect(answers.map(({ effect }) => effect)).toEqual([
      'allow',
      'deny',
      'deny',
      'deny',
      'allow',
      'deny',
      'deny',
      'deny',
      'deny',
    ]);
    expect(answers.every(({ rule, reason }) => rule !== '' && reason !== '')).toBe(true);
    expect(existsSync(path.join(shell.folder, '.home'))).toBe(false);
    await shell.dispose();
  });

  it('counts the person’s rules and the workspace’s, prints them, and says where one is wrong', async () => {
    const rule = (id: string, value: string, decision: string) => ({
      id,
      type: 'command',
      operator: 'prefix',
      value,
      decision,
    });
    const shell = await createShell({
      disk: {
        '.home/config.json': JSON.stringify({ rules: [rule('mine', 'docker ps', 'allow')] }),
        '.openexec/policy.yaml': `rules:\n  - ${JSON.stringify(rule('theirs', 'npm', 'ask'))}\n  - ${JSON.stringify(rule('open', 'curl', 'allow'))}\n`,
      },
    });
    expect(await shell.run('policy explain --argv docker ps --json')).toMatchObject({
      json: { effect: 'allow', rule: 'user.mine' },
    });
    expect(await shell.run('policy explain --argv npm test --json')).toMatchObject({
      json: { effect: 'ask', rule: 'workspace.theirs' },
    });
    expect(await shell.run('policy explain --argv curl x --json')).toMatchObject({ json: { effect: 'ask' } });
    const rules = await shell.run('policy rules');
    expect(rules.out).toContain('floor.git');
    expect(rules.out).toMatch(/allow\s+command prefix docker ps\s+mine/);
    expect(rules.out).toContain('.openexec/policy.yaml:3: open would loosen the policy');
    expect((await shell.run('policy rules --json')).json).toMatchObject({
      user: [{ id: 'mine' }],
      workspace: [{ id: 'theirs' }],
      ignored: [{ line: 3 }],
    });
    await shell.dispose();
    const broken = await createShell({ disk: { '.openexec/policy.yaml': 'rules:\n  - id: x\n' } });
    expect(await broken.run('policy explain --argv ls --json')).toMatchObject({
      code: 1,
      json: { error: { code: 'policy-invalid', params: { line: 2 } } },
    });
    await broken.dispose();
  });
});

it('splits what comes into lines wherever it is cut, and gives up on one without end', async () => {
  const text = 'eins\nzwei ü\n\nlast';
  const bytes = Buffer.from(text);
  for (let size = 1; size < bytes.length; size += 1) {
    const pieces = (async function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    })();
    const lines: (string | null)[] = [];
    for await (const more of linesOf(pieces)) lines.push(...more);
    expect(lines).toEqual(text.split('\n'));
  }
  const endless = (async function* () {
    for (let n = 0; n < 30; n += 1) yield Buffer.alloc(100_000, 'x');
    yield Buffer.from('\nok\n');
  })();
  const lines: (string | null)[] = [];
  for await (const more of linesOf(endless)) lines.push(...more);
  expect(lines).toEqual([null, 'ok']);
});
