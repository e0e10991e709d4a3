/** A long run as real ones are: model turns, tools, commands with output, decisions, approvals, commits. Made page by page when asked for, so that the page's memory is the page's alone. */
import type { EventBody, RunEvent } from '../../../src/core/model/event.js';
import { plan, record, START, type World } from './data.js';
import { created } from './scenes.js';

const RUN = 'run_01';
/** Events of one task. */
const TASK = 100;

const hash = (n: number): string => ((n * 2654435761) >>> 0).toString(16).padStart(8, '0').repeat(8);
const tail = (n: number): string =>
  Array.from(
    { length: 12 },
    (_, line) => `  ✔ accepts a quote with ${n} words and author ${line} (${line + 1}.${n % 10} ms)`,
  ).join('\n');

/** The `at`th event of the `n`th task. */
function body(n: number, at: number): EventBody {
  const task = `T-${n}`;
  if (at === 0) return { type: 'task-changed', task, status: 'running', attempt: 1 };
  if (at === TASK - 1) return { type: 'task-changed', task, status: 'done', attempt: 1 };
  const inStage = (at - 1) % 14;
  const visit = Math.floor((at - 1) / 14) + 1;
  const stage = visit % 2 === 1 ? 'implement' : 'test';
  const step = `${RUN}/${task}/1/${stage}/${visit}`;
  const seed = n * TASK + at;
  if (inStage === 0)
    return {
      type: 'stage-started',
      step,
      task,
      attempt: 1,
      stage,
      visit,
      stageType: stage === 'test' ? 'deterministic' : 'agentic',
    };
  if (inStage === 13)
    return {
      type: 'stage-finished',
      step,
      task,
      attempt: 1,
      stage,
      visit,
      outcome: visit % 4 === 2 ? 'failed' : 'succeeded',
      durationMs: 4000 + (seed % 900),
      costUsd: 0.01,
      summary: `${seed % 40} tests passed, ${visit % 4 === 2 ? 2 : 0} failed`,
      next: 'lint',
    };
  const call = `${step}/${inStage}`;
  switch (inStage % 5) {
    case 1:
      return {
        type: 'model-called',
        call,
        step,
        task,
        stage,
        model: 'claude-sonnet-5',
        stop: 'tool-use',
        usage: { input: 4200 + (seed % 700), output: 380, cacheRead: 2100, cacheWrite: 0 },
        costUsd: 0.021,
        durationMs: 3200 + (seed % 2000),
        text: `I read the handler of route ${seed % 97} and change its validation.`,
        tools: ['read_file', 'apply_patch'],
        request: hash(seed),
        response: hash(seed + 1),
      };
    case 2:
      return {
        type: 'tool-called',
        call,
        step,
        task,
        tool: 'read_file',
        title: `read_file src/routes/quote-${seed % 400}.ts`,
        outcome: 'ok',
        summary: `${seed % 300} lines`,
        durationMs: seed % 20,
        input: hash(seed),
        output: hash(seed + 1),
      };
    case 3:
      return {
        type: 'decision-made',
        step,
        task,
        subject: `npm test -- test/routes/quote-${seed % 400}.test.ts`,
        effect: 'allow',
        rule: 'shipped.package-scripts',
        reason: 'A package script named test is run unasked.',
        hash: hash(seed),
      };
    case 4:
      return {
        type: 'command-run',
        call,
        step,
        task,
        purpose: 'test',
        command: `npm test -- test/routes/quote-${seed % 400}.test.ts`,
        exitCode: visit % 4 === 2 ? 1 : 0,
        timedOut: false,
        cancelled: false,
        durationMs: 900 + (seed % 300),
        bytes: 4000,
        tail: tail(seed),
        log: hash(seed),
      };
    default:
      return inStage === 5
        ? {
            type: 'approval-requested',
            approval: `ap-${task}-${visit}`,
            task,
            stage,
            kind: 'change-set',
            title: `${stage} wants to change 1 file: name the field`,
            why: 'The approval level is “changes”: every change is shown first.',
            files: [{ path: `src/routes/quote-${seed % 400}.ts`, op: 'modify', added: 3, removed: 1 }],
            hash: hash(seed),
          }
        : {
            type: 'approval-answered',
            approval: `ap-${task}-${visit}`,
            task,
            status: 'accepted',
            by: 'editor',
            comment: '',
            hash: hash(seed - 5),
          };
  }
}

export function longRun(count: number): World {
  const tasks = Array.from({ length: Math.max(1, Math.ceil((count - 3) / TASK)) }, (_, n) => `T-${n + 1}`);
  const last = tasks.length * TASK + 3;
  const at = (seq: number): RunEvent => {
    const own =
      seq === 1
        ? created(RUN, tasks)
        : seq === 2
          ? { type: 'run-started' as const }
          : seq === last
            ? { type: 'run-finished' as const, status: 'completed' as const }
            : body(Math.floor((seq - 3) / TASK) + 1, (seq - 3) % TASK);
    return { ...own, v: 1, run: RUN, seq, at: START + seq * 400 } as RunEvent;
  };
  const events = {
    length: last,
    slice: (from = 0, to = last) =>
      Array.from({ length: Math.max(0, Math.min(to, last) - from) }, (_, n) => at(from + n + 1)),
  };
  return {
    plan: plan(),
    problems: [],
    blobs: new Map(),
    approvals: [],
    runs: [{ record: record(RUN, { tasks, status: 'completed' }), events: events as never }],
  };
}
