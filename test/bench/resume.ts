/**
 * How long until a run that was killed goes on. `engine.resume`: the command line as it is shipped, from the start of the process to
 * the first new step or call that is durable. `engine.ready…`: a run with many events in a real file, from opening the store
 * until it is recorded as resumed.
 */
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { copyDemo } from '../../src/adapters/node/demo.js';
import { createSystemClock } from '../../src/adapters/node/clock.js';
import { createHasher } from '../../src/adapters/node/hasher.js';
import { openSqliteStore } from '../../src/adapters/sqlite/store.js';
import type { EventBody, RunEvent } from '../../src/core/model/event.js';
import type { Write } from '../../src/core/ports/ports.js';
import { hashOf, planRow, runRow, stepRow } from '../fakes/rows.js';
import { openEngine, planOf, quiet, sizeOf } from './engine-world.js';
import { median, runGroups, type Group, type Result } from './measure.js';

const RUN = 'run_long';
const BLUEPRINT =
  'version: 1\nid: standard_task\nname: Long\nstart: lint\nstages:\n  lint: { type: deterministic, action: diff_report, on_success: done }\n';
const EVENTS_PER_STEP = 10;
const STEPS_PER_TASK = 20;

/** What a step tells: its start, model turns with their tools, a command, its end. */
function* eventsOf(task: string, step: string, visit: number): Generator<EventBody> {
  const at = { step, task };
  const usage = { input: 1200, output: 300, cacheRead: 800, cacheWrite: 0 };
  yield { type: 'stage-started', ...at, attempt: 1, stage: 'lint', visit, stageType: 'agentic' };
  for (let turn = 0; turn < 3; turn++) {
    const call = `${step}/${turn * 2 + 1}`;
    yield {
      type: 'model-called',
      ...at,
      call,
      stage: 'lint',
      model: 'a-model',
      stop: 'tool-use',
      usage,
      costUsd: 0.01,
      durationMs: 900,
      text: 'I will read the file and mend it.',
      tools: ['read_file'],
      request: hashOf('a'),
      response: hashOf('b'),
    };
    yield {
      type: 'tool-called',
      ...at,
      call: `${step}/${turn * 2 + 2}`,
      tool: 'read_file',
      title: 'read_file src/quotes.ts',
      outcome: 'ok',
      summary: '120 lines',
      durationMs: 3,
      input: hashOf('c'),
      output: hashOf('d'),
    };
  }
  yield {
    type: 'command-run',
    ...at,
    call: `${step}/7`,
    purpose: 'lint',
    command: 'npm run lint',
    exitCode: 0,
    timedOut: false,
    cancelled: false,
    durationMs: 1500,
    bytes: 900,
    tail: 'all fine\n'.repeat(20),
    log: hashOf('e'),
  };
  yield {
    type: 'decision-made',
    ...at,
    subject: 'npm run lint',
    effect: 'allow',
    rule: 'known-lint',
    reason: 'A lint script of the project.',
  };
  yield {
    type: 'stage-finished',
    ...at,
    attempt: 1,
    stage: 'lint',
    visit,
    outcome: 'succeeded',
    durationMs: 3000,
    costUsd: 0.03,
    summary: 'All fine.',
    next: 'test',
  };
}

async function makeLongRun(data: string, count: number): Promise<void> {
  const { store } = await openSqliteStore({
    dir: data,
    wasm: process.env['OPENEXEC_BENCH_WASM'] ?? '',
    clock: createSystemClock(),
    log: quiet,
  });
  const plan = planRow('plan_long', {
    document: planOf({ tasks: Math.ceil(count / EVENTS_PER_STEP / STEPS_PER_TASK) + 1 }),
  });
  const tasks = plan.document.stories.flatMap((story) => story.tasks.map(({ id }) => id));
  const row = runRow(RUN, {
    status: 'running',
    plan: plan.id,
    tasks,
    config: {
      ...runRow(RUN).config,
      blueprint: { id: 'standard_task', text: BLUEPRINT, hash: createHasher().sha256(BLUEPRINT) },
    },
  });
  let seq = 0;
  const stamped = (body: EventBody): RunEvent => ({ ...body, v: 1, run: RUN, seq: ++seq, at: row.createdAt + seq });
  const created: EventBody = {
    type: 'run-created',
    title: 'A long run',
    kind: 'plan',
    planName: '',
    blueprint: 'standard_task',
    blueprintHash: createHasher().sha256(BLUEPRINT),
    model: 'a-model',
    recorded: false,
    tasks: tasks.map((id) => ({
      id,
      title: id,
      story: 'US-1',
      storyTitle: 'Story',
      dependsOn: [],
      mode: 'sequential',
    })),
    stories: [],
    budgetUsd: null,
    budgetTokens: null,
    branch: null,
    commits: false,
  };
  let batch: Write[] = [
    { table: 'plans', row: plan },
    { table: 'runs', row },
    ...[created, { type: 'run-started' } as const].map((body): Write => ({ table: 'events', row: stamped(body) })),
  ];
  for (let order = 1; seq < count; order++) {
    const task = tasks[Math.floor((order - 1) / STEPS_PER_TASK)] ?? '';
    const step = stepRow(RUN, order, { task, summary: 'All fine.', output: hashOf('f') });
    if (order % STEPS_PER_TASK === 1)
      batch.push({ table: 'events', row: stamped({ type: 'task-changed', task, status: 'running', attempt: 1 }) });
    batch.push(
      { table: 'steps', row: step },
      ...[...eventsOf(task, step.key, step.visit)].map((body): Write => ({ table: 'events', row: stamped(body) })),
    );
    if (order % STEPS_PER_TASK === 0)
      batch.push({ table: 'events', row: stamped({ type: 'task-changed', task, status: 'done', attempt: 1 }) });
    if (order % 50 !== 0 && seq < count) continue;
    await store.commit(batch);
    batch = [];
  }
  await store.close();
}

