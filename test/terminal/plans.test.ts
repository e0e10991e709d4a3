import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { OpenExecError } from '../../src/core/errors.js';
import { workVerify } from '../core/engine/fixtures.js';
import { planOf } from '../core/engine/harness.js';
import { createShell, importPlan, type Shell } from './harness.js';

let shell: Shell;
afterEach(() => shell.dispose());
const plan = planOf({ 'T-1': {}, 'T-2': { after: ['T-1'] } });

describe('plans', () => {
  it('are imported, listed, shown, exported and deleted', async () => {
    shell = await createShell();
    const made = await shell.run('plan import - --name Work', { input: JSON.stringify(plan) });
    expect(made.code).toBe(0);
    expect(made.out).toContain('T-2  Do T-2  after T-1');
    expect((await shell.run('plan list')).out).toMatch(/^\* {2}\S+ {2}1 story {2}2 tasks {2}not approved {2}Work\n$/);
    const exported = await shell.run('plan export -o out/stories.json');
    expect(exported.code).toBe(0);
    expect(JSON.parse(await shell.read('out/stories.json'))).toMatchObject({
      schema_version: '1.1',
      stories: [{ id: 'US-001' }],
    });
    expect((await shell.run('plan show Work --json')).json).toMatchObject({
      plan: { name: 'Work' },
      problems: expect.any(Array) as unknown[],
    });
    expect((await shell.run('plan new Other')).code).toBe(0);
    expect((await shell.run('plan use Wo')).out).toBe('Work is the current plan now.\n');
    expect(await shell.run('plan delete Other')).toMatchObject({ code: 3 });
    expect(await shell.run('plan delete Other', { types: ['n'] })).toMatchObject({ code: 3, err: 'Kept.\n' });
    expect(await shell.run('plan delete Other', { types: ['y'] })).toMatchObject({ code: 0 });
    expect(await shell.run('plan show Other')).toMatchObject({
      code: 1,
      err: 'There is no plan Other. List the plans to see what there is. (plan-not-found)\n',
    });
  });
  it('are imported over one that is there as its new version, which keeps what is done and approved', async () => {
    shell = await createShell({ commands: { 'check T-1': [{ exitCode: 1 }, { exitCode: 0 }] } });
    await importPlan(shell, plan);
    const { id } = ((await shell.run('plan show Work --json')).json as { plan: { id: string } }).plan;
    await shell.run('skip T-1');
    const edited = JSON.stringify(planOf({ 'T-1': {}, 'T-2': { after: ['T-1'], check: 'check better' } }));
    const made = await shell.run('plan import - --name Work', { input: edited });
    expect(made).toMatchObject({ code: 0, err: expect.stringContaining('Version 2 of Work') as string });
    expect((await shell.run('plan show Work --json')).json).toMatchObject({
      plan: { id, iteration: 2, approval: { iteration: 1 } },
      progress: { 'T-1': { status: 'skipped', edited: false } },
    });
    const again = await shell.run(`plan import - --over ${id}`, { input: edited });
    expect(again.err).toContain('Work says so already.');
    expect((await shell.run('plan import - --name Work --new', { input: edited })).code).toBe(0);
    expect((await shell.run('plan list')).out.trim().split('\n')).toHaveLength(2);
    expect(await shell.run('plan import - --over nothing', { input: edited })).toMatchObject({ code: 1 });
  });
  it('are approved only after their scripts were shown', async () => {
    shell = await createShell();
    await shell.run('plan import - --name Work', { input: JSON.stringify(plan) });
    expect(await shell.run('run --approve all')).toMatchObject({
      code: 3,
      err: expect.stringContaining('is not approved') as string,
    });
    const unasked = await shell.run('plan approve');
    expect(unasked.code).toBe(3);
    expect(unasked.out).toContain('would run 2 scripts:');
    expect(unasked.out).toContain('    check T-1\n');
    expect(await shell.run('plan approve', { types: [''] })).toMatchObject({ code: 3, err: 'Not approved.\n' });
    const approved = await shell.run('plan approve', { types: ['y'] });
    expect(approved.code).toBe(0);
    expect((await shell.run('plan list --json')).json).toMatchObject({ plans: [{ name: 'Work', approved: true }] });
  });
  it('with a ring are kept, shown and refused', async () => {
    shell = await createShell();
    const ring = planOf({ 'T-1': { after: ['T-2'] }, 'T-2': { after: ['T-1'] } });
    expect(await shell.run('plan import - --name Ring', { input: JSON.stringify(ring) })).toMatchObject({
      code: 1,
      out: expect.stringContaining('error') as string,
    });
    expect(await shell.run('plan approve --yes')).toMatchObject({
      code: 1,
      err: expect.stringContaining('(plan-invalid)') as string,
    });
  });
  it('are scheduled for reading, as JSON, and as a folder of checks', async () => {
    shell = await createShell();
    await importPlan(
      shell,
      planOf({ 'T-1': { check: 'test -f one' }, 'T-2': { after: ['T-1'], check: "[[ $(cat two) == *it''s* ]]" } }),
    );
    expect((await shell.run('schedule')).out).toMatch(/^Wave 1\n {2}● T-1 .*\nWave 2\n/);
    expect((await shell.run('schedule --json')).json).toMatchObject({
      order: ['T-1', 'T-2'],
      waves: [['T-1'], ['T-2']],
    });
    expect((await shell.run('schedule --format mermaid')).out).toMatch(/^(graph|flowchart) /);
    expect((await shell.run('schedule -o "out dir"')).code).toBe(0);
    expect(JSON.parse(await shell.read('out dir/tasks.json'))).toMatchObject({ order: ['T-1', 'T-2'] });
    const all = path.join(shell.folder, 'out dir', 'verify-all.sh');
    const verify = (): string => {
      try {
        return execFileSync(all, { encoding: 'utf8', cwd: '/', stdio: 'pipe' });
      } catch (error) {
        return `${(error as { status: number }).status}: ${String((error as { stdout: string }).stdout)}`;
      }
    };
    await writeFile(path.join(shell.folder, 'one'), '');
    expect(verify()).toBe('1: ok      T-1\nfailed  T-2\n1 failed\n');
    await writeFile(path.join(shell.folder, 'two'), 'its');
    expect(verify()).toBe('ok      T-1\nok      T-2\n0 failed\n');
  });
});

