/** Tasks of parallel stories beside one another: a worktree each, merged in plan order, checked again where they come together. */
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/core/model/event.js';
import { asRoot } from '../../../src/core/model/primitives.js';
import type { Store } from '../../../src/core/ports/ports.js';
import { OpenExecError } from '../../../src/core/errors.js';
import type { FakeClock } from '../../fakes/clock.js';
import { createFakeLog } from '../../fakes/log.js';
import { createMemoryStore } from '../../fakes/memory-store.js';
import { edits, submits } from '../../fakes/model.js';
import { blueprintOf } from './fixtures.js';
import {
  asText,
  answer,
  createWorld,
  dedent,
  nextApproval,
  planOf,
  settled,
  startPlan,
  type World,
  type WorldInput,
} from './harness.js';

const blueprint = blueprintOf(
  `
  implement: { type: agentic, toolset: coding, goal: do it, on_success: verify }
  verify: { type: deterministic, action: verify, on_success: commit, on_failure: fix_tests }
  fix_tests: { type: agentic, toolset: debug_ci, goal: fix it, on_success: verify }
  commit: { type: deterministic, action: commit, on_success: done }`,
  'implement',
);
const files = { 'a.txt': 'one\ntwo\nthree\nfour\nfive\n', 'b.txt': 'b\n' };
const parallel = { mode: 'parallel' as const };
const tree = asRoot('/work');
const of = (events: readonly RunEvent[], task: string) =>
  asText(events.filter((event) => 'task' in event && event.task === task));
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Every check passes when the file says so in capitals: before the work it is red, wherever it is made. */
const checks: NonNullable<WorldInput['run']> = async (script, read) => {
  const [, path, word] = /^check (\S+) (\S+)$/.exec(script) ?? [];
  return { exitCode: path && (await read(path)).includes(word ?? '') ? 0 : 1, output: `${script}: looked` };
};
const two = { T1: { check: 'check a.txt ONE' }, T2: { check: 'check b.txt B' } };

async function world(input: Partial<WorldInput> = {}): Promise<World> {
  return await createWorld({
    blueprint,
    files,
    run: checks,
    ...input,
    settings: { approval: 'changes', ...input.settings },
    model: {
      'T1/implement': edits('a.txt', 'one', 'ONE'),
      'T2/implement': edits('b.txt', 'b', 'B'),
      'T3/implement': edits('a.txt', 'five', 'FIVE'),
      ...input.model,
    },
  });
}

