/**
 * Stays with a run until it ends, pauses or is left: prints its events, keeps one line of progress, asks what it asks.
 * Folds the stored events, so that a gap (a late subscription, a client that missed some) is filled from the store.
 */
import { deferred, type Deferred } from '../base/deferred.js';
import { isAbort, isOpenExecError, OpenExecError } from '../core/errors.js';
import type { OpenExec } from '../core/facade.js';
import type { Approval } from '../core/model/approval.js';
import type { RunEvent } from '../core/model/event.js';
import { applyEvent, emptyRun, runTookMs, type RunState } from '../core/model/run.js';
import { createFeed } from '../core/view/feed.js';
import { finishedRun } from '../core/model/status.js';
import { cost, counted, duration } from '../core/view/amounts.js';
import { pausedToAsk } from '../core/model/plain/paused-to-ask.js';
import { EXIT, EXIT_OF_RUN, type Context, type ExitCode } from './context.js';
import { inAudit } from '../core/view/audit.js';
import { auditLine, eventLine } from './event-line.js';
import { hasher } from './hasher.js';
import { askApproval, describeApproval } from './review.js';
import { oneLine } from './style.js';
import { progressLine, runWord } from './words.js';

/** So often is said what goes on where nothing else is. */
const QUIET_MS = 30_000;

export interface FollowOptions {
  /** Events up to this number were shown before, or are of no interest. */
  after?: number;
  /** Ask the person what the run asks. */
  ask: boolean;
  /** Ctrl-C pauses the run; otherwise it only stops watching. */
  controls: boolean;
  audit?: boolean;
}

interface Following {
  readonly context: Context;
  readonly openexec: OpenExec;
  readonly options: FollowOptions;
  readonly state: RunState;
  readonly screen: Screen;
  readonly left: Deferred<'ended' | 'left' | 'owner-gone'>;
  /** While a question is on the screen. */
  asking?: AbortController | undefined;
  /** It was answered, and the run only looks paused. */
  resuming?: boolean;
}

/** Exit code by how the run stands when it is left. */
export async function followRun(context: Context, run: string, options: FollowOptions): Promise<ExitCode> {
  const openexec = await context.openexec();
  const state = emptyRun(run);
  const screen = liveLine(context);
  const following: Following = { context, openexec, options, state, screen, left: deferred() };
  const { left } = following;
  const show = printer(following);
  const fold = (event: RunEvent): void => {
    if (event.seq <= state.seq) return;
    const waited =
      event.type === 'task-changed' && event.status === 'running' && state.tasks.get(event.task)?.status === 'waiting';
    applyEvent(state, event);
    // What is asked on this screen stands there anyway, and so does the task it belongs to;
    // how it ended is the last line.
    const said =
      waited ||
      (options.ask && event.type === 'approval-requested') ||
      (event.type === 'run-finished' && !event.reason);
    if (context.json || options.audit || !said) show(event);
    // Answered from another door, or overtaken: the question on the screen is no longer one.
    if (event.type === 'run-resumed' || event.type === 'run-finished') following.resuming = false;
    if (['approval-answered', 'run-resumed', 'run-paused', 'run-finished'].includes(event.type))
      following.asking?.abort(new DOMException('overtaken', 'AbortError'));
  };
  const settle = (): void => {
    if (following.asking || following.resuming) return;
    screen.update(progressLine(state));
    if (finishedRun(state.status)) return left.resolve('ended');
    if (options.ask && state.pending.size && (state.status === 'running' || state.status === 'paused'))
      return void askPending(following, () => feed.reading || settle()).catch(left.reject);
    if (state.status === 'paused' || state.status === 'interrupted') left.resolve('ended');
  };
  const feed = createFeed({
    fetch: (after, limit) => openexec.request('run/events', { run, after, limit }),
    onEvents: (events) => events.forEach(fold),
    onCaughtUp: settle,
    onError: left.reject,
  });

  const listening = [
    openexec.onEvent((event) => {
      if (event.run !== run) return;
      feed.push([event]);
      if (!feed.reading) settle();
    }),
    openexec.onProgress((progress) => {
      if (progress.run === run && !following.asking)
        screen.update(`${progressLine(state)} · ${oneLine(progress.text, 60)}`);
    }),
    openexec.onChange((change) => {
      if (change.type === 'owner' && !change.connected) left.resolve('owner-gone');
    }),
    context.takeInterrupts(interrupter(following)),
  ];
  // Through another process's socket nothing else keeps this one alive between two events.
  const stay = setInterval(() => state.status === 'running' && !following.asking && screen.beat(), QUIET_MS);
  try {
    void feed.start();
    const how = await left.promise;
    screen.clear();
    // Its last event and the end of its process come together: a run that stands still says how.
    if (how === 'owner-gone' && state.status === 'running') throw new OpenExecError('not-owner');
    if (how === 'left') return options.controls ? EXIT.cancelled : EXIT.done;
    return await sayHowItStands(context, openexec, state);
  } finally {
    clearInterval(stay);
    for (const one of listening) one.dispose();
    feed.stop();
    screen.clear();
  }
}

