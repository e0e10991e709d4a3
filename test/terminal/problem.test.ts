import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { edits } from '../fakes/model.js';
import { implementVerifyCommit } from '../core/engine/fixtures.js';
import { planOf } from '../core/engine/harness.js';
import { createShell, importPlan, type Shell } from './harness.js';

let shell: Shell;
afterEach(() => shell.dispose());

const KEY = 'a-key-of-no-known-form-4711';

/** A run whose check stays red, on a file and with a title that are nobody's business. */
async function failedRun(): Promise<string> {
  shell = await createShell({
    blueprint: implementVerifyCommit,
    files: { 'customer-acme.txt': 'the secret recipe\n' },
    commands: { 'check T-1': [{ exitCode: 1 }, { exitCode: 1 }, { exitCode: 1 }, { exitCode: 1 }, { exitCode: 1 }] },
    model: { implement: edits('customer-acme.txt', 'the secret recipe', 'THE SECRET RECIPE') },
  });
  const plan = planOf({ 'T-1': {} });
  plan.stories[0]!.tasks[0]!.title = 'Bake the pie';
  await importPlan(shell, plan);
  await shell.run('run --approve all');
  return (await shell.world.store.runs(1))[0]?.id ?? '';
}

describe('openexec report-problem', () => {
  it('tells the newest run by ids and codes, and no text of files, plans or commands', async () => {
    const run = await failedRun();
    const { code, out } = await shell.run('report-problem');
    expect(code).toBe(0);
    expect(out).toMatch(/^# Report of a problem with OpenExec\n/);
    expect(out).toContain(run);
    expect(out).toMatch(/command-run: `verify exit 1` at `.*T-1\/1\/verify\/1`/);
    expect(out).toMatch(/tool-called: `apply_patch failed` at .*, \d+ times/);
    expect(out).toContain('- commands are kept apart by: `fake`');
    expect(out).not.toMatch(/recipe|customer-acme|Bake the pie|check T-1/i);
  });

  it('is one document with --json', async () => {
    const run = await failedRun();
    const { code, json } = await shell.run('report-problem --json');
    expect(code).toBe(0);
    expect(json).toMatchObject({
      format: 'openexec-problem',
      door: 'terminal',
      versions: { OpenExec: '1.2.3', Node: process.version },
      folder: { state: 'open', facts: { runs: 1, run: { id: run } } },
      log: null,
    });
  });

  it('is written to a file, as JSON where its name says so', async () => {
    shell = await createShell();
    const written = await shell.run('report-problem -o problem.md');
    expect(written).toMatchObject({ code: 0 });
    expect(written.out).toMatch(/^Wrote problem\.md\. Nothing was sent/);
    expect(await shell.read('problem.md')).toMatch(/^# Report of a problem/);
    expect((await shell.run('report-problem -o problem.json --json')).json).toEqual({ output: 'problem.json' });
    expect(JSON.parse(await shell.read('problem.json'))).toMatchObject({ format: 'openexec-problem' });
  });

  it('tells the settings that are not at their defaults, and no key', async () => {
    shell = await createShell();
    await shell.run('config set max-parallel 4');
    await shell.run(`config set base-url https://ada:${KEY}@gateway.example/path`);
    const { out } = await shell.run('report-problem', { env: { ANTHROPIC_API_KEY: KEY, OPENEXEC_MODEL: `m-${KEY}` } });
    expect(out).toContain('`max-parallel`: `4` (config.json)');
    expect(out).toContain('`base-url`: `"https://gateway.example"`');
    expect(out).not.toContain('budget');
    expect(out).not.toContain(KEY);
  });

  it('is made also where settings cannot be read, and says so', async () => {
    shell = await createShell();
    await mkdir(path.join(shell.folder, '.home'), { recursive: true });
    await writeFile(path.join(shell.folder, '.home', 'config.json'), '{');
    const { code, json } = await shell.run('report-problem --json');
    expect(code).toBe(0);
    expect(json).toMatchObject({ settings: 'usage', folder: { state: 'failed', code: 'usage', facts: null } });
  });

  it('refuses a folder that is not there and an option it does not know', async () => {
    shell = await createShell();
    expect(await shell.run('report-problem --root nowhere')).toMatchObject({ code: 2 });
    expect(await shell.run('report-problem --send')).toMatchObject({ code: 2 });
    const unwritable = await shell.run('report-problem -o openexec.yaml/problem.md --json');
    expect(unwritable).toMatchObject({ code: 1, json: { error: { code: 'file-unwritable' } } });
  });
});