describe('parallel tasks', () => {
  it('work in worktrees without a question each, and come into the tree as one change set each, checked again there', async () => {
    const one = await world();
    const run = await startPlan(one, planOf(two, parallel));
    expect(await settled(one, run)).toBe('completed');
    expect(of(one.events, 'T2')).toBe(
      dedent(`
      T2 running
          $ check b.txt B -> 1
      T2 check before: red
        > implement 1
          model apply_patch submit_result
          apply_patch ok
          applied b.txt
        < implement 1 succeeded, next verify
        > verify 1
          $ check b.txt B -> 0
        < verify 1 succeeded, next commit
        > @merge 1
      T2 waiting(approval)
          ask change-set
          answered accepted
      T2 running
          applied b.txt
        < @merge 1 succeeded, next verify
        > verify 2
          $ check b.txt B -> 0
        < verify 2 succeeded, next commit
        > commit 1
          commit T2: Do T2
        < commit 1 succeeded, next done
      T2 done`),
    );
    expect(
      of(one.events, 'T1').replaceAll('T1', 'T2').replaceAll('a.txt ONE', 'b.txt B').replaceAll('a.txt', 'b.txt'),
    ).toBe(of(one.events, 'T2'));
    expect(one.workspace.dump()).toEqual({ 'a.txt': files['a.txt'].replace('one', 'ONE'), 'b.txt': 'B\n' });
    expect(
      one.git.commits.map((commit) => [commit.message.split('\n')[0], commit.files.map((file) => file.path)]),
    ).toEqual([
      ['T1: Do T1', ['a.txt']],
      ['T2: Do T2', ['b.txt']],
    ]);
    expect(
      one.events.find((event) => event.type === 'stage-finished' && event.stage === 'verify' && event.visit === 2),
    ).toMatchObject({ summary: 'check a.txt ONE exited 0, in the merged tree.' });
    expect(await one.git.worktrees(tree, AbortSignal.timeout(1000))).toEqual([]);
  });

  it('that stop on errors at once are all heard of: the run says the first, the log the others', async () => {
    const broken = (n: number) => [{ fails: new OpenExecError('internal', { detail: `broken ${n}` }) }];
    const one = await world({ model: { 'T1/implement': broken(1), 'T2/implement': broken(2) } });
    const run = await startPlan(one, planOf(two, parallel));
    expect(await settled(one, run)).toBe('paused');
    const said = JSON.stringify(one.events.at(-1));
    const [first, other] = said.includes('broken 1') ? [1, 2] : [2, 1];
    expect(said).toContain(`broken ${first}`);
    expect(
      (one.ports.log as ReturnType<typeof createFakeLog>).lines.filter(({ detail }) =>
        String(detail).includes(`broken ${other}`),
      ),
    ).toHaveLength(1);
  });

  it('run at the same time, at most as many as are allowed', async () => {
    const going = new Set<string>();
    let most = 0;
    const tasks = Object.fromEntries(
      ['T1', 'T2', 'T3', 'T4', 'T5'].map((id) => [id, { check: `look ${id}`, pins: true }]),
    );
    const one = await world({
      settings: { approval: 'risky', maxParallel: 3 },
      model: { implement: submits() },
      run: async (script) => {
        going.add(script);
        for (let n = 0; n < 20; n++) await turn();
        most = Math.max(most, going.size);
        going.delete(script);
        return {};
      },
    });
    const run = await startPlan(one, planOf(tasks, parallel));
    expect(await settled(one, run)).toBe('completed');
    expect(most).toBe(3);
  });

  it('merge in plan order, also when the later one is done first', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const one = await world({
      run: async (script, read, root) => {
        const looked = await checks(script, read, root);
        if (script === two.T1.check && looked.exitCode === 0 && root !== tree) await held;
        return looked;
      },
    });
    const run = await startPlan(one, planOf(two, parallel));
    while (
      !one.events.some((event) => event.type === 'stage-finished' && event.task === 'T2' && event.stage === 'verify')
    )
      await turn();
    for (let n = 0; n < 50; n++) await turn();
    expect(one.workspace.dump()).toEqual(files);
    release();
    expect(await settled(one, run)).toBe('completed');
    expect(one.git.commits.map((commit) => commit.message.split('\n')[0])).toEqual(['T1: Do T1', 'T2: Do T2']);
  });

  it('take each other’s changes of the same file where they do not touch', async () => {
    const one = await world({ model: { 'T2/implement': edits('a.txt', 'five', 'FIVE') } });
    const run = await startPlan(one, planOf({ T1: two.T1, T2: { check: 'check a.txt FIVE' } }, parallel));
    expect(await settled(one, run)).toBe('completed');
    expect(one.workspace.text('a.txt')).toBe('ONE\ntwo\nthree\nfour\nFIVE\n');
    expect(one.git.commits).toHaveLength(2);
  });

  it('carry over what their commands made', async () => {
    const one = await world({
      run: async (script, read, root) => {
        if (script === 'check b.txt B' && root !== tree) one.workspace.set('made.lock', 'made\n', root);
        return await checks(script, read, root);
      },
    });
    const run = await startPlan(one, planOf(two, parallel));
    expect(await settled(one, run)).toBe('completed');
    expect(one.workspace.text('made.lock')).toBe('made\n');
    expect(one.git.commits[1]?.files.map((file) => file.path)).toEqual(['b.txt', 'made.lock']);
  });

  it('heal in the merged tree what passed beside it', async () => {
    // Both pass alone; together the first one's check fails until somebody mends it.
    const one = await world({
      model: { 'T2/fix_tests': edits('b.txt', 'B', 'B fits') },
      run: async (script, read, root) => {
        if (
          script === 'check b.txt B' &&
          root === tree &&
          (await read('a.txt')).includes('ONE') &&
          !(await read('b.txt')).includes('fits')
        )
          return { exitCode: 1, output: 'does not fit' };
        return await checks(script, read, root);
      },
    });
    const run = await startPlan(one, planOf(two, parallel));
    expect(await settled(one, run)).toBe('completed');
    expect(
      of(one.events, 'T2')
        .split('\n')
        .filter((line) => /[<$]/.test(line))
        .slice(-7),
    ).toEqual([
      '  < @merge 1 succeeded, next verify',
      '    $ check b.txt B -> 1',
      '  < verify 2 failed, next fix_tests',
      '  < fix_tests 1 succeeded, next verify',
      '    $ check b.txt B -> 0',
      '  < verify 3 succeeded, next commit',
      '  < commit 1 succeeded, next done',
    ]);
    expect(one.workspace.text('b.txt')).toBe('B fits\n');
    expect(one.git.commits[1]?.files).toHaveLength(1);
  });

  it('wait for the tree while a task of a sequential story works there, and it for them', async () => {
    const one = await world({
      model: { 'T0/implement': edits('b.txt', 'b', 'b0'), 'T2/implement': edits('a.txt', 'five', 'FIVE') },
    });
    const document = planOf({ T1: two.T1, T2: { check: 'check a.txt FIVE' } }, parallel);
    const sequential = planOf({ T0: { check: 'check b.txt b0' } }, { id: 'US-000' }).stories[0]!;
    const run = await startPlan(one, { ...document, stories: [sequential, ...document.stories] });
    expect(await settled(one, run)).toBe('completed');
    expect(one.git.commits).toHaveLength(3);
    // At most one at a time between the first change of the tree and the commit.
    let holder = '';
    for (const event of one.events) {
      if (event.type === 'changes-applied' && (event.task === 'T0' || event.step.includes('/@merge/'))) {
        expect(holder).toBe('');
        holder = event.task;
      }
      if (event.type === 'task-changed' && event.status === 'done' && event.task === holder) holder = '';
    }
  });

  it('run one after the other without git, and say so once', async () => {
    for (const [settings, become, reason] of [
      [{}, { kind: 'none' as const }, 'the folder is not a git repository'],
      [{}, { head: null }, 'there is no first commit yet'],
      [{ commits: false }, {}, 'commits are off'],
    ] as const) {
      const one = await world({ settings });
      one.git.become(become);
      const run = await startPlan(one, planOf(two, parallel));
      expect(await settled(one, run)).toBe('completed');
      expect(one.events.filter((event) => event.type === 'warning')).toMatchObject([
        { code: 'not-parallel', params: { reason } },
      ]);
      expect(asText(one.events)).not.toContain('@merge');
    }
  });
});