describe('what there was to say of a plan when it was made', () => {
  it('is shown with the plan, with what it cost, on the screen and as JSON', async () => {
    const text = JSON.stringify(plan).slice(0, -3);
    shell = await createShell({ model: { 'generate/1': [{ say: text, costUsd: 0.25, tokens: 1200 }] } });
    expect((await shell.run('generate Quotes can be added')).out).toContain('something may be missing at its end');
    const { out } = await shell.run('plan show');
    expect(out).toContain('warning  The answer was damaged or cut off and was repaired');
    expect(out).toContain('$0.25 spent · $0.25 of it planning');
    expect((await shell.run('plan show --json')).json).toMatchObject({
      plan: { notes: [{ code: 'answer-repaired' }] },
      spent: { planning: { usd: 0.25, tokens: 1210 }, runs: { usd: 0, tokens: 0 } },
    });
  });
});

describe('generate', () => {
  it('refuses an empty intent, and a file that is not there', async () => {
    shell = await createShell();
    expect(await shell.run('generate -', { input: ' \n' })).toMatchObject({
      code: 1,
      err: expect.stringContaining('(intent-empty)') as string,
    });
    expect(await shell.run('generate missing.md')).toMatchObject({
      code: 1,
      err: expect.stringContaining('There is no file missing.md.') as string,
    });
    expect(await shell.run('generate')).toMatchObject({ code: 2 });
    expect(await shell.run('generate ""')).toMatchObject({
      code: 1,
      err: expect.stringContaining('(intent-empty)') as string,
    });
  });
  it('takes a stories.json as it is', async () => {
    shell = await createShell();
    await writeFile(path.join(shell.folder, 'my.json'), JSON.stringify(plan));
    expect(await shell.run('generate my.json -o copy.json')).toMatchObject({ code: 0 });
    expect(JSON.parse(await shell.read('copy.json'))).toMatchObject({ stories: [{ id: 'US-001' }] });
  });
  it('makes a plan from an intent in words, also in several arguments', async () => {
    shell = await createShell({ model: { 'generate/1': [{ tools: [{ name: 'submit_plan', input: plan }] }] } });
    const done = await shell.run('generate Quotes can be added --name Quotes');
    expect(done.code).toBe(0);
    expect(done.out).toContain('Quotes · version 1 · not approved · Scripted');
    expect(done.out).toContain('T-1  Do T-1');
    expect(JSON.stringify(shell.world.model.asked[0]?.messages)).toContain('Quotes can be added');
  });
  it('says that a plan made by rules is a draft: exit code 3', async () => {
    shell = await createShell({
      model: { 'generate/1': [{ fails: new OpenExecError('model-network', { detail: 'offline' }) }] },
      disk: {
        'openexec.yaml': 'version: 1\n',
        'INTENT.md': '# Intent\n\n## Goals\n\n- Quotes can be added over HTTP\n',
      },
    });
    const done = await shell.run('generate');
    expect(done.code).toBe(3);
    expect(done.err).toContain('put together by rules');
    expect(((await shell.run('plan show --json')).json as { plan: { degraded: boolean } }).plan.degraded).toBe(true);
  });
});

