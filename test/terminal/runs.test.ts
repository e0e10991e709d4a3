import { afterEach, describe, expect, it } from 'vitest';
import { edits, submits } from '../fakes/model.js';
import { fakeRoot } from '../fakes/workspace.js';
import { planOf, type WorldInput } from '../core/engine/harness.js';
import { createShell, importPlan, type Shell } from './harness.js';

const blueprint = `
version: 1
id: standard_task
name: Standard Task
defaults: { max_retries: 1 }
start: implement
stages:
  implement: { type: agentic, toolset: coding, goal: make it, on_success: test }
  test: { type: deterministic, action: test, on_success: verify, on_failure: fix_tests }
  fix_tests: { type: agentic, toolset: coding, goal: fix it, on_success: test }
  verify: { type: deterministic, action: verify, on_success: commit, on_failure: fix_tests }
  commit: { type: deterministic, action: commit, on_success: done }
`;
const red = { exitCode: 1, output: 'not yet\n' };
const green = { exitCode: 0 };
const twoHunks = { 'a.txt': 'one\n2\n3\n4\ntwo\n', 'b.txt': 'b\n' };
const change = (files: Record<string, string>) => [
  {
    tools: [
      ...Object.entries(files).map(([path, content]) => ({ name: 'write_file', input: { path, content } })),
      { name: 'submit_result', input: { summary: 'wrote' } },
    ],
  },
];

let shell: Shell;
afterEach(() => shell.dispose());
async function ready(input: WorldInput, tasks: Parameters<typeof planOf>[0] = { 'T-1': {} }): Promise<Shell> {
  shell = await createShell({ blueprint, files: twoHunks, commands: { 'check T-1': [red, green] }, ...input });
  await importPlan(shell, planOf(tasks));
  return shell;
}
const text = async (path: string) => new TextDecoder().decode(await shell.world.workspace.read(fakeRoot, path));

describe('a broken openexec.yaml', () => {
  it('is named with its place by status and by the sheet, and no run starts', async () => {
    await ready({ files: { ...twoHunks, 'openexec.yaml': 'version: 1\ncomands:\n  lint: ["false"]\n' } });
    const status = await shell.run('status');
    expect(status.out).toContain('openexec.yaml:2:1  There is no “comands” here. Did you mean “commands”?');
    expect(status.out).toContain('No run starts until openexec.yaml is mended.');
    const sheet = await shell.run('run --dry-run');
    expect(sheet.code).toBe(1);
    expect(sheet.out).toContain('in line 2, column 1: There is no “comands” here. Did you mean “commands”?');
    expect(sheet.out).toContain('It would not start.');
    const run = await shell.run('run --approve all');
    expect(run.code).toBe(1);
    expect(run.err).toContain('openexec.yaml cannot be used as it stands');
    expect(shell.world.model.asked).toEqual([]);
  });
});