/** The person changed the lines that T2 changes, after its worktree was made. */
async function inConflict(input: Partial<WorldInput> = {}): Promise<{ one: World; run: string }> {
  const one = await world({
    ...input,
    run: async (script, read, root) => {
      if (script === 'check b.txt B' && root !== tree && one.workspace.text('b.txt') === 'b\n')
        one.workspace.set('b.txt', 'mine\n');
      return await checks(script, read, root);
    },
  });
  const run = await startPlan(one, planOf(two, parallel));
  expect(await settled(one, run)).toBe('paused');
  return { one, run };
}

describe('a conflict with the person’s tree', () => {
  it('pauses with the file and both sides, and goes on once it is mended by hand', async () => {
    const { one, run } = await inConflict();
    const question = await nextApproval(one);
    expect(question).toMatchObject({
      task: 'T2',
      subject: {
        code: 'merge-conflict',
        params: { path: 'b.txt', line: 1, yours: 'mine\n', theirs: 'B\n' },
        options: ['continue', 'retry', 'skip', 'give-up'],
      },
    });
    expect(one.workspace.text('b.txt')).toBe('mine\n');
    // Still in conflict: it is asked again, as a new question.
    await answer(one, { status: 'accepted', option: 'continue' });
    expect(await settled(one, run)).toBe('paused');
    expect((await nextApproval(one)).id).not.toBe(question.id);
    one.workspace.set('b.txt', 'b\n');
    await answer(one, { status: 'accepted', option: 'continue' });
    expect(await settled(one, run)).toBe('completed');
    expect(one.workspace.text('b.txt')).toBe('B\n');
    expect(
      of(one.events, 'T2')
        .split('\n')
        .filter((line) => /@merge|ask|answered/.test(line)),
    ).toEqual([
      '  > @merge 1',
      '    ask attention',
      '    answered accepted continue',
      '    ask attention',
      '    answered accepted continue',
      '    ask change-set',
      '    answered accepted',
      '  < @merge 1 succeeded, next verify',
    ]);
  });

  it('has the task done anew in a fresh worktree of the tree as it is, told what it did before', async () => {
    const { one, run } = await inConflict({
      model: {
        'T2/1/implement/1/1': edits('b.txt', 'b', 'B'),
        'T2/2/implement/1/1': edits('b.txt', 'mine', 'mine, B'),
      },
    });
    await answer(one, { status: 'accepted', option: 'retry' });
    expect(await settled(one, run)).toBe('completed');
    expect(one.workspace.text('b.txt')).toBe('mine, B\n');
    const prompt = JSON.stringify(
      one.model.asked.find((request) => request.key.includes('/T2/2/implement/'))?.messages,
    );
    expect(prompt).toContain('Its changes are not in the tree you see');
    expect(prompt).toContain('+B');
    expect(of(one.events, 'T2')).toContain('T2 running attempt 2');
  });

  it('leaves the tree as it is when the task is skipped or given up, and removes its worktree', async () => {
    for (const option of ['skip', 'give-up'] as const) {
      const { one, run } = await inConflict();
      await answer(one, { status: 'accepted', option });
      expect(await settled(one, run)).toBe(option === 'skip' ? 'completed' : 'failed');
      expect(one.workspace.text('b.txt')).toBe('mine\n');
      expect(await one.git.worktrees(tree, AbortSignal.timeout(1000))).toEqual([]);
    }
  });
});

