/** The states the panel can be in, each as a world of plan, runs and stored texts. */
import type { EventBody } from '../../../src/core/model/event.js';
import type { StepRecord } from '../../../src/core/model/records.js';
import { blobStore, plan, problems, record, recorder, schedule, START, type World } from './data.js';

const RUN = 'run_01';
const before = `export function createQuote(body) {
  quotes.push(body);
  return body;
}

export function listQuotes() {
  return quotes;
}
`;
const after = `import { validate } from './validate.ts';

export function createQuote(body) {
  const problem = validate(body);
  if (problem) return { status: 400, error: problem };
  const quote = { id: nextId(), ...body };
  quotes.push(quote);
  return { status: 201, quote };
}

export function listQuotes() {
  return quotes;
}
`;

export function created(run: string, tasks = schedule.order): EventBody {
  const document = plan().document;
  return {
    type: 'run-created',
    title: 'Quotes can be created and listed',
    kind: 'plan',
    plan: 'plan_01',
    planName: 'Quotes can be created and listed',
    iteration: 3,
    blueprint: 'standard_task',
    blueprintHash: 'b'.repeat(64),
    model: run === 'real' ? 'claude' : 'recorded',
    recorded: true,
    tasks: tasks.map((id) => {
      const story = document.stories.find((each) => each.tasks.some((task) => task.id === id));
      const task = story?.tasks.find((each) => each.id === id);
      return {
        id,
        title: task?.title ?? `Task ${id}`,
        story: story?.id ?? 'US-001',
        storyTitle: story?.title ?? 'Many',
        dependsOn: task?.depends_on ?? [],
        mode: story?.mode ?? 'sequential',
      };
    }),
    stories: [],
    budgetUsd: 5,
    budgetTokens: 2_000_000,
    branch: 'main',
    commits: true,
  };
}

type Recorder = ReturnType<typeof recorder>;
type Blobs = ReturnType<typeof blobStore>;

function writer(rec: Recorder, blobs: Blobs, run: string) {
  const key = (task: string, stage: string, visit: number, attempt = 1) =>
    `${run}/${task}/${attempt}/${stage}/${visit}`;
  return {
    key,
    start: (task: string, stage: string, visit = 1, attempt = 1) =>
      rec.add({
        type: 'stage-started',
        step: key(task, stage, visit, attempt),
        task,
        attempt,
        stage,
        visit,
        stageType: stage === 'implement' || stage.startsWith('fix') ? 'agentic' : 'deterministic',
      }),
    end: (
      task: string,
      stage: string,
      outcome: 'succeeded' | 'failed',
      summary: string,
      next: string,
      visit = 1,
      costUsd: number | null = 0,
      attempt = 1,
    ) =>
      rec.add({
        type: 'stage-finished',
        step: key(task, stage, visit, attempt),
        task,
        attempt,
        stage,
        visit,
        outcome,
        durationMs: costUsd ? 11_400 : 900,
        costUsd,
        summary,
        next,
      }),
    model: (task: string, stage: string, visit: number, text: string, tools: string[]) => {
      const step = key(task, stage, visit);
      rec.add(
        {
          type: 'model-called',
          call: `${step}/1`,
          step,
          task,
          stage,
          model: 'recorded',
          stop: tools.length > 0 ? 'tool-use' : 'end',
          costUsd: 0.021,
          durationMs: 3200,
          text,
          tools,
          usage: { input: 4200, output: 380, cacheRead: 2100, cacheWrite: 0 },
          request: blobs.put(
            JSON.stringify({
              system: 'You implement one task of a plan. Edit files with apply_patch; submit when the work is done.',
              messages: [
                {
                  role: 'user',
                  content: [
                    {
                      type: 'text',
                      text: `Task ${task}.\n\nStrategy: a plain validator in src/quotes.ts; the handler answers 201 with the stored quote.\n\nFiles:\n- src/quotes.ts (9 lines)\n- src/server.ts (48 lines)`,
                    },
                  ],
                },
                {
                  role: 'assistant',
                  content: [{ type: 'tool-use', id: 'a', name: 'read_file', input: { path: 'src/quotes.ts' } }],
                },
                { role: 'user', content: [{ type: 'tool-result', id: 'a', content: before, isError: false }] },
              ],
              tools: [{ name: 'read_file' }, { name: 'apply_patch' }, { name: 'submit_result' }],
            }),
          ),
          response: blobs.put(
            JSON.stringify({
              content: [
                { type: 'text', text },
                ...tools.map((name) => ({ type: 'tool-use', id: 'b', name, input: { path: 'src/quotes.ts' } })),
              ],
              stop: 'tool-use',
            }),
          ),
        },
        3200,
      );
    },
    tool: (
      task: string,
      stage: string,
      visit: number,
      title: string,
      summary: string,
      outcome: 'ok' | 'denied' = 'ok',
    ) => {
      const step = key(task, stage, visit);
      rec.add({
        type: 'tool-called',
        call: `${step}/2`,
        step,
        task,
        tool: title.split(' ')[0]!,
        title,
        outcome,
        summary,
        durationMs: 12,
        input: blobs.put('{"path":"src/quotes.ts"}'),
        output: blobs.put(before),
      });
    },
    command: (
      task: string,
      stage: string,
      visit: number,
      purpose: 'lint' | 'test' | 'verify',
      command: string,
      exitCode: number,
      output: string,
    ) => {
      const step = key(task, stage, visit);
      rec.add(
        {
          type: 'command-run',
          call: `${step}/3`,
          step,
          task,
          purpose,
          command,
          exitCode,
          timedOut: false,
          cancelled: false,
          durationMs: 840,
          bytes: output.length,
          tail: output.slice(-2000),
          log: blobs.put(output),
        },
        840,
      );
    },
    changes: (task: string, stage: string, visit: number) =>
      rec.add({
        type: 'changes-applied',
        changeSet: `cs-${task}-${visit}`,
        step: key(task, stage, visit),
        task,
        files: [
          {
            path: 'src/quotes.ts',
            op: 'modify',
            added: 7,
            removed: 2,
            before: blobs.put(before),
            after: blobs.put(after),
          },
          {
            path: 'src/validate.ts',
            op: 'create',
            added: 14,
            removed: 0,
            before: null,
            after: blobs.put(
              'export function validate(body) {\n  if (!body.text) return "text is missing";\n  return undefined;\n}\n',
            ),
          },
        ],
      }),
  };
}

