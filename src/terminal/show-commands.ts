/** Looking at what is and was: the state of the root, a run, one of its steps, its audit. */
import { OpenExecError } from '../core/errors.js';
import { harmless } from '../core/text/harmless.js';
import type { OpenExec } from '../core/facade.js';
import type { Approval } from '../core/model/approval.js';
import { recordTookMs } from '../core/model/records.js';
import { applyEvent, emptyRun, runTookMs, taskTookMs, type RunState } from '../core/model/run.js';
import { reasonSentence } from '../core/view/reasons.js';
import { cost, counted, duration } from '../core/view/amounts.js';
import { configLines } from '../core/view/project-config.js';
import { waitsForInRun } from '../core/view/standing.js';
import { printEnvironments } from './environment-commands.js';
import { EXIT, type Context, type ExitCode } from './context.js';
import { chooseRun } from './choose.js';
import { inAudit } from '../core/view/audit.js';
import { auditLine, eventLine } from './event-line.js';
import { followRun } from './follow.js';
import { changesText, describeApproval } from './review.js';
import { allEvents, findStep } from './run-events.js';
import { columns, indent, oneLine } from './style.js';
import { runRowWord, runWord, taskWord } from './words.js';

export async function status(context: Context): Promise<ExitCode> {
  const openexec = await context.openexec();
  const [now, approvals, runs] = await Promise.all([
    openexec.request('status', {}),
    openexec.request('approval/list', {}),
    openexec.request('run/list', { limit: 5 }),
  ]);
  if (context.json) {
    context.document({ ...now, approvals, runs: runs.map(({ config: _, ...run }) => run) });
    return EXIT.done;
  }
  const { style } = context;
  const own = now.owner.pid === context.terminal.pid;
  context.line(
    columns([
      ['root', oneLine(now.root)],
      ['owner', own ? 'nobody else' : `process ${now.owner.pid} (${oneLine(now.owner.door)})`],
      ['model', now.model ? oneLine(now.model) : 'none chosen: openexec config set model …'],
      [
        'plan',
        now.plan
          ? `${oneLine(now.plan.name)} · ${counted(now.plan.tasks, 'task')} · ${now.plan.approved ? 'approved' : 'not approved'}`
          : 'none',
      ],
    ]),
  );
  printEnvironments(context, now.environments ?? []);
  for (const { text, broken } of configLines(now.config))
    context.line(broken ? style.red(oneLine(text, 400)) : style.dim(oneLine(text, 400)));
  if (configLines(now.config).some(({ broken }) => broken))
    context.line(style.red('No run starts until openexec.yaml is mended.'));
  if (now.proposals)
    context.line(
      style.yellow(
        `${counted(now.proposals, 'proposed change')} of the plan ${now.proposals === 1 ? 'waits' : 'wait'}: openexec plan proposals`,
      ),
    );
  if (runs.length) {
    context.line();
    context.line(
      columns(
        runs.map((run) => [
          style.dim(run.id),
          runRowWord(run, style),
          `${run.done} of ${counted(run.tasks.length, 'task')}${run.rolledBack ? `, ${run.rolledBack} rolled back` : ''}`,
          cost(run.costUsd, run.tokens),
          oneLine(run.title),
        ]),
      ),
    );
  }
  if (approvals.length) {
    context.line();
    context.line(
      style.bold(`${counted(approvals.length, 'question')} ${approvals.length === 1 ? 'waits' : 'wait'} for you`),
    );
    await showQuestions(context, openexec, approvals);
  }
  return EXIT.done;
}

/** Each with what it is about. */
async function showQuestions(context: Context, openexec: OpenExec, approvals: readonly Approval[]): Promise<void> {
  const texts: string[] = [];
  for (const [i, approval] of approvals.entries()) {
    texts.push(describeApproval(approval, i + 1, context.style));
    if (approval.subject.kind === 'change-set')
      texts.push(indent(await changesText(openexec, approval.id, context.style), '     '));
  }
  await context.page(texts.join('\n'));
}