it('a merge that was skipped or given up stays so when the process dies before the task’s end is stored', async () => {
  for (const option of ['skip', 'give-up'] as const) {
    const store = createMemoryStore();
    let cut = false;
    const dying: Store = {
      ...store,
      // Another task's commit took the merge's record along; what follows it is lost.
      async commit(batch, conditions) {
        const end = batch.findIndex(
          (write) =>
            write.table === 'events' &&
            write.row.type === 'stage-finished' &&
            write.row.stage === '@merge' &&
            write.row.task === 'T2',
        );
        if (!cut && end < 0) return await store.commit(batch, conditions);
        if (!cut) await store.commit(batch.slice(0, end + 1), conditions);
        cut = true;
        return await new Promise(() => undefined);
      },
    };
    const { one, run } = await inConflict({ store: dying });
    await answer(one, { status: 'accepted', option });
    while (!cut) await turn();
    const next = await one.restart(store);
    expect((await store.steps(run, 'T2')).at(-1)).toMatchObject({
      stage: '@merge',
      status: option === 'skip' ? 'skipped' : 'failed',
    });
    await next.openexec.request('run/resume', { run });
    expect([option, await settled(next, run)]).toEqual([option, option === 'skip' ? 'completed' : 'failed']);
    const ends = (await store.events(run, 0, 5000)).filter(
      (event) => event.type === 'task-changed' && event.task === 'T2',
    );
    expect(ends.at(-1)).toMatchObject({
      status: option === 'skip' ? 'skipped' : 'failed',
      attempt: 1,
      reason:
        option === 'skip'
          ? { code: 'skipped-by-operator' }
          : { code: 'merge-conflict', params: { task: 'T2', path: 'b.txt' } },
    });
    expect(one.workspace.text('b.txt')).toBe('mine\n');
    expect((await store.approvals(run)).filter((each) => each.subject.kind === 'attention')).toHaveLength(1);
  }
});