/** One task from start to commit; `heal`: lint fails once, then the tests. */
function wholeTask(rec: Recorder, blobs: Blobs, run: string, task: string, heal: boolean): void {
  const w = writer(rec, blobs, run);
  rec.add({ type: 'task-changed', task, status: 'running', attempt: 1 });
  rec.add({ type: 'check-before', task, exitCode: 1, red: true, durationMs: 310 });
  w.start(task, 'gather_context');
  w.end(task, 'gather_context', 'succeeded', '6 files, 8,214 tokens; 2 files left out', 'implement');
  w.start(task, 'implement');
  w.model(task, 'implement', 1, 'I read the handler first.', ['read_file']);
  w.tool(task, 'implement', 1, 'read_file src/quotes.ts', '9 lines');
  rec.add({
    type: 'decision-made',
    step: w.key(task, 'implement', 1),
    task,
    subject: 'write src/quotes.ts',
    effect: 'ask',
    rule: 'changes-ask',
    reason: 'Every change is shown before it is applied.',
  });
  rec.add({
    type: 'approval-requested',
    approval: `ap-${task}`,
    task,
    stage: 'implement',
    kind: 'change-set',
    title: 'implement wants to change 2 files',
    why: 'Store a quote and refuse a body without text',
    files: [
      { path: 'src/quotes.ts', op: 'modify', added: 7, removed: 2 },
      { path: 'src/validate.ts', op: 'create', added: 14, removed: 0 },
    ],
  });
  rec.add(
    { type: 'approval-answered', approval: `ap-${task}`, task, status: 'accepted', by: 'editor', comment: '' },
    9000,
  );
  w.changes(task, 'implement', 1);
  w.end(task, 'implement', 'succeeded', 'Validator and handler written', 'lint', 1, 0.042);
  w.start(task, 'lint');
  if (heal) {
    w.command(
      task,
      'lint',
      1,
      'lint',
      'npm run lint',
      1,
      '> lint\n> node scripts/lint.ts\n\nsrc/validate.ts:3:1  unused import "fs"\n\n1 problem\n',
    );
    w.end(task, 'lint', 'failed', '1 problem: unused import', 'fix_lint');
    w.start(task, 'fix_lint');
    w.model(task, 'fix_lint', 1, 'The import is not used; I remove it.', ['apply_patch']);
    w.changes(task, 'fix_lint', 1);
    w.end(task, 'fix_lint', 'succeeded', 'Removed the unused import', 'lint', 1, 0.021);
    w.start(task, 'lint', 2);
    w.command(task, 'lint', 2, 'lint', 'npm run lint', 0, '0 problems\n');
    w.end(task, 'lint', 'succeeded', '0 problems', 'test', 2);
  } else {
    w.command(task, 'lint', 1, 'lint', 'npm run lint', 0, '0 problems\n');
    w.end(task, 'lint', 'succeeded', '0 problems', 'test');
  }
  w.start(task, 'test');
  w.command(task, 'test', 1, 'test', 'npm test', 0, 'tests 14\npass 14\nfail 0\n');
  w.end(task, 'test', 'succeeded', '14 tests passed', 'verify');
  w.start(task, 'verify');
  w.command(
    task,
    'verify',
    1,
    'verify',
    plan()
      .document.stories.flatMap((story) => story.tasks)
      .find((each) => each.id === task)?.verification_script ?? 'npm test',
    0,
    'ok 1 - creates a quote\n# pass 3\n',
  );
  w.end(task, 'verify', 'succeeded', 'exit 0', 'commit');
  w.start(task, 'commit');
  rec.add({
    type: 'commit-made',
    task,
    step: w.key(task, 'commit', 1),
    sha: `a1b2c3d${'0'.repeat(33)}`,
    subject: `${task}: ${created(run).type === 'run-created' ? 'work of the task' : ''}`,
    files: ['src/quotes.ts', 'src/validate.ts'],
  });
  w.end(task, 'commit', 'succeeded', 'a1b2c3d', 'done');
  rec.add({ type: 'task-changed', task, status: 'done', attempt: 1 });
}

