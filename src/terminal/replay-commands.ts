/**
 * A run looked at again from a terminal:
 * replayed exactly, begun anew from a step, compared with another, written as a report.
 */
import path from 'node:path';
import { isOpenExecError } from '../core/errors.js';
import type { Comparison } from '../core/model/compare.js';
import type { Divergence } from '../core/model/requests.js';
import { finishedRun } from '../core/model/status.js';
import { cost, counted, duration } from '../core/view/amounts.js';
import { chooseRun } from './choose.js';
import { EXIT, type Context, type ExitCode } from './context.js';
import { followRun } from './follow.js';
import { findStep } from './run-events.js';
import { onAsk, type ApproveMode } from './run-commands.js';
import { columns, oneLine } from './style.js';
import { runWord } from './words.js';

const none = 'There is no run yet. Start one with openexec run.';

/** Exit 0: equal. 1: it diverged. */
export async function replay(context: Context, name: string | undefined): Promise<ExitCode> {
  const openexec = await context.openexec();
  const record = await chooseRun(openexec, name, () => true, none);
  const shown =
    context.terminal.out.isTTY && !context.json
      ? openexec.onProgress((progress) => {
          if (progress.run === record.id && progress.stage === 'replay')
            context.terminal.err.write(`\r${progress.text} events`);
        })
      : undefined;
  let result;
  try {
    result = await openexec.request('run/replay', { run: record.id }, context.signal);
  } finally {
    if (shown) context.terminal.err.write('\r\u001b[K');
    shown?.dispose();
  }
  if (context.json) context.document({ run: record.id, ...result });
  else {
    const { style } = context;
    const what = `${oneLine(record.title)} (${record.id})`;
    if (result.divergence) {
      context.line(
        `${style.red('different')}  ${what}: the first ${counted(result.events, 'event')} were said again, then not.`,
      );
      printDivergence(context, result.divergence);
    } else {
      context.line(
        `${style.green('equal')}  ${what}: ${counted(result.events, 'event')} said again, the state compared after each of ${counted(result.steps, 'step')}.`,
      );
      context.line(
        style.dim(
          `state ${result.stateHash}${finishedRun(record.status) ? '' : ` · the run is ${record.status}; this is as far as its record goes`}`,
        ),
      );
    }
  }
  return result.equal ? EXIT.done : EXIT.failed;
}

function printDivergence(context: Context, found: Divergence): void {
  const { style } = context;
  context.line(`  ${oneLine(found.what, 300)}`);
  const place = [`event ${found.seq}`, found.call ?? found.step ?? found.task].filter(Boolean).join(' · ');
  context.line(style.dim(`  ${oneLine(place, 300)}`));
  context.line(`  then  ${oneLine(found.then, 700)}`);
  context.line(`  now   ${oneLine(found.now, 700)}`);
}

export interface RerunOptions {
  from: string;
  anyway?: boolean;
  approve?: ApproveMode;
}

/** `from`: a step's key, or the end of one that no other has. */
export async function rerun(context: Context, name: string | undefined, options: RerunOptions): Promise<ExitCode> {
  const openexec = await context.openexec();
  const record = await chooseRun(openexec, name, () => true, none);
  const step = await findStep(openexec, record.id, options.from);
  const mode = onAsk(context, options.approve);
  const start = (anyway: boolean) =>
    openexec.request('run/rerun', { run: record.id, step, anyway, onAsk: mode }, context.signal);
  try {
    const { run } = await start(options.anyway ?? false);
    context.note(`New run ${run}: it shares what came before ${step}.`);
    return await followRun(context, run, { ask: mode === 'wait', controls: true });
  } catch (error) {
    if (isOpenExecError(error, 'rerun-tree-changed'))
      context.note(
        `openexec rollback ${record.id} --step ${step} takes the files back; --anyway starts on them as they are.`,
      );
    throw error;
  }
}