describe('what a worktree holds and cannot be merged', () => {
  const huge = 'x'.repeat(51 * 1024 * 1024);
  /** A command leaves this in the worktree of T2. */
  const leaving =
    (path: string, text: string, more: Partial<WorldInput> = {}) =>
    async () => {
      const one = await world({
        ...more,
        run: async (script, read, root) => {
          if (script === 'check b.txt B' && root !== tree && (await read('b.txt')) === 'B\n')
            one.workspace.set(path, text, root);
          return await checks(script, read, root);
        },
      });
      const run = await startPlan(one, planOf(two, parallel));
      return { one, run, status: await settled(one, run) };
    };

  it('is left out and named where a command made it and git never knew it', async () => {
    const { one, status } = await leaving('out/app.iso', huge)();
    expect(status).toBe('completed');
    expect(Object.keys(one.workspace.dump())).toEqual(['a.txt', 'b.txt']);
    expect(one.events.filter((event) => event.type === 'warning')).toMatchObject([
      { task: 'T2', code: 'merge-unread', params: { paths: 'out/app.iso' } },
    ]);
  });

  it('is a question where it is a file of the project, with every way on', async () => {
    const { one, run, status } = await leaving('data.txt', huge, { files: { ...files, 'data.txt': 'small\n' } })();
    expect(status).toBe('paused');
    const question = await nextApproval(one);
    expect(question).toMatchObject({
      title: 'data.txt cannot be merged from the work of T2',
      subject: {
        code: 'merge-conflict',
        params: { path: 'data.txt', line: 0, yours: 'small\n', theirs: '(too large to be merged)' },
        options: ['continue', 'retry', 'skip', 'give-up'],
      },
    });
    // The person puts it right in the worktree.
    if (question.subject.kind === 'attention')
      one.workspace.set('data.txt', 'small\n', asRoot(String(question.subject.params['worktree'])));
    await answer(one, { status: 'accepted', option: 'continue' });
    expect(await settled(one, run)).toBe('completed');
    expect(one.workspace.text('b.txt')).toBe('B\n');
  });

  it('keeps who may run a file: carried over with its text, and named where nothing else changed', async () => {
    const one = await world({
      files: { ...files, 'old.sh': 'old\n', 'only.sh': 'only\n' },
      run: async (script, read, root) => {
        if (script === 'check b.txt B' && root !== tree && (await read('b.txt')) === 'B\n') {
          one.workspace.set('run.sh', 'new\n', root);
          one.workspace.set('old.sh', 'older\n', root);
          for (const path of ['run.sh', 'old.sh', 'only.sh']) one.git.executable.add(`${root}/${path}`);
        }
        return await checks(script, read, root);
      },
    });
    const run = await startPlan(one, planOf(two, parallel));
    expect(await settled(one, run)).toBe('completed');
    expect([...one.workspace.executable].sort()).toEqual([`${tree}/old.sh`, `${tree}/run.sh`]);
    expect(one.git.commits[1]?.files.map(({ path, executable }) => [path, executable])).toEqual([
      ['b.txt', undefined],
      ['old.sh', true],
      ['run.sh', true],
    ]);
    expect(one.events.filter((event) => event.type === 'warning')).toMatchObject([
      { task: 'T2', code: 'merge-modes', params: { paths: 'only.sh' } },
    ]);
    // The person is told before it is agreed to.
    expect(one.events.find((event) => event.type === 'approval-requested' && event.task === 'T2')).toMatchObject({
      title: 'The merge of T2 wants to change 3 files: Do T2; made executable: old.sh, run.sh',
    });

    // Rolled back it is as it was, in the commit too; brought back it is as it became.
    const { token } = await one.openexec.request('rollback/preview', { run, task: 'T2' });
    await one.openexec.request('rollback/apply', { run, task: 'T2', token });
    expect([one.workspace.text('old.sh'), one.workspace.text('run.sh'), [...one.workspace.executable]]).toEqual([
      'old\n',
      undefined,
      [],
    ]);
    expect(one.git.commits.at(-1)?.files.map(({ path, executable }) => [path, executable])).toEqual([
      ['b.txt', undefined],
      ['old.sh', false],
      ['run.sh', undefined],
    ]);
    await one.openexec.request('rollback/redo', { run });
    expect([...one.workspace.executable].sort()).toEqual([`${tree}/old.sh`, `${tree}/run.sh`]);
    expect(one.git.commits.at(-1)?.files.map(({ path, executable }) => [path, executable])).toEqual([
      ['b.txt', undefined],
      ['old.sh', true],
      ['run.sh', undefined],
    ]);
  });

  it('is not read where there are too many files: the task’s own edits come in alone', async () => {
    const one = await world({
      run: async (script, read, root) => {
        if (script === 'check b.txt B' && root !== tree && (await read('b.txt')) === 'B\n')
          for (let n = 0; n < 2001; n++) one.workspace.set(`made/${n}`, '', root);
        return await checks(script, read, root);
      },
    });
    const run = await startPlan(one, planOf(two, parallel));
    expect(await settled(one, run)).toBe('completed');
    expect(one.workspace.dump()).toEqual({ 'a.txt': files['a.txt'].replace('one', 'ONE'), 'b.txt': 'B\n' });
    expect(one.events.filter((event) => event.type === 'warning')).toMatchObject([
      { code: 'merge-left', params: { files: 2002 } },
    ]);
  });
});