describe('run', () => {
  it('does the work without asking with --approve all, and says what became of it', async () => {
    await ready({ model: { implement: edits('a.txt', 'one', 'ONE') } });
    const done = await shell.run('run --approve all');
    expect(done.code).toBe(0);
    expect(done.asked).toEqual([]);
    expect(done.out).toContain('a.txt  changed · +1 −1');
    expect(done.out).toMatch(/completed · 1 of 1 task · 1 commit · \$0\.01/);
    expect(await text('a.txt')).toContain('ONE');
  });

  it('shows each file as a diff and takes yes and no with a reason, which the model is told', async () => {
    await ready({
      model: { implement: [...change({ 'a.txt': 'ONE\n2\n3\n4\ntwo\n', 'b.txt': 'B\n' }), ...submits('fine')] },
    });
    const done = await shell.run('run', { types: ['x', 'a', 'r', 'b stays small', 'a'] });
    expect(done.code).toBe(0);
    expect(done.out).toContain('-one\n+ONE\n');
    expect(done.out).toContain('“x” is none of the choices.');
    expect(done.asked[3]).toMatch(/Why/);
    expect(await text('a.txt')).toBe('ONE\n2\n3\n4\ntwo\n');
    expect(await text('b.txt')).toBe('b\n');
    expect(JSON.stringify(shell.world.model.asked)).toContain('b stays small');
  });

  it('takes some hunks of a file', async () => {
    await ready({ model: { implement: [...change({ 'a.txt': 'ONE\n2\n3\n4\nTWO\n' }), ...submits('fine')] } });
    const done = await shell.run('run', { types: ['h', 'r', 'a', 'one is fine'] });
    expect(done.code).toBe(0);
    expect(done.asked.slice(0, 2).join()).toContain('by [h]unk (2)');
    expect(await text('a.txt')).toBe('one\n2\n3\n4\nTWO\n');
  });

  it('accepts what follows at one key', async () => {
    await ready({ model: { implement: change({ 'a.txt': 'ONE\n', 'b.txt': 'B\n' }) } });
    expect(await shell.run('run', { types: ['l'] })).toMatchObject({ code: 0 });
    expect(await text('b.txt')).toBe('B\n');
  });

  it('refuses everything with --approve none, and the model hears of it', async () => {
    await ready({ model: { implement: [...change({ 'a.txt': 'ONE\n' }), ...submits('gave up')] } });
    const done = await shell.run('run --approve none', { types: [] });
    expect(done.asked).toEqual([]);
    expect(await text('a.txt')).toBe(twoHunks['a.txt']);
    expect(JSON.stringify(shell.world.model.asked.at(-1)?.messages)).toContain('Refused');
  });

  it('pauses at a question where nobody can be asked, says how to go on, and goes on so', async () => {
    await ready({ model: { implement: edits('a.txt', 'one', 'ONE') } });
    const paused = await shell.run('run');
    expect(paused.code).toBe(3);
    expect(paused.err).toContain('Answer with openexec approve or openexec reject: the run goes on with it.');
    const status = await shell.run('status');
    expect(status.out).toContain('1 question waits for you');
    for (const sign of ['-one', '+ONE', 'a.txt']) expect(status.out).toContain(sign);
    const done = await shell.run('approve 1');
    expect(done.code).toBe(0);
    expect(done.out.indexOf('+ONE')).toBeGreaterThanOrEqual(0);
    expect(done.out.indexOf('+ONE')).toBeLessThan(done.out.indexOf('Run resumed'));
    expect(await shell.run('approve')).toMatchObject({ code: 2, err: 'Nothing waits for an answer.\n' });
    expect(await shell.run('resume')).toMatchObject({ code: 2 });
    expect(await text('a.txt')).toContain('ONE');
    // What was shown before is not shown again.
    expect(done.out).not.toContain('its check fails');
  });

  it('shows what is to be approved to who sits there, and asks; --yes does neither', async () => {
    await ready({ model: { implement: edits('a.txt', 'one', 'ONE') } });
    await shell.run('run');
    const no = await shell.run('approve', { types: ['n'] });
    expect(no).toMatchObject({ code: 3, asked: ['Accept all of it? [y]es, [n]o: '] });
    expect(no.out).toContain('+ONE');
    expect(await text('a.txt')).toContain('one');
    const yes = await shell.run('approve --yes', { types: [] });
    expect(yes.code).toBe(0);
    expect(yes.out).not.toContain('+ONE');
    expect(await text('a.txt')).toContain('ONE');
  });

  it('leaves the question open when the person quits, and asks it again on resume', async () => {
    await ready({ model: { implement: edits('a.txt', 'one', 'ONE') } });
    expect(await shell.run('run', { types: ['q'] })).toMatchObject({ code: 3 });
    const done = await shell.run('resume', { types: ['a'] });
    expect(done.code).toBe(0);
    expect(done.asked).toHaveLength(1);
  });

  it('asks a run that needs its operator how to go on, and goes on by itself', async () => {
    await ready({
      commands: { 'check T-1': [red, green], test: [red, red, green] },
      model: { implement: edits('a.txt', 'one', 'ONE'), fix_tests: submits('nothing to fix') },
    });
    const done = await shell.run('run', { types: ['a', '9', '1'] });
    expect(done.out).toContain('1  Try again');
    expect(done.out).toContain('“9” is none of the choices.');
    expect(done.out).toContain('Run resumed');
    expect(done.code).toBe(0);
  });

  it('answers such a question from another command, and stays with the run it resumes', async () => {
    await ready({
      commands: { 'check T-1': [red, green], test: [red, red, green] },
      model: { implement: edits('a.txt', 'one', 'ONE'), fix_tests: submits('nothing to fix') },
    });
    expect(await shell.run('run --approve all')).toMatchObject({ code: 3 });
    expect(await shell.run('approve')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--option retry | continue | edit | skip | give-up') as string,
    });
    const done = await shell.run('approve --option retry');
    expect(done.out).toContain('completed');
    expect(done.code).toBe(0);
  });

  it('keeps a question of the model with --approve all, says how to answer, and goes on with it', async () => {
    const asks = { name: 'ask_operator', input: { question: 'npm or pnpm?', options: ['npm', 'pnpm'] } };
    await ready({ model: { implement: [{ tools: [asks] }, ...edits('a.txt', 'one', 'ONE')] } });
    const paused = await shell.run('run --approve all');
    expect(paused.code).toBe(3);
    expect(paused.err).toContain('the run goes on with it');
    const { out } = await shell.run('status');
    expect(out).toContain('approve --comment "pnpm"  pnpm');
    expect(out).toContain('approve --comment "…"     Answer in your own words');
    expect(out).toContain('reject                    Do not answer');
    expect(await shell.run('approve')).toMatchObject({ code: 2 });
    const done = await shell.run('approve --comment "pnpm it is"');
    expect(done.code).toBe(0);
    expect(JSON.stringify(shell.world.model.asked.at(-1)?.messages)).toContain('pnpm it is');
  });

  it('tells a question of the model what --answer says', async () => {
    const asks = { name: 'ask_operator', input: { question: 'npm or pnpm?' } };
    await ready({ model: { implement: [{ tools: [asks] }, ...edits('a.txt', 'one', 'ONE')] } });
    const done = await shell.run('run --approve all --answer "pnpm it is"');
    expect(done.code).toBe(0);
    expect(JSON.stringify(shell.world.model.asked.at(-1)?.messages)).toContain('pnpm it is');
    expect((await shell.run('show --audit')).out).toContain('pnpm it is');
  });

  it('takes a new check in place, and stays with the run that goes on with it', async () => {
    await ready({
      commands: { 'check T-1': [green], 'check better': [red, green] },
      model: { implement: edits('a.txt', 'one', 'ONE') },
    });
    expect(await shell.run('run --approve all')).toMatchObject({ code: 3 });
    expect((await shell.run('status')).out).toContain('approve --option edit [--script "…"]');
    expect(await shell.run('approve --option accept --script "check better"')).toMatchObject({ code: 2 });
    expect((await shell.run('approve --option edit --script "check better"')).code).toBe(0);
    expect((await shell.run('plan show')).out).toContain('check better');
    expect((await shell.run('run --again --approve none')).err).not.toContain('plan-not-approved');
  });

  it('exits 1 when a task fails, and names what is blocked', async () => {
    await ready(
      {
        commands: { 'check T-1': [red, red] },
        model: { implement: submits('nothing'), fix_tests: submits('nothing') },
      },
      { 'T-1': {}, 'T-2': { after: ['T-1'] } },
    );
    const paused = await shell.run('run --approve all');
    expect(paused.code).toBe(3);
    const done = await shell.run('reject');
    expect(done.code).toBe(1);
    expect(done.out).toContain('blocked by T-1');
  });

  it('takes the question off the screen when it is answered at another door', async () => {
    await ready({ model: { implement: edits('a.txt', 'one', 'ONE') } });
    const running = shell.run('run', { types: [] });
    for (let pending = 0; !pending; await new Promise((r) => setTimeout(r, 5)))
      pending = (await shell.world.openexec.request('approval/list', {})).length;
    const [approval] = await shell.world.openexec.request('approval/list', {});
    await shell.world.openexec.request('approval/answer', {
      approval: approval?.id ?? '',
      answer: { status: 'accepted', by: 'editor', comment: '' },
    });
    const done = await running;
    expect(done.code).toBe(0);
    expect(done.out).toContain('accepted  by you, in the editor');
  });
});