export async function compare(context: Context, first: string, second: string): Promise<ExitCode> {
  const openexec = await context.openexec();
  const [a, b] = [
    await chooseRun(openexec, first, () => true, none),
    await chooseRun(openexec, second, () => true, none),
  ];
  const result = await openexec.request('run/compare', { a: a.id, b: b.id }, context.signal);
  if (context.json) context.document(result);
  else printComparison(context, result);
  return EXIT.done;
}

function printComparison(context: Context, { a, b, same, parts, tasks }: Comparison): void {
  const { style } = context;
  const run = (label: string, one: Comparison['a']) => [
    label,
    one.id,
    runWord(one.status, style),
    duration(one.durationMs),
    cost(one.costUsd, one.tokens),
    counted(one.commits, 'commit'),
    oneLine(one.model),
  ];
  context.line(columns([run('a', a), run('b', b)]));
  context.line();
  context.line(
    columns(
      tasks.map(({ id, same: equal, a: one, b: other, differ }) => [
        `  ${id}`,
        equal ? style.dim('same way') : style.yellow('differs'),
        sides(one?.status, other?.status),
        sides(one && counted(one.attempts, 'attempt'), other && counted(other.attempts, 'attempt')),
        sides(one && duration(one.durationMs), other && duration(other.durationMs)),
        sides(one && cost(one.costUsd, one.tokens), other && cost(other.costUsd, other.tokens)),
        filesOf(differ),
      ]),
    ),
  );
  if (same) return context.line(style.green('\nBoth went the same way.'));
  if (!parts) return;
  context.line(`\nThey part at ${style.bold(parts.task)}:`);
  context.line(`  a  ${oneLine(parts.a, 500)}${parts.seqA === null ? '' : style.dim(` (event ${parts.seqA})`)}`);
  context.line(`  b  ${oneLine(parts.b, 500)}${parts.seqB === null ? '' : style.dim(` (event ${parts.seqB})`)}`);
}

const sides = (a: string | null | undefined, b: string | null | undefined): string =>
  a === b ? (a ?? '') : `${a ?? 'not there'} | ${b ?? 'not there'}`;

const filesOf = (differ: readonly string[]): string =>
  differ.length === 0
    ? ''
    : `files differ: ${oneLine(differ.slice(0, 3).join(', '))}${differ.length > 3 ? ` and ${differ.length - 3} more` : ''}`;

export const reportFormats = ['html', 'json', 'markdown'] as const;
export interface ReportOptions {
  format?: (typeof reportFormats)[number];
  output?: string;
}

/** To a file, or to standard output: HTML unless the file's name says otherwise. */
export async function report(context: Context, name: string | undefined, options: ReportOptions): Promise<ExitCode> {
  const openexec = await context.openexec();
  const record = await chooseRun(openexec, name, () => true, none);
  const target = options.output === '-' ? undefined : options.output;
  const format = options.format ?? (target === undefined ? 'markdown' : (byName(target) ?? 'html'));
  const pieces: string[] = [];
  let from: string | undefined;
  let left: string[] = [];
  for (;;) {
    const piece = await openexec.request(
      'run/report',
      { run: record.id, format, ...(from !== undefined && { from }) },
      context.signal,
    );
    left = [...left, ...piece.left];
    if (target === undefined && !context.json) context.terminal.out.write(piece.text);
    else pieces.push(piece.text);
    if (piece.next === null) break;
    from = piece.next;
  }
  if (target !== undefined)
    await context.terminal.files.write(path.resolve(context.terminal.cwd, target), pieces.join(''));
  if (context.json)
    context.document(
      target === undefined
        ? { run: record.id, format, text: pieces.join(''), left }
        : { run: record.id, format, output: target, left },
    );
  else if (target !== undefined) context.line(`Wrote ${target}`);
  if (left.length > 0) context.note(`Not all of it fits: the report shows ${left.join('; ')}. --format json has all.`);
  return EXIT.done;
}

const byName = (file: string): ReportOptions['format'] =>
  /\.json$/i.test(file)
    ? 'json'
    : /\.(md|markdown)$/i.test(file)
      ? 'markdown'
      : /\.html?$/i.test(file)
        ? 'html'
        : undefined;
