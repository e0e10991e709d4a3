import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openCopy, plan, runTask, tasks, visit, type Copy } from './player.js';

const open: Copy[] = [];
const fresh = async (): Promise<Copy> => {
  const copy = await openCopy();
  open.push(copy);
  return copy;
};
afterEach(() => open.splice(0).forEach((copy) => copy.remove()));

const healthy = (copy: Copy) => ({
  lint: copy.shell('node scripts/lint.mjs').code,
  test: copy.shell('node --test "test/*.test.ts"').code,
  build: copy.shell('node scripts/build.mjs').code,
});
const GREEN = { lint: 0, test: 0, build: 0 };

describe('the demo', () => {
  it('has a plan of three stories and eight tasks, each with a strategy and a check', () => {
    expect(plan.stories).toHaveLength(3);
    expect(tasks).toHaveLength(8);
    for (const task of tasks)
      expect({ ...task, ok: task.technical_strategy !== '' && task.verification_script !== '' }).toMatchObject({
        ok: true,
      });
  });

  it('is recorded from the answers that lie beside it', () => {
    const top = path.resolve(import.meta.dirname, '..', '..');
    expect(() =>
      execFileSync(process.execPath, ['scripts/make-cassette.mjs', '--check'], { cwd: top, stdio: 'pipe' }),
    ).not.toThrow();
  });

  it('starts as a healthy project with a history and a clean tree', async () => {
    const copy = await fresh();
    expect(healthy(copy)).toEqual(GREEN);
    expect(copy.git('log', '--format=%s %an').trim().split('\n')).toHaveLength(4);
    expect(copy.git('status', '--porcelain')).toBe('');
  });

  it('turns every check from red to green, heals one lint and one test failure, when everything is accepted', async () => {
    const copy = await fresh();
    const seen: Record<string, unknown> = {};
    for (const task of tasks) {
      const before = copy.shell(task.verification_script).code;
      const stages = await runTask(copy, task);
      seen[task.id] = {
        red: before !== 0,
        green: copy.shell(task.verification_script).code === 0,
        stages: stages.join(' '),
      };
    }
    expect(healthy(copy)).toEqual(GREEN);
    const plain = { red: true, green: true, stages: 'implement' };
    expect(seen).toEqual({
      ...Object.fromEntries(tasks.map((task) => [task.id, plain])),
      'T-US-002-001': { ...plain, stages: 'implement fix_lint' },
      'T-US-002-003': { ...plain, stages: 'implement fix_tests' },
    });
  }, 180_000);

  it('proposes something else when a change is rejected, which also passes', async () => {
    const copy = await fresh();
    for (const task of tasks) {
      const stages = await runTask(copy, task, ['reject']);
      expect({ task: task.id, stages, verify: copy.shell(task.verification_script).code }).toEqual({
        task: task.id,
        stages: ['implement'],
        verify: 0,
      });
    }
    expect(healthy(copy)).toEqual(GREEN);
  }, 180_000);

  it('goes on when one task is rejected several times and the rest is accepted', async () => {
    const copy = await fresh();
    for (const task of tasks)
      await runTask(copy, task, task.id === 'T-US-002-002' ? ['reject', 'reject', 'reject'] : []);
    for (const task of tasks)
      expect({ task: task.id, code: copy.shell(task.verification_script).code }).toEqual({ task: task.id, code: 0 });
    expect(healthy(copy)).toEqual(GREEN);
  }, 180_000);

  it('heals a file the person broke by hand, in a stage and an attempt that were not recorded', async () => {
    const copy = await fresh();
    for (const task of tasks.slice(0, 3)) await runTask(copy, task);
    copy.shell('echo broken > src/app.ts');
    await visit(copy, { task: 'T-US-002-002', attempt: 2, stage: 'fix_build', visit: 3 });
    expect(healthy(copy)).toEqual(GREEN);
  }, 60_000);
});
