/** What passed on a tree is not run on it again; whatever could make a difference has it run. */
import { describe, expect, it } from 'vitest';
import type { TreeLook } from '../../../src/core/ports/ports.js';
import { blueprintOf } from './fixtures.js';
import { createWorld, planOf, settled, startPlan, type WorldInput } from './harness.js';

const stages = (verify = '') =>
  blueprintOf(
    `
  implement: { type: agentic, toolset: coding, goal: make it, on_success: test }
  test: { type: deterministic, action: test, on_success: build, on_failure: fix }
  build: { type: deterministic, action: build, on_success: verify, on_failure: fix }
  fix: { type: agentic, toolset: coding, goal: mend it, on_success: test }
  verify: { type: deterministic, action: verify${verify}, on_success: commit, on_failure: fix }
  commit: { type: deterministic, action: commit, on_success: done }`,
    'implement',
  );
const write = (content: string) => ({ tools: [{ name: 'write_file', input: { path: 'a.txt', content } }] });
const submit = { tools: [{ name: 'submit_result', input: { summary: 'made' } }] };

async function go(
  input: Partial<WorldInput> & { look?: TreeLook } = {},
  answers: Readonly<Record<string, number[]>> = {},
) {
  const left = new Map(Object.entries({ 'npm test': [1, 0], ...answers }));
  const ran: string[] = [];
  const world = await createWorld({
    blueprint: stages(),
    model: { implement: [write('ONE\n'), submit] },
    ...input,
    run: async (script, read) => {
      ran.push(script);
      await input.run?.(script, read, '' as never);
      const codes = left.get(script) ?? [0];
      return { exitCode: (codes.length > 1 ? codes.shift() : codes[0]) ?? 0, head: `${script} said so\n` };
    },
  });
  const { look } = input;
  if (look) world.git.look = async () => look;
  const run = await startPlan(world, planOf({ 'T-1': { check: 'npm test' } }));
  expect(await settled(world, run)).toBe('completed');
  const events = await world.store.events(run, 0, 1000);
  const told = events.flatMap((one) => (one.type === 'command-run' ? [[one.command, one.same ?? 'ran']] : []));
  return { world, run, ran, told };
}

describe('a command that passed on this tree', () => {
  it('is told and not run again, and the record replays equal', async () => {
    const { world, run, ran, told } = await go();
    expect(ran).toEqual(['npm test', 'npm test', 'npm run build']);
    expect(told).toEqual([
      ['npm test', 'ran'],
      ['npm test', 'ran'],
      ['npm run build', 'ran'],
      ['npm test', 'test'],
    ]);
    const steps = await world.store.steps(run);
    expect(steps.find((step) => step.stage === 'verify')).toMatchObject({
      status: 'succeeded',
      evidence: true,
      summary: 'npm test exited 0 in test, on the same tree.',
    });
    expect(await world.openexec.request('run/replay', { run })).toMatchObject({ equal: true });
  });

  it('runs again where the stage asks for it', async () => {
    const { ran } = await go({ blueprint: stages(', fresh: true') });
    expect(ran).toEqual(['npm test', 'npm test', 'npm run build', 'npm test']);
  });

  it('runs again where the tree is another: a fix came between', async () => {
    const { ran } = await go(
      { model: { implement: [write('ONE\n'), submit], fix: [write('TWO\n'), submit] } },
      { 'npm run build': [1, 0] },
    );
    expect(ran).toEqual(['npm test', 'npm test', 'npm run build', 'npm test', 'npm run build']);
  });

  it('runs again where a file was written that no look at the tree shows', async () => {
    const look = { kind: 'ok' as const, head: 'a'.repeat(40), branch: 'main', entries: [] } satisfies TreeLook;
    const { ran } = await go(
      { model: { implement: [write('ONE\n'), submit], fix: [write('TWO\n'), submit] }, look },
      { 'npm run build': [1, 0] },
    );
    expect(ran).toEqual(['npm test', 'npm test', 'npm run build', 'npm test', 'npm run build']);
  });

  it('runs again where it passed in another sandbox', async () => {
    const { ran } = await go({ blueprint: stages(', sandbox: read-only') });
    expect(ran).toEqual(['npm test', 'npm test', 'npm run build', 'npm test']);
  });

  it('runs again where anything but a check ran between, which may change what git does not see', async () => {
    const install = { tools: [{ name: 'run_command', input: { argv: ['npm', 'run', 'lint'], cwd: '.' } }] };
    const { ran } = await go(
      { model: { implement: [write('ONE\n'), submit], fix: [install, submit] } },
      { 'npm run build': [1, 0] },
    );
    expect(ran.filter((one) => one === 'npm test')).toHaveLength(3);
  });
});

it('does not keep what failed: whoever tries again may have mended what git does not see', async () => {
  const { ran } = await go(
    { model: { implement: [write('ONE\n'), submit], fix: [submit] } },
    { 'npm test': [1, 1, 0] },
  );
  expect(ran).toEqual(['npm test', 'npm test', 'npm test', 'npm run build']);
});