describe('everywhere', () => {
  it('the root is the nearest folder with openexec.yaml, else the git top level, else this one', async () => {
    shell = await createShell({
      disk: { 'a/openexec.yaml': 'version: 1\n', 'a/b/c/x': '', 'g/.git/HEAD': '', 'g/h/x': '' },
    });
    const rootOf = async (cwd: string) =>
      (await shell.run('init --json', { cwd: path.join(shell.folder, cwd) })).json as { root: string };
    expect((await rootOf('a/b/c')).root).toBe(path.join(shell.folder, 'a'));
    expect((await rootOf('g/h')).root).toBe(path.join(shell.folder, 'g'));
    expect(await shell.run('init --root nowhere')).toMatchObject({
      code: 2,
      err: expect.stringContaining('There is no folder at') as string,
    });
  });
  it('init makes what is missing and leaves what is there', async () => {
    shell = await createShell({
      disk: { 'package.json': JSON.stringify({ scripts: { test: 'node --test', lint: 'x' } }), 'INTENT.md': 'mine' },
    });
    expect((await shell.run('init --json')).json).toMatchObject({ made: ['openexec.yaml'], kept: ['INTENT.md'] });
    expect(await shell.read('openexec.yaml')).toContain('npm test');
    expect(await shell.read('INTENT.md')).toBe('mine');
    expect((await shell.run('init')).out).toContain('openexec.yaml is there already');
  });
  it('errors are a sentence with the code, or JSON', async () => {
    shell = await createShell();
    expect((await shell.run('plan show x --json')).json).toEqual({
      error: {
        code: 'plan-not-found',
        params: { plan: 'x' },
        message: 'There is no plan x. List the plans to see what there is.',
      },
    });
    expect(await shell.run('frobnicate')).toMatchObject({
      code: 2,
      err: expect.stringContaining("unknown command 'frobnicate'") as string,
    });
    expect((await shell.run('frobnicate --json')).json).toMatchObject({ error: { code: 'usage' } });
    expect(await shell.run('run --approve maybe')).toMatchObject({ code: 2 });
  });
  it('version and help need nothing', async () => {
    shell = await createShell();
    expect(await shell.run('version')).toMatchObject({ code: 0, out: '1.2.3\n' });
    expect(await shell.run('version --json')).toMatchObject({ out: '{"version":"1.2.3"}\n' });
    const help = await shell.run('help');
    expect(help.code).toBe(0);
    for (const name of [
      'init',
      'generate',
      'plan',
      'schedule',
      'run|start',
      'resume',
      'pause',
      'cancel',
      'approve',
      'reject',
      'status',
      'show',
      'patch',
      'config',
      'version',
    ])
      expect(help.out).toContain(`  ${name}`);
    expect((await shell.run('plan --help')).out).toContain('approve');
  });
});

describe('config', () => {
  it('keeps a model and a budget, which the flags and the environment go before', async () => {
    shell = await createShell();
    expect(await shell.run('config set model some-model')).toMatchObject({ code: 0, out: 'model: some-model\n' });
    await shell.run('config set budget 2.5');
    await shell.run('status');
    expect(await shell.settings()).toMatchObject({
      model: 'some-model',
      budget: { usd: 2.5 },
      approval: 'changes',
      sandbox: 'workspace-write',
    });
    await shell.run('status', { env: { OPENEXEC_MODEL: 'from-env' } });
    expect((await shell.settings()).model).toBe('from-env');
    await shell.run('status --model from-flag', { env: { OPENEXEC_MODEL: 'from-env' } });
    expect((await shell.settings()).model).toBe('from-flag');
    await shell.run('config set budget none');
    expect((await shell.run('config --json')).json).toMatchObject({
      config: { budget: null, model: 'some-model' },
      apiKey: false,
    });
    expect((await shell.run('config unset model')).out).toBe('model: not set\n');
  });
  it('refuses what is no setting or no value for it', async () => {
    shell = await createShell();
    for (const [args, says] of [
      ['set colour red', 'There is no setting'],
      ['set budget -1', 'budget'],
      ['set approval often', 'approval'],
      ['set base-url http://example.com', 'https'],
      ['set base-url nonsense', 'https'],
      ['set max-parallel -1', 'It takes a whole number from 1 to 8.'],
      ['set budget abc', 'It takes an amount in USD'],
      ['set rules x', 'Rules are edited in'],
    ])
      expect(await shell.run(`config ${args}`)).toMatchObject({
        code: 2,
        err: expect.stringContaining(says as string) as string,
      });
    // An empty variable of a script is not 0.
    expect(await shell.run('config set retention-days ""')).toMatchObject({ code: 2 });
    expect(await shell.run('config set base-url http://127.0.0.1:9999')).toMatchObject({ code: 0 });
    await mkdir(path.join(shell.folder, '.home'), { recursive: true });
    await writeFile(path.join(shell.folder, '.home', 'config.json'), '{');
    expect(await shell.run('status')).toMatchObject({ code: 2, err: expect.stringContaining('is not JSON') as string });
  });
  it('never shows a key', async () => {
    shell = await createShell();
    const shown = await shell.run('config', { env: { ANTHROPIC_API_KEY: 'sk-ant-secret' } });
    expect(shown.out).toContain('set, from ANTHROPIC_API_KEY');
    expect(shown.out + shown.err).not.toContain('sk-ant-secret');
  });
});