describe('the merge’s change set', () => {
  it('sends a rejection back as a new attempt in the same worktree, with the person’s words', async () => {
    const one = await world({
      model: { 'T2/1/implement/1/1': edits('b.txt', 'b', 'B'), 'T2/2/implement/1/1': edits('b.txt', 'B', 'Better') },
    });
    const run = await startPlan(one, planOf(two, parallel), { onAsk: 'wait' });
    await answer(one, { status: 'accepted' });
    await answer(one, { status: 'rejected', comment: 'Say it better.' });
    await answer(one, { status: 'accepted' });
    expect(await settled(one, run)).toBe('completed');
    expect(one.workspace.text('b.txt')).toBe('Better\n');
    const prompt = JSON.stringify(
      one.model.asked.find((request) => request.key.includes('/T2/2/implement/'))?.messages,
    );
    expect(prompt).toContain('Say it better.');
    expect(prompt).toContain('What it left in the tree:');
  });

  it('asks about one task while others go on', async () => {
    const one = await world();
    const run = await startPlan(one, planOf({ ...two, T3: { check: 'look', pins: true } }, parallel), {
      onAsk: 'wait',
    });
    const first = await nextApproval(one);
    expect(first.task).toBe('T1');
    while (
      !one.events.some((event) => event.type === 'stage-finished' && event.task === 'T2' && event.stage === 'verify')
    )
      await turn();
    await one.openexec.request('run/cancel', { run });
    expect(one.workspace.dump()).toEqual(files);
    expect(await one.git.worktrees(tree, AbortSignal.timeout(1000))).toEqual([]);
  });

  it('is put to the person as it was after a crash, and is written once', async () => {
    const one = await world();
    const run = await startPlan(one, planOf(two, parallel), { onAsk: 'wait' });
    const asked = await nextApproval(one);
    // The process is gone without a word; the store is as it was.
    const after = await one.restart();
    await after.openexec.request('run/resume', { run });
    expect((await nextApproval(after)).id).toBe(asked.id);
    await answer(after, { status: 'accepted' });
    await answer(after, { status: 'accepted' });
    expect(await settled(after, run)).toBe('completed');
    expect(
      one.workspace.applied.filter(({ label }) => label.startsWith('The merge of')).map(({ paths }) => paths),
    ).toEqual([['a.txt'], ['b.txt']]);
  });
});