/** Prints what was not shown before. */
function printer({ context, options, screen }: Following): (event: RunEvent) => void {
  const { style } = context;
  let printedTo = options.after ?? 0;
  /** The task whose part was told last. */
  let told = '';
  return (event) => {
    if (event.seq <= printedTo) return;
    printedTo = event.seq;
    if (options.audit && !inAudit(event)) return;
    if (context.json) return context.document(event);
    const text = options.audit ? auditLine(event, style) : eventLine(event, style);
    if (text === undefined) return;
    // Tasks side by side tell their parts in turns: each says whose it is.
    const task = 'task' in event ? event.task : undefined;
    if (task && task !== told && !options.audit && text.startsWith('  ')) screen.print(style.bold(task));
    if (task) told = task;
    screen.print(text);
  };
}

/** Nothing where what waits is not asked for now; after an answer the run is looked at again. */
async function askPending(following: Following, settle: () => void): Promise<void> {
  const { context, openexec, state, screen, left } = following;
  const { run } = state;
  const approval = (await openexec.request('approval/list', {})).find(
    (one) => one.run === run && state.pending.has(one.id),
  );
  if (!approval || !asksNow(state, approval)) return state.status === 'paused' ? left.resolve('ended') : undefined;
  const { signal } = (following.asking = new AbortController());
  screen.clear();
  try {
    const answer = await askApproval(
      {
        style: context.style,
        line: (text) => screen.print(text ?? ''),
        ask: (prompt) => context.terminal.ask(prompt, signal),
      },
      openexec,
      approval,
      hasher,
    );
    if (answer) {
      // The answer to a paused run's question resumes it; until that event comes the run only looks paused.
      following.resuming = state.status === 'paused';
      const script = answer.option === 'edit' ? await newCheck(context, signal) : undefined;
      const { goesOn } = await openexec.request('approval/answer', {
        approval: approval.id,
        answer,
        ...(script && { script }),
      });
      following.resuming &&= goesOn;
    } else if (state.status === 'running') {
      await openexec.request('run/pause', { run });
      context.note('Pausing: the question stays open.');
    } else left.resolve('ended');
  } catch (error) {
    // The first answer wins, wherever it came from; the events say which.
    following.resuming = false;
    if (!isAbort(error) && !isOpenExecError(error, 'approval-resolved') && !isOpenExecError(error, 'run-state'))
      throw error;
  } finally {
    following.asking = undefined;
  }
  settle();
}

/** Ctrl-C: once pauses, twice cancels, three times leaves. */
function interrupter(following: Following): () => void {
  const { context, openexec, options, state, screen, left } = following;
  const { run } = state;
  let interrupts = 0;
  return () => {
    interrupts += 1;
    if (!options.controls) return left.resolve('left');
    screen.clear();
    const ignoreState = (error: unknown): void => {
      if (!isOpenExecError(error, 'run-state')) left.reject(error);
    };
    if (interrupts === 1 && state.status === 'paused') {
      following.asking?.abort(new DOMException('left', 'AbortError'));
      left.resolve('ended');
    } else if (interrupts === 1) {
      context.note('Pausing at the next safe point. Ctrl-C again cancels the run.');
      openexec.request('run/pause', { run }).catch(ignoreState);
    } else if (interrupts === 2) {
      context.note('Cancelling.');
      openexec.request('run/cancel', { run }).catch(ignoreState);
    } else left.resolve('left');
  };
}