describe('what a task proposed about the plan', () => {
  const submit = { name: 'submit_result', input: { summary: 'done' } };
  const proposal = {
    add: [
      {
        story: 'US-001',
        title: 'Migrate the rows',
        technical_strategy: 'one statement',
        verification_script: 'check rows',
      },
    ],
    change: [{ task: 'T-2', technical_strategy: 'on the new rows\n\u202eafter them' }],
  };
  const found = (message: string, given: unknown) => ({
    name: 'signal',
    input: { kind: 'scope-discovery', message, proposal: given },
  });

  it('is told while it runs, counted, shown before and after, and accepted or declined', async () => {
    const other = { add: [{ ...proposal.add[0], title: 'Another' }] };
    shell = await createShell({
      blueprint: workVerify,
      settings: { commits: false },
      model: {
        'T-1/1/work/1/1': [{ tools: [found('The rows have no owner.', proposal), found('And more.', other)] }],
        work: [{ tools: [submit] }],
      },
    });
    await shell.run('plan import - --name Work', {
      input: JSON.stringify(planOf({ 'T-1': { pins: true }, 'T-2': { after: ['T-1'], pins: true } })),
    });
    expect((await shell.run('plan proposals')).out).toBe('Nothing is proposed for Work.\n');
    await shell.run('plan approve --yes');
    const run = await shell.run('run --task T-1 --approve all');
    expect(run.out).toContain('proposed for the plan: adds 1 task, changes T-2 · The rows have no owner.');
    expect((await shell.run('status')).out).toContain('2 proposed changes of the plan wait: openexec plan proposals');

    const list = await shell.run('plan proposals');
    expect(list).toMatchObject({ code: 0, err: expect.stringContaining('plan accept NUMBER') as string });
    expect(list.out).toContain('1  T-1 proposes · work the plan does not hold');
    expect(list.out).toContain(
      '   ~ T-2  Do T-2\n       technical strategy\n         − plainly\n         + on the new rows\n',
    );
    expect(list.out).toContain('   + T-3  Migrate the rows  in US-001\n');
    expect(list.out).not.toContain('\u202e');

    const accepted = await shell.run('plan accept 1');
    expect(accepted).toMatchObject({
      code: 0,
      err: 'Work is at version 2 now. Next: openexec plan approve, which shows its scripts\n',
    });
    expect(accepted.out).toContain('accepted');
    expect((await shell.run('plan show')).out).toMatch(/version 2 · not approved[^]*T-3 {2}Migrate the rows/);
    expect((await shell.run('plan decline 1 --json')).json).toMatchObject({
      proposal: { status: 'declined', message: 'And more.' },
      plan: { iteration: 2 },
    });
    expect(await shell.run('plan accept 1')).toMatchObject({
      code: 1,
      err: expect.stringContaining('(proposal-not-found)') as string,
    });
    const { proposals } = (await shell.run('plan proposals --all --json')).json as {
      proposals: { id: string; status: string }[];
    };
    expect(proposals.map((one) => one.status)).toEqual(['accepted', 'declined']);
    expect(await shell.run(`plan accept ${proposals[1]!.id}`)).toMatchObject({
      code: 1,
      err: 'This proposal was already declined. (proposal-answered)\n',
    });
    expect((await shell.run('status')).out).not.toContain('proposed');
  });
});
