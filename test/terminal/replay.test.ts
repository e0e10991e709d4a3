import { afterEach, describe, expect, it } from 'vitest';
import { edits } from '../fakes/model.js';
import { implementVerifyCommit } from '../core/engine/fixtures.js';
import { planOf } from '../core/engine/harness.js';
import { createShell, importPlan, type Shell } from './harness.js';

let shell: Shell;
afterEach(() => shell.dispose());

async function finished(): Promise<string> {
  shell = await createShell({
    blueprint: implementVerifyCommit,
    files: { 'a.txt': 'one\n' },
    commands: { 'check T-1': [{ exitCode: 1 }, { exitCode: 0 }] },
    model: { implement: edits('a.txt', 'one', 'ONE') },
  });
  await importPlan(shell, planOf({ 'T-1': {} }));
  expect((await shell.run('run --approve all')).code).toBe(0);
  return (await shell.world.store.runs(1))[0]?.id ?? '';
}

describe('a finished run, from a terminal', () => {
  it('replays equal with exit code 0, and different with 1 and both values', async () => {
    const run = await finished();
    const equal = await shell.run('replay');
    expect(equal.code).toBe(0);
    expect(equal.out).toMatch(/^equal .* events said again, the state compared after each of 3 steps\./);
    const { store } = shell.world;
    const [step] = (await store.steps(run)).filter((one) => one.stage === 'verify');
    await store.commit([{ table: 'steps', row: { ...step!, evidence: false } }]);
    const different = await shell.run('replay --json');
    expect(different.code).toBe(1);
    expect(different.json).toMatchObject({ equal: false, divergence: { kind: 'step', step: step?.key } });
    expect((await shell.run(`replay ${run}`)).out).toMatch(/then .*"evidence":false[^]*now .*"evidence":true/);
  });

  it('begins anew from a step only on the files as they were, or when told to', async () => {
    const run = await finished();
    const refused = await shell.run('replay --from implement/1 --approve all');
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/not as they were before that step: 1, the first is a\.txt/);
    expect(refused.err).toContain('openexec rollback');
    expect((await shell.run('rollback --yes')).code).toBe(0);
    const again = await shell.run('replay --from implement/1 --approve all');
    expect(again.code).toBe(0);
    const [fresh] = await shell.world.store.runs(1);
    const shared = { usd: 0, tokens: 0 }; // no model was asked before that step
    expect(fresh?.rerunOf).toEqual({ run, step: `${run}/T-1/1/implement/1`, shared });
    const compared = await shell.run(`compare ${run} ${fresh?.id} --json`);
    expect(compared).toMatchObject({
      code: 0,
      json: { tasks: [{ id: 'T-1', a: { status: 'rolled-back' }, b: { status: 'done' } }] },
    });
    expect((await shell.run('replay --from nowhere/1')).code).not.toBe(0);
  });

  it('is written as a page, as Markdown or as JSON, by the name of the file', async () => {
    await finished();
    expect(await shell.run('report -o run.html')).toMatchObject({ code: 0, out: 'Wrote run.html\n' });
    expect(await shell.read('run.html')).toMatch(/^<!doctype html>/);
    expect((await shell.run('report -o run.json')).code).toBe(0);
    expect(JSON.parse(await shell.read('run.json'))).toMatchObject({
      format: 'openexec-run',
      version: 1,
      report: { commits: [{ task: 'T-1' }] },
    });
    expect((await shell.run('report')).out).toContain('## Verified');
  });
});