/** Two tasks done, the third in its second visit of fix_tests, one question waits. */
export function live(): World {
  const blobs = blobStore();
  const rec = recorder(RUN, START);
  const w = writer(rec, blobs, RUN);
  rec.add(created(RUN));
  rec.add({ type: 'run-started' });
  wholeTask(rec, blobs, RUN, 'T-US-001-001', false);
  wholeTask(rec, blobs, RUN, 'T-US-002-001', true);
  const task = 'T-US-002-002';
  rec.add({ type: 'task-changed', task, status: 'running', attempt: 1 });
  rec.add({ type: 'check-before', task, exitCode: 1, red: true, durationMs: 305 });
  w.start(task, 'implement');
  w.model(task, 'implement', 1, 'One row per malformed body.', ['apply_patch']);
  w.tool(
    task,
    'implement',
    1,
    'run_command rm -rf node_modules',
    'Deleting installed packages is not part of the task.',
    'denied',
  );
  rec.add({
    type: 'decision-made',
    step: w.key(task, 'implement', 1),
    task,
    subject: 'rm -rf node_modules',
    effect: 'deny',
    rule: 'floor/delete-recursive',
    reason: 'Deletes a folder tree outside the change set.',
  });
  w.changes(task, 'implement', 1);
  w.end(task, 'implement', 'succeeded', '12 rows', 'test', 1, 0.021);
  w.start(task, 'test');
  w.command(
    task,
    'test',
    1,
    'test',
    'npm test',
    1,
    'tests 26\npass 24\nfail 2\n\nnot ok 17 - refuses a text that is only spaces\n  expected 400, got 201\nnot ok 21 - names the field\n',
  );
  w.end(task, 'test', 'failed', '2 tests failed', 'fix_tests');
  w.start(task, 'fix_tests');
  w.model(task, 'fix_tests', 1, 'A text of spaces passes the check: I trim first.', ['apply_patch']);
  rec.add({
    type: 'decision-made',
    step: w.key(task, 'fix_tests', 1),
    task,
    subject: 'write src/validate.ts',
    effect: 'ask',
    rule: 'changes-ask',
    reason: 'Every change is shown before it is applied.',
  });
  rec.add({ type: 'task-changed', task, status: 'waiting', attempt: 1, waitingFor: 'approval' });
  rec.add({
    type: 'approval-requested',
    approval: 'ap-live',
    task,
    stage: 'fix_tests',
    kind: 'change-set',
    title: 'fix_tests wants to change 2 files: trim before the check, name the field',
    why: 'The approval level is “changes”: every change is shown first.',
    files: [
      { path: 'src/validate.ts', op: 'modify', added: 3, removed: 1 },
      { path: 'src/server.ts', op: 'modify', added: 2, removed: 2 },
    ],
  });
  const steps = new Map([[w.key('T-US-001-001', 'gather_context', 1), contextStep(blobs)]]);
  return {
    plan: plan(),
    problems,
    blobs: blobs.blobs,
    approvals: [],
    steps,
    runs: [{ record: record(RUN, { tasks: schedule.order, done: 2, lastSeq: rec.events.length }), events: rec.events }],
  };
}