export interface ShowOptions {
  follow?: boolean;
  step?: string;
  audit?: boolean;
  events?: boolean;
}

export async function show(context: Context, name: string | undefined, options: ShowOptions): Promise<ExitCode> {
  const openexec = await context.openexec();
  const record = await chooseRun(openexec, name, () => true, 'There is no run yet. Start one with openexec run.');
  if (options.step !== undefined) return showStep(context, openexec, record.id, options.step);
  if (options.follow)
    return followRun(context, record.id, { ask: false, controls: false, audit: options.audit ?? false });
  const events = await allEvents(openexec, record.id);
  const state = emptyRun(record.id);
  for (const event of events) applyEvent(state, event);
  if (context.json) {
    const { config: _, ...run } = record;
    const chosen = options.audit ? events.filter(inAudit) : options.events ? events : undefined;
    context.document({
      run,
      tasks: [...state.tasks.values()],
      commits: state.commits,
      pending: [...state.pending.keys()],
      ...(chosen ? { events: chosen } : {}),
    });
    return EXIT.done;
  }
  if (options.audit || options.events) {
    for (const event of events) {
      const line = options.audit ? auditLine(event, context.style) : eventLine(event, context.style);
      if (line !== undefined) context.line(line);
    }
    return EXIT.done;
  }
  printRun(context, state);
  return EXIT.done;
}

function printRun(context: Context, state: RunState): void {
  const { style } = context;
  context.line(
    `${style.bold(oneLine(state.title))} · ${runWord(state.status, style)}${state.reason ? ` · ${oneLine(reasonSentence(state.reason))}` : ''}`,
  );
  const took = state.began === undefined ? '' : ` · ${duration(runTookMs(state))}`;
  context.line(
    style.dim(
      `${state.run} · ${oneLine(state.model)} · ${state.blueprint} · ${cost(state.costUsd, state.tokens)}${took}`,
    ),
  );
  context.line();
  context.line(
    columns(
      [...state.tasks.values(), ...state.checks.values()].map((task) => [
        `  ${state.checks.has(task.id) ? `check of ${task.story}` : task.id}`,
        taskWord(task, style, { waitsFor: waitsForInRun(state, task) }),
        task.ended === undefined || task.began === undefined ? '' : duration(taskTookMs(state, task)),
        task.commit?.slice(0, 7) ?? '',
        `${oneLine(task.title)}${task.reason ? style.dim(` · ${oneLine(reasonSentence(task.reason))}`) : ''}`,
      ]),
    ),
  );
  for (const pending of state.pending.values()) context.line(style.yellow(`needs you: ${oneLine(pending.title)}`));
}

/** `named`: a whole key, of any run, or what `findStep` takes of this one. */
async function showStep(context: Context, openexec: OpenExec, run: string, named: string): Promise<ExitCode> {
  const whole = await openexec.request('run/step', { step: named });
  const { step, calls } = whole.step
    ? whole
    : await openexec.request('run/step', { step: await findStep(openexec, run, named) });
  if (!step) throw new OpenExecError('step-not-found', { step: named });
  const output = step.output ? (await openexec.request('blob/text', { hash: step.output })).text : '';
  if (context.json) {
    context.document({ step, calls, output });
    return EXIT.done;
  }
  const { style } = context;
  context.line(
    `${style.bold(step.key)} · ${step.status}${step.finishedAt === undefined ? '' : ` · ${duration(recordTookMs(step))}`}${step.next ? ` → ${step.next}` : ''}`,
  );
  if (step.summary) context.line(oneLine(step.summary, 400));
  if (calls.length)
    context.line(
      columns(
        calls.map((call) => [
          `  ${call.n}`,
          call.kind,
          oneLine(call.name, 60),
          call.status,
          call.finishedAt === undefined ? '' : duration(recordTookMs(call)),
        ]),
      ),
    );
  if (output) context.line(indent(harmless(output).trimEnd(), '  '));
  return EXIT.done;
}