/** A run that paused for another reason, or by hand, waits for `resume`; one that paused to ask is asked for now. */
const asksNow = ({ status, reason }: RunState, { subject }: Approval): boolean =>
  subject.kind === 'attention'
    ? status === 'paused' // else it is about to pause for it
    : status !== 'paused' || pausedToAsk(reason, []);

/** '' = the plan was edited already, or is right. */
const newCheck = async (context: Context, signal: AbortSignal): Promise<string> =>
  (
    await context.terminal.ask('Its new check, or an empty line for the task as the plan has it now: ', signal)
  )?.trim() ?? '';

async function sayHowItStands(context: Context, openexec: OpenExec, state: RunState): Promise<ExitCode> {
  const { style } = context;
  if (!context.json) {
    const open = [...state.tasks.values()].filter((task) => task.unverified);
    context.line();
    const took = state.began === undefined ? '' : ` · ${duration(runTookMs(state))}`;
    context.line(
      `${runWord(state.status, style)} · ${state.done} of ${counted(state.tasks.size, 'task')} · ${counted(state.commits.length, 'commit')} · ${cost(state.costUsd, state.tokens)}${took}`,
    );
    if (open.length) context.line(style.yellow(`done, unverified: ${open.map((task) => task.id).join(', ')}`));
  }
  if (!finishedRun(state.status)) await sayHowToGoOn(context, openexec, state);
  return EXIT_OF_RUN[state.status];
}

/** The process that owned the run may be gone by now, as a paused `openexec run` is: its questions then show with resume. */
async function sayHowToGoOn(context: Context, openexec: OpenExec, state: RunState): Promise<void> {
  const waiting = await openexec.request('approval/list', {}).catch((error: unknown) => {
    if (isOpenExecError(error, 'owner-unreachable')) return [];
    throw error;
  });
  const pending = waiting.filter((one) => one.run === state.run);
  pending.forEach((approval, i) => context.note(describeApproval(approval, i + 1, context.style)));
  if (pending.length && pausedToAsk(state.reason, pending))
    context.note('Answer with openexec approve or openexec reject: the run goes on with it.');
  else
    context.note(
      pending.length
        ? `Answer with openexec approve or openexec reject, then go on with openexec resume ${state.run}`
        : `Go on with openexec resume ${state.run}`,
    );
}

/** The one line at the bottom of a terminal; nothing where the output is not one. */
interface Screen {
  print(text: string): void;
  update(text: string): void;
  clear(): void;
  /** Where no line is kept, as in a log: says once in a while what goes on, so that nobody takes it for hanging. */
  beat(): void;
}

function liveLine(context: Context): Screen {
  const live = context.terminal.out.isTTY && !context.json;
  let shown = '';
  let going = '';
  let quietSince = performance.now();
  const clear = (): void => {
    if (shown !== '') context.terminal.out.write('\r\x1b[2K');
    shown = '';
  };
  return {
    clear,
    print(text) {
      quietSince = performance.now();
      const again = shown;
      clear();
      context.line(text);
      if (again !== '') {
        context.terminal.out.write(again);
        shown = again;
      }
    },
    update(text) {
      going = text;
      if (!live) return;
      const line = context.style.dim(oneLine(text, Math.max(20, context.terminal.out.columns - 1)));
      if (line === shown) return;
      clear();
      context.terminal.out.write(line);
      shown = line;
    },
    beat() {
      const quiet = performance.now() - quietSince;
      if (!live && !context.json && going !== '' && quiet >= QUIET_MS / 2)
        context.line(context.style.dim(`  ${oneLine(going, 120)} · ${duration(quiet)}`));
    },
  };
}