describe('Ctrl-C', () => {
  const untilAsked = async () => {
    for (let pending = 0; !pending; await new Promise((r) => setTimeout(r, 5)))
      pending = (await shell.world.openexec.request('approval/list', {})).length;
    await new Promise((r) => setTimeout(r, 20));
  };
  it('pauses, and says so', async () => {
    await ready({ model: { implement: edits('a.txt', 'one', 'ONE') } });
    const running = shell.run('run', { types: [] });
    await untilAsked();
    shell.interrupt();
    const done = await running;
    expect(done.code).toBe(3);
    expect(done.err).toContain('Pausing at the next safe point. Ctrl-C again cancels the run.');
  });
  it('twice cancels, also in the middle of a model’s turn', async () => {
    await ready({ model: { implement: [{ hangs: true }] } });
    const running = shell.run('run --approve all');
    while (!shell.world.model.asked.length) await new Promise((r) => setTimeout(r, 5));
    shell.interrupt();
    await new Promise((r) => setTimeout(r, 20));
    shell.interrupt();
    const done = await running;
    expect(done.code).toBe(130);
    expect(done.out).toContain('cancelled');
  });
});

describe('looking', () => {
  it('--json gives a line for each event, and never asks', async () => {
    await ready({ model: { implement: edits('a.txt', 'one', 'ONE') } });
    const done = await shell.run('run --json', { types: ['a'] });
    expect(done.asked).toEqual([]);
    const events = done.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; seq: number });
    expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i + 1));
    expect(events.at(-1)?.type).toBe('run-paused');
    expect(done.code).toBe(3);
  });
  it('shows a run, its audit, its timeline and a step', async () => {
    await ready({ model: { implement: edits('a.txt', 'one', 'ONE') } });
    await shell.run('run --approve all');
    const shown = await shell.run('show');
    expect(shown.out).toMatch(/✓ done {2}/);
    const audit = await shell.run('show --audit');
    expect(audit.out).toMatch(
      /asked .*\n.*accepted {2}\S+ {2}by the run’s own setting, unasked {2}sha256 [0-9a-f]{12}/,
    );
    expect(audit.out).toMatch(/wrote {5}a\.txt {2}[0-9a-f]{12} → [0-9a-f]{12}/);
    expect((await shell.run('show --events')).out).toContain('$ check T-1  exit 0');
    const followed = await shell.run('show --follow --json');
    expect(followed.out.trim().split('\n').length).toBeGreaterThan(10);
    const events = (await shell.run('show --events --json')).json as {
      run: { id: string };
      events: { type: string; step?: string }[];
    };
    const step = events.events.find((event) => event.type === 'stage-finished')?.step ?? '';
    expect((await shell.run(`show --step ${step}`)).out).toContain('implement/1 · succeeded');
    expect((await shell.run(`show --step ${step.slice(step.indexOf('/') + 1)}`)).out).toContain(
      'implement/1 · succeeded',
    );
    expect(await shell.run('show --step none --json')).toMatchObject({
      code: 1,
      json: { error: { code: 'step-not-found' } },
    });
    expect(await shell.run('show run_nothing')).toMatchObject({
      code: 1,
      err: 'There is no run run_nothing. (run-not-found)\n',
    });
  });
  it('previews a run without doing anything', async () => {
    await ready({ model: {} });
    const sheet = await shell.run('run --dry-run');
    expect(sheet.code).toBe(0);
    expect(sheet.out).toContain('1 task would run\n  T-1  Do T-1\n');
    expect(sheet.out).toContain('Nothing was done.');
    expect((await shell.run('show')).code).toBe(2);
  });
  it('keeps terminal tricks of a model harmless', async () => {
    await ready({ model: { implement: change({ 'a.txt': 'x\x1b[2J\u202Ey\n' }) } });
    const done = await shell.run('run', { types: ['a'] });
    expect(done.out.replace(/\r\x1b\[2K/g, '')).not.toContain('\x1b');
    expect(done.out).not.toContain('\u202E');
    expect(done.out).toContain('x<U+202E>y');
  });
});