describe('a worktree', () => {
  it('that is lost is made again with the edits that the records hold', async () => {
    const one = await world({
      model: { 'T2/fix_tests': submits() },
      run: async (script, read, root) =>
        script === 'check b.txt B' && root !== tree && (await read('b.txt')) === 'B\n'
          ? { hangs: true }
          : await checks(script, read, root),
    });
    const run = await startPlan(one, planOf(two, parallel));
    while (
      !one.events.some((event) => event.type === 'stage-started' && event.task === 'T2' && event.stage === 'verify')
    )
      await turn();
    await one.openexec.request('run/pause', { run, now: true });
    await settled(one, run);
    for (const name of await one.git.worktrees(tree, AbortSignal.timeout(1000)))
      await one.git.removeWorktree(tree, name, AbortSignal.timeout(1000));
    one.commands.on('check b.txt B', { exitCode: 0 });
    await one.openexec.request('run/resume', { run });
    expect(await settled(one, run)).toBe('completed');
    expect(one.workspace.text('b.txt')).toBe('B\n');
    expect(one.model.asked.filter((request) => request.key.includes('/T2/'))).toHaveLength(1);
  });

  it('is set up once by the project’s own script, through the policy', async () => {
    const config = 'worktree: { link: [deps], setup: npm ci }\n';
    const one = await world({
      files: { ...files, 'openexec.yaml': config },
      commands: { 'npm ci': [{ exitCode: 0 }] },
    });
    const run = await startPlan(one, planOf(two, parallel), { onAsk: 'accept' });
    expect(await settled(one, run)).toBe('completed');
    const setups = one.commands.asked.filter((request) => request.script === 'npm ci');
    expect(setups.map((request) => request.root === tree)).toEqual([false, false]);
    expect(new Set(setups.map((request) => request.root)).size).toBe(2);
  });

  it('whose setup fails asks, and is given up without a trace', async () => {
    const one = await world({
      files: { ...files, 'openexec.yaml': 'worktree: { setup: npm ci }\n' },
      commands: { 'npm ci': [{ exitCode: 1 }] },
    });
    const run = await startPlan(one, planOf({ T1: two.T1, T2: { after: ['T1'], check: two.T2.check } }, parallel), {
      onAsk: 'accept',
    });
    expect(await settled(one, run)).toBe('paused');
    expect(await answer(one, { status: 'accepted', option: 'give-up' })).toMatchObject({
      subject: { code: 'worktree-setup', params: { problem: 'it exited 1' } },
    });
    expect(await settled(one, run)).toBe('failed');
    expect(asText(one.events).split('\n').slice(-3)).toEqual([
      'T1 failed: worktree-setup',
      'T2 blocked(by T1)',
      'finished: failed',
    ]);
  });
});

it('gives the setup of a worktree its whole time at every try, also after one that hung', async () => {
  const minutes = 60_000;
  const hang: NonNullable<WorldInput['run']> = async (script, ...rest) => {
    if (script !== 'npm ci') return await checks(script, ...rest);
    if (one.commands.asked.filter((request) => request.script === 'npm ci').length > 1) return {};
    await (one.ports.clock as FakeClock).advance(20 * minutes);
    return { timedOut: true };
  };
  const one = await world({ files: { ...files, 'openexec.yaml': 'worktree: { setup: npm ci }\n' }, run: hang });
  const run = await startPlan(one, planOf({ T1: two.T1, T2: { after: ['T1'], check: two.T2.check } }, parallel), {
    onAsk: 'accept',
  });
  expect(await settled(one, run)).toBe('paused');
  expect(await answer(one, { status: 'accepted', option: 'retry' })).toMatchObject({
    subject: { code: 'worktree-setup', params: { problem: 'it did not end within 20 min' } },
  });
  expect(await settled(one, run)).toBe('completed');
  const setups = one.commands.asked.filter(
    (request) => request.script === 'npm ci' && String(request.root).includes('T1'),
  );
  expect(setups.map((request) => request.timeoutMs / minutes)).toEqual([20, 20]);
});