const contextStep = (blobs: Blobs): StepRecord => ({
  key: `${RUN}/T-US-001-001/1/gather_context/1`,
  run: RUN,
  task: 'T-US-001-001',
  attempt: 1,
  stage: 'gather_context',
  visit: 1,
  order: 1,
  status: 'succeeded',
  startedAt: START,
  evidence: false,
  summary: '6 items, about 8214 tokens, 2 left out.',
  output: blobs.put('## Task\n\nList routes and their shapes\n\n---\n\n## File\n\nsrc/server.ts\n'),
  result: {
    included: [
      { type: 'task', source: 'task', tokens: 140 },
      { type: 'file', source: 'src/server.ts', tokens: 5200 },
      { type: 'git_status', source: 'git_status', tokens: 60 },
    ],
    excluded: [
      { type: 'file', source: 'docs/history.md', tokens: 18_400, reason: 'over the budget of 12000 tokens' },
      { type: 'file', source: 'package-lock.json', tokens: 92_000, reason: 'over the 6000 tokens for file' },
    ],
  },
});

/** Two tasks of a parallel story at work together, one waits for an answer, and the check of the first story is done. */
export function parallel(): World {
  const blobs = blobStore();
  const rec = recorder(RUN, START);
  const w = writer(rec, blobs, RUN);
  const stories = plan().document.stories.map((story) => ({
    id: story.id,
    title: story.title,
    dependsOn: story.depends_on,
    pauseAfter: false,
    check: true,
  }));
  rec.add({ ...created(RUN), stories } as EventBody);
  rec.add({ type: 'run-started' });
  wholeTask(rec, blobs, RUN, 'T-US-001-001', false);
  rec.add({ type: 'task-changed', task: 'US-001@story', status: 'running', attempt: 1 });
  w.start('US-001@story', 'verify');
  w.command('US-001@story', 'verify', 1, 'verify', 'npm test', 0, 'pass 14\n');
  w.end('US-001@story', 'verify', 'succeeded', 'exit 0', 'done');
  rec.add({ type: 'task-changed', task: 'US-001@story', status: 'done', attempt: 1 });
  wholeTask(rec, blobs, RUN, 'T-US-002-001', false);
  for (const task of ['T-US-002-002', 'T-US-002-003', 'T-US-003-001']) {
    rec.add({ type: 'task-changed', task, status: 'running', attempt: 1 });
    w.start(task, 'implement');
  }
  for (const task of ['T-US-002-003', 'T-US-002-002', 'T-US-003-001'])
    w.model(task, 'implement', 1, `I start with the tests of ${task}.`, ['read_file']);
  rec.add({ type: 'task-changed', task: 'T-US-002-003', status: 'waiting', attempt: 1, waitingFor: 'approval' });
  rec.add({
    type: 'approval-requested',
    approval: 'ap-par',
    task: 'T-US-002-003',
    stage: 'implement',
    kind: 'command',
    title: 'implement wants to run npm install lru-cache',
    why: 'Installing packages asks (rule ask.install).',
    files: [],
    hash: 'c0ffee'.repeat(10) + 'c0ff',
  });
  w.model('T-US-002-002', 'implement', 1, 'The table has twelve rows now.', ['apply_patch']);
  // no task of the run's own, and nothing said but its stages
  w.start('G-001@goal', 'verify');
  return {
    plan: plan(),
    problems: [],
    blobs: blobs.blobs,
    approvals: [],
    runs: [{ record: record(RUN, { tasks: schedule.order, done: 2 }), events: rec.events }],
  };
}

/** All but one done; that one failed its checks in every attempt. */
export function failed(): World {
  const blobs = blobStore();
  const rec = recorder(RUN, START);
  rec.add(created(RUN));
  rec.add({ type: 'run-started' });
  for (const task of schedule.order.slice(0, 4)) wholeTask(rec, blobs, RUN, task, task === 'T-US-002-001');
  const w = writer(rec, blobs, RUN);
  const task = 'T-US-002-003';
  for (const attempt of [1, 2]) {
    rec.add({
      type: 'task-changed',
      task,
      status: 'running',
      attempt,
      ...(attempt > 1 ? { reason: { code: 'attempt-failed', params: { stage: 'verify', attempt: 1 } } } : {}),
    });
    w.start(task, 'verify', 1, attempt);
    w.command(
      task,
      'verify',
      1,
      'verify',
      'node --test test/rate.test.ts',
      1,
      'not ok 2 - the 21st request is refused\n',
    );
    w.end(task, 'verify', 'failed', 'exit 1: 2 tests failed', 'fail', 1, 0, attempt);
  }
  rec.add({
    type: 'task-changed',
    task,
    status: 'failed',
    attempt: 2,
    reason: { code: 'attempts-exhausted', params: {} },
  });
  rec.add({ type: 'warning', code: 'git-missing', params: {} });
  for (const done of ['T-US-003-002', 'T-US-002-004']) wholeTask(rec, blobs, RUN, done, false);
  rec.add({ type: 'task-changed', task: 'T-US-003-003', status: 'done', attempt: 1, unverified: true });
  rec.add({
    type: 'run-finished',
    status: 'failed',
    reason: { code: 'tasks-left', params: { failed: 1, blocked: 0, first: task } },
  });
  return {
    plan: plan(),
    problems: [],
    blobs: blobs.blobs,
    approvals: [],
    runs: [{ record: record(RUN, { tasks: schedule.order, status: 'failed', done: 7 }), events: rec.events }],
  };
}