it('pauses and cancels a run of another process', async () => {
  await ready({ model: { implement: [{ hangs: true }] } });
  expect(await shell.run('pause')).toMatchObject({ code: 2, err: 'No run is going here.\n' });
  const running = shell.run('run --approve all');
  while (!shell.world.model.asked.length) await new Promise((r) => setTimeout(r, 5));
  expect(await shell.run('run --approve all')).toMatchObject({
    code: 1,
    err: expect.stringContaining('(run-active)') as string,
  });
  expect(await shell.run('pause --now')).toMatchObject({ code: 0 });
  expect(await running).toMatchObject({ code: 3 });
  expect(await shell.run('cancel --json')).toMatchObject({
    code: 0,
    out: expect.stringContaining('"status":"cancelled"') as string,
  });
  expect(await shell.run('resume')).toMatchObject({ code: 2 });
});

it('shows no key in how a command failed', async () => {
  const key = 'correct-horse-battery-staple';
  shell = await createShell();
  shell.world.ports.store.plans = () =>
    Promise.reject(new Error(`x-api-key: ${key} sk-ant-api03-${'aB3dE5fG7h'.repeat(4)}`));
  for (const flags of ['', ' --json']) {
    const failed = await shell.run(`plan list${flags}`, { env: { ANTHROPIC_API_KEY: key } });
    expect(failed.code).toBe(1);
    expect(failed.out + failed.err).toContain('[SECRET_REDACTED]');
    expect(failed.out + failed.err).not.toMatch(/correct-horse|sk-ant/);
  }
});