const ready = (name: string, events: number, atMost: number): Group => ({
  names: [name],
  async run() {
    const top = await mkdtemp(path.join(os.tmpdir(), 'openexec-bench-'));
    try {
      const made = path.join(top, 'made');
      await mkdir(made);
      await makeLongRun(made, events);
      const megabytes = (await sizeOf(made)) / 1024 / 1024;
      const times: number[] = [];
      for (let round = 0; round < 3; round++) {
        const data = path.join(top, `round-${round}`);
        await cp(made, data, { recursive: true });
        const began = performance.now();
        const { openexec, close } = await openEngine(top, data, BLUEPRINT);
        await openexec.request('run/resume', { run: RUN });
        times.push((performance.now() - began) / 1000);
        await close();
        await rm(data, { recursive: true });
      }
      return [
        {
          name,
          value: median(times),
          unit: 's',
          target: { atMost },
          note: `opened, found interrupted and recorded as resumed; ${events} events in ${megabytes.toFixed(0)} MB; ${times.map((s) => s.toFixed(2)).join(', ')}`,
        },
      ];
    } finally {
      await rm(top, { recursive: true, force: true, maxRetries: 5 });
    }
  },
});

interface Told {
  type: string;
  step?: string;
  stage?: string;
}

/** Runs a command that tells events; killed when one of them is `until`. Gives ms until the first that belongs to a step or a call. */
function told(
  cli: string,
  args: readonly string[],
  at: { cwd: string; env: NodeJS.ProcessEnv },
  until: (event: Told) => boolean,
): Promise<{ firstMs: number; killed: boolean }> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(process.execPath, [cli, ...args], { ...at, stdio: ['ignore', 'pipe', 'inherit'] });
    let [text, firstMs, killed] = ['', 0, false];
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      const lines = (text + part).split('\n');
      text = lines.pop() ?? '';
      for (const event of lines.map((line) => JSON.parse(line) as Told)) {
        if (event.step !== undefined && firstMs === 0) firstMs = performance.now() - began;
        if (killed || !until(event)) continue;
        killed = true;
        child.kill('SIGKILL');
      }
    });
    child.once('error', reject);
    child.once('close', () => resolve({ firstMs, killed }));
  });
}

const done = (cli: string, args: readonly string[], at: { cwd: string; env: NodeJS.ProcessEnv }): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, ...args], { ...at, stdio: 'ignore' });
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`openexec ${args.join(' ')} exited ${code}`)),
    );
  });

const resume: Group = {
  names: ['engine.resume'],
  async run(log) {
    const cli = process.env['OPENEXEC_BENCH_CLI'] ?? '';
    const product = path.dirname(path.dirname(cli));
    const top = await mkdtemp(path.join(os.tmpdir(), 'openexec-bench-'));
    try {
      const folder = path.join(top, 'quotes');
      await copyDemo(path.join(product, 'demo', 'workspace'), folder);
      const at = {
        cwd: folder,
        env: {
          ...process.env,
          OPENEXEC_HOME: path.join(top, 'home'),
          OPENEXEC_MODEL: 'recorded',
          OPENEXEC_RECORDED_SPEED: '0',
        },
      };
      await done(
        cli,
        ['generate', 'People can add quotes over HTTP, find them by id and author, and cannot flood the service.'],
        at,
      );
      await done(cli, ['plan', 'approve', '--yes'], at);
      // Between two stages, where what comes next is work and not waiting for a program.
      const between = (event: Told) => event.type === 'stage-finished' && event.stage === 'gather_context';
      const times: number[] = [];
      let life = await told(cli, ['run', '--approve', 'all', '--json'], at, between);
      while (life.killed && times.length < 9) {
        life = await told(cli, ['resume', '--approve', 'all', '--json'], at, between);
        times.push(life.firstMs);
      }
      const bare = await Promise.all([1, 2, 3].map(() => startOfNode()));
      log(`engine.resume by kill: ${times.map((ms) => ms.toFixed(0)).join(' ')}`);
      const result: Result = {
        name: 'engine.resume',
        value: median(times),
        unit: 'ms',
        target: { atMost: 150 },
        note: `start of \`openexec resume\` until the first new step or call is durable and told, median of ${times.length} kills; an empty Node takes ${median(bare).toFixed(0)} ms of it`,
      };
      return [result];
    } finally {
      await rm(top, { recursive: true, force: true, maxRetries: 5 });
    }
  },
};

async function startOfNode(): Promise<number> {
  const began = performance.now();
  await new Promise<void>((resolve, reject) =>
    spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' })
      .once('error', reject)
      .once('close', () => resolve()),
  );
  return performance.now() - began;
}

void runGroups(
  [resume, ready('engine.ready10k', 10_000, 1), ready('engine.ready100k', 100_000, 3)],
  process.argv[2] ?? '',
);