/** At least `count` events, in tasks of about 100. */
export function long(count: number): World {
  const blobs = blobStore();
  const rec = recorder(RUN, START);
  const tasks = Array.from({ length: Math.max(2, Math.ceil(count / 100)) }, (_, n) => `T-${n + 1}`);
  rec.add(created(RUN, tasks));
  rec.add({ type: 'run-started' });
  const w = writer(rec, blobs, RUN);
  for (const task of tasks) {
    rec.add({ type: 'task-changed', task, status: 'running', attempt: 1 }, 1);
    for (let visit = 1; visit <= 4; visit++) {
      w.start(task, 'implement', visit);
      for (let n = 0; n < 22; n++)
        rec.add(
          {
            type: 'tool-called',
            call: `${w.key(task, 'implement', visit)}/${n}`,
            step: w.key(task, 'implement', visit),
            task,
            tool: 'read_file',
            title: `read_file src/file-${n}.ts`,
            outcome: 'ok',
            summary: `${n * 7} lines`,
            durationMs: n,
          },
          1,
        );
      w.end(task, 'implement', visit < 4 ? 'failed' : 'succeeded', 'done', visit < 4 ? 'implement' : 'done', visit);
    }
    rec.add({ type: 'task-changed', task, status: 'done', attempt: 1 }, 1);
  }
  rec.add({ type: 'run-finished', status: 'completed' });
  return {
    plan: plan(),
    problems: [],
    blobs: blobs.blobs,
    approvals: [],
    runs: [{ record: record(RUN, { tasks, status: 'completed' }), events: rec.events }],
  };
}

export const empty = (): World => ({ plan: null, problems: [], runs: [], blobs: new Map(), approvals: [] });
export const planned = (): World => ({
  plan: {
    ...plan(),
    approval: undefined,
    notes: [
      {
        code: 'answer-repaired',
        severity: 'warning',
        path: '',
        params: {},
        message: 'The answer was damaged or cut off and was repaired; something may be missing at its end.',
      },
    ],
  },
  problems,
  spent: { planning: { usd: 0.12, tokens: 9000 }, runs: { usd: 0.52, tokens: 40_000 } },
  runs: [],
  blobs: new Map(),
  approvals: [],
});

export function paused(): World {
  const world = live();
  const run = world.runs[0]!;
  const kept = [...run.events]
    .filter((event) => event.type !== 'approval-requested' || event.approval !== 'ap-live')
    .map((event, index) => ({ ...event, seq: index + 1 }));
  const rec = recorder(RUN, kept.at(-1)!.at);
  rec.events.push(...kept);
  rec.add({ type: 'run-paused', reason: { code: 'budget-exceeded', params: { spent: '$5.00', limit: '$5.00' } } });
  return { ...world, runs: [{ record: { ...run.record, status: 'paused' }, events: rec.events }] };
}

/** Every task done and verified, nothing left. */
export function completed(): World {
  const blobs = blobStore();
  const rec = recorder(RUN, START);
  rec.add(created(RUN));
  rec.add({ type: 'run-started' });
  for (const task of schedule.order) wholeTask(rec, blobs, RUN, task, task === 'T-US-002-001');
  rec.add({ type: 'run-finished', status: 'completed' });
  return {
    plan: plan(),
    problems: [],
    blobs: blobs.blobs,
    approvals: [],
    runs: [{ record: record(RUN, { tasks: schedule.order, status: 'completed', done: 8 }), events: rec.events }],
  };
}

export function interrupted(): World {
  const world = paused();
  const run = world.runs[0]!;
  const last = run.events.at(-1)!;
  return {
    ...world,
    runs: [
      {
        record: { ...run.record, status: 'interrupted' },
        events: [
          ...run.events.slice(0, -1),
          { type: 'run-interrupted', v: 1, run: last.run, seq: last.seq, at: last.at },
        ],
      },
    ],
  };
}