describe('budgets of parallel tasks', () => {
  const noBudget = { usd: null, tokens: null, wallMs: null, calls: null };
  it('are not overspent together: a call that fits only if another is cheaper than reserved waits for it', async () => {
    const one = await world({ settings: { approval: 'risky', budget: { ...noBudget, tokens: 4000 } } });
    let [inFlight, most] = [0, 0];
    const asking = one.ports.models.turn.bind(one.ports.models);
    one.ports.models.turn = async (...args) => {
      most = Math.max(most, (inFlight += 1));
      for (let n = 0; n < 10; n++) await turn();
      inFlight -= 1;
      return await asking(...args);
    };
    const run = await startPlan(one, planOf(two, parallel));
    expect(await settled(one, run)).toBe('completed');
    expect(most).toBe(1);
  });

  it('are a hard stop for all of them', async () => {
    const one = await world({ settings: { approval: 'risky', budget: { ...noBudget, calls: 1 } } });
    const run = await startPlan(one, planOf(two, parallel));
    expect(await settled(one, run)).toBe('paused');
    expect(one.model.asked).toHaveLength(1);
    expect(await answer(one, { status: 'accepted', option: 'continue' })).toMatchObject({
      subject: { code: 'budget-exceeded', params: { what: 'calls', spent: 1, limit: 1 } },
    });
    expect(await settled(one, run)).toBe('completed');
    expect(one.model.asked).toHaveLength(2);
  });

  it('count a step’s cost by its own calls', async () => {
    const one = await world({ settings: { approval: 'risky' } });
    const run = await startPlan(one, planOf(two, parallel));
    await settled(one, run);
    const costs = one.events.flatMap((event) =>
      event.type === 'stage-finished' ? [[event.stage, event.costUsd]] : [],
    );
    expect(new Map(costs as [string, number][])).toEqual(
      new Map<string, number>([
        ['implement', 0.01],
        ['verify', 0],
        ['@merge', 0],
        ['commit', 0],
      ]),
    );
  });
});

/** A store that a process sees until it dies: after `n` commits nothing reaches it any more, and nothing comes back. */
function dyingStore(store: Store, n: number): Store {
  let left = n;
  const dead = () => new Promise<never>(() => undefined);
  return { ...store, commit: (...given) => (left-- > 0 ? store.commit(...given) : dead()) };
}

describe('a process that dies', () => {
  it('after any commit of a parallel run leaves nothing twice, nothing missing and no worktree behind', async () => {
    const input: Partial<WorldInput> = { settings: { approval: 'risky' } };
    for (let n = 3; ; n++) {
      const store = createMemoryStore();
      const dying = await world({ ...input, store: dyingStore(store, n) });
      void startPlan(
        dying,
        planOf(
          { ...two, T3: { after: ['T1'], check: 'check a.txt FIVE' } },
          { ...parallel, verification_script: 'check a.txt ONE' },
        ),
      );
      for (let i = 0; i < 400; i++) await turn();
      const [record] = await store.runs(1);
      if (!record) continue;
      if (record.status === 'completed') {
        expect(n).toBeGreaterThan(25);
        return;
      }
      const next = await dying.restart(store);
      await next.openexec.request('run/resume', { run: record.id });
      expect([n, await settled(next, record.id)]).toEqual([n, 'completed']);
      expect([n, next.workspace.dump()]).toEqual([n, { 'a.txt': 'ONE\ntwo\nthree\nfour\nFIVE\n', 'b.txt': 'B\n' }]);
      expect([n, ...next.git.commits.map((commit) => commit.message.split(':')[0]).sort()]).toEqual([
        n,
        'T1',
        'T2',
        'T3',
      ]);
      expect(await next.git.worktrees(tree, AbortSignal.timeout(1000))).toEqual([]);
      const events = await store.events(record.id, 0, 5000);
      expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
      const applied = events.flatMap((event) => (event.type === 'changes-applied' ? [event.changeSet] : []));
      expect([n, new Set(applied).size]).toEqual([n, applied.length]);
      expect(events.filter((event) => event.type === 'command-run' && event.purpose === 'story-check')).toHaveLength(1);
    }
  }, 60_000);
});
