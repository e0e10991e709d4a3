/** `openexec rollback`: shows what would be taken back, asks, does it; with --redo takes a rollback back. */
import { OpenExecError } from '../core/errors.js';
import type { OpenExec } from '../core/facade.js';
import type { ParamsInput, Result } from '../core/model/requests.js';
import { restoredAs } from '../core/model/plain/restored-as.js';
import { blocksRollback } from '../core/model/plain/blocks-rollback.js';
import type { RollbackFile, RollbackPreview } from '../core/model/rollback.js';
import type { RunRecord } from '../core/model/run.js';
import { reasonSentence } from '../core/view/reasons.js';
import { counted } from '../core/view/amounts.js';
import { EXIT, type Context, type ExitCode } from './context.js';
import { chooseRun } from './choose.js';
import { findStep } from './run-events.js';
import { indent, oneLine, paintDiff } from './style.js';

export interface RollbackOptions {
  task?: string;
  step?: string;
  check?: boolean;
  withDependents?: boolean;
  only?: boolean;
  leave?: string[];
  redo?: boolean;
  yes?: boolean;
}

type Target = Omit<ParamsInput<'rollback/apply'>, 'token'>;

export async function rollback(
  context: Context,
  name: string | undefined,
  options: RollbackOptions,
): Promise<ExitCode> {
  if (options.withDependents && options.only)
    throw new OpenExecError('usage', { problem: '--with-dependents and --only exclude each other.' });
  if (options.task !== undefined && options.step !== undefined)
    throw new OpenExecError('usage', { problem: 'Give --task or --step, not both.' });
  const openexec = await context.openexec();
  const record = await chooseRun(openexec, name, () => true, 'There is no run here to roll back.');
  const target: Target = options.redo
    ? { run: record.id, redo: await newestRollback(openexec, record.id), leave: options.leave ?? [] }
    : {
        run: record.id,
        leave: options.leave ?? [],
        dependents: options.only ? 'keep' : 'with',
        ...(options.task !== undefined && { task: options.task }),
        ...(options.step !== undefined && { step: await findStep(openexec, record.id, options.step) }),
      };
  const shown = await openexec.request('rollback/preview', { ...target, diff: !context.json });
  if (!context.json) print(context, record, target, shown);
  if (options.check || shown.problem) return stop(context, shown, options.check ?? false);
  const decided = await decide(context, target, shown, options);
  if (decided === undefined) {
    if (context.json) context.document({ done: false, preview: shown });
    return EXIT.operator;
  }
  // With the dependents kept, less is rolled back than was shown: what is done is what that preview says.
  const { token } =
    decided.dependents === target.dependents ? shown : await openexec.request('rollback/preview', decided);
  const done = await openexec.request('rollback/apply', { ...decided, token });
  if (context.json) context.document({ done: true, ...done });
  else tell(context, done);
  return EXIT.done;
}

async function newestRollback(openexec: OpenExec, run: string): Promise<string> {
  const newest = (await openexec.request('rollback/list', { run })).find(
    (one) => one.status === 'done' && one.of === undefined,
  );
  if (!newest) throw new OpenExecError('rollback-not-found', {});
  return newest.id;
}

const RESTORED = { removed: 'removed again', returned: 'there again', restored: 'as it was before' } as const;
const SAYS: Record<Exclude<RollbackFile['outcome'], 'restore'>, string> = {
  merge: 'your later edits stay',
  same: 'as before already',
  gone: 'you deleted it; it stays so',
  conflict: 'changed since in the same place',
  missing: 'its text from before is no longer stored',
  unreadable: 'what stands there now cannot be read',
};

function print(context: Context, record: RunRecord, target: Target, shown: RollbackPreview): void {
  const { style } = context;
  const what = target.step ?? target.task ?? `the run “${oneLine(record.title)}”`;
  context.line(
    style.bold(
      target.redo === undefined ? `Rolling back ${what}` : `Taking back the rollback of ${oneLine(record.title)}`,
    ),
  );
  for (const file of shown.files) {
    const word = file.left
      ? 'left as it is'
      : file.outcome === 'restore'
        ? RESTORED[restoredAs(file)]
        : SAYS[file.outcome];
    const counts = file.writes
      .map(
        (write) =>
          `${write.from === undefined ? '' : `${oneLine(write.from)} → ${oneLine(write.path)}  `}${style.green(`+${write.added}`)} ${style.red(`−${write.removed}`)}`,
      )
      .join(', ');
    context.line(
      `  ${oneLine(file.path)}  ${!file.left && blocksRollback(file.outcome) ? style.red(word) : word}${counts === '' ? '' : `  ${counts}`}`,
    );
    for (const conflict of file.left ? [] : file.conflicts) {
      context.line(style.dim(`    ${conflict.line > 0 ? `line ${conflict.line}, ` : ''}now:`));
      context.line(paintDiff(indent(conflict.ours.trimEnd() || '(no file)', '      '), style));
      context.line(style.dim('    before:'));
      context.line(paintDiff(indent(conflict.theirs.trimEnd() || '(no file)', '      '), style));
    }
  }
  if (shown.tasks.length > 0)
    context.line(
      `${target.redo === undefined ? 'No longer done' : 'As they were'}: ${shown.tasks.map((task) => task.id).join(', ')}`,
    );
  for (const dependent of shown.dependents) {
    const word =
      dependent.elsewhere !== undefined
        ? `done in the run ${dependent.elsewhere}; it is kept`
        : dependent.included
          ? 'rolled back with it'
          : 'kept';
    context.line(`  ${style.bold(dependent.id)} builds on it: ${word}`);
  }
  for (const commit of shown.commits)
    context.line(`  a new commit reverts ${style.cyan(commit.sha.slice(0, 7))} ${oneLine(commit.subject)}`);
  for (const note of shown.notes) context.line(style.yellow(oneLine(reasonSentence(note), 300)));
}

function stop(context: Context, shown: RollbackPreview, check: boolean): ExitCode {
  if (context.json)
    context.document({
      done: false,
      preview: shown,
      ...(shown.problem && { error: { ...shown.problem, message: reasonSentence(shown.problem) } }),
    });
  else if (shown.problem) {
    context.line(context.style.red(oneLine(reasonSentence(shown.problem), 400)));
    const blocked = shown.files.filter((file) => !file.left && blocksRollback(file.outcome));
    if (blocked.length > 0)
      context.note(
        `To leave ${blocked.length === 1 ? 'it' : 'them'} out: ${blocked.map((file) => `--leave ${oneLine(file.path)}`).join(' ')}`,
      );
  } else if (check) context.line('Nothing was done.');
  return shown.problem ? EXIT.failed : EXIT.done;
}

/** What the person wants done; undefined = nothing. */
async function decide(
  context: Context,
  target: Target,
  shown: RollbackPreview,
  options: RollbackOptions,
): Promise<Target | undefined> {
  const own = shown.dependents.filter((dependent) => dependent.elsewhere === undefined);
  const open = own.length > 0 && !options.withDependents && !options.only;
  if (!context.asks) {
    if (options.yes && !open) return target;
    context.note(
      open
        ? `${own.map((one) => one.id).join(', ')} build on it: say --with-dependents, or --only to keep them.`
        : 'Nothing was done: nobody was asked. Give --yes once you have read it.',
    );
    return undefined;
  }
  if (options.yes && !open) return target;
  const diff = shown.files.map((file) => (file.left ? '' : (file.diff ?? ''))).join('');
  for (;;) {
    const question = open
      ? `Roll back [w]ith ${own.map((one) => one.id).join(', ')}, [o]nly ${target.task ?? 'this'}, show the [d]iff, or [n]othing? `
      : '[r]oll back, show the [d]iff, or [n]othing? ';
    const typed = (await context.terminal.ask(question, context.signal))?.trim().toLowerCase() ?? 'n';
    if (typed === 'd') context.line(diff === '' ? 'No file would change.' : paintDiff(diff, context.style).trimEnd());
    else if (typed === 'w' && open) return target;
    else if (typed === 'o' && open) return { ...target, dependents: 'keep' };
    else if ((typed === 'r' || typed === 'y' || typed === 'yes') && !open) return target;
    else if (typed === 'n' || typed === 'no' || typed === '') {
      context.line('Nothing was done.');
      return undefined;
    } else context.line(`“${oneLine(typed)}” is none of the choices.`);
  }
}

function tell(context: Context, done: Result<'rollback/apply'>): void {
  const { style } = context;
  context.line(
    `${done.of === undefined ? 'Rolled back' : 'Brought back'}: ${counted(done.files.length, 'file')}${done.commit === undefined ? '' : ` · commit ${style.cyan(done.commit.slice(0, 7))}`}.`,
  );
  if (done.left.length > 0)
    context.line(
      `Left as ${done.left.length === 1 ? 'it is' : 'they are'}: ${done.left.map((path) => oneLine(path)).join(', ')}`,
    );
  if (done.of === undefined) context.note(`To take that back: openexec rollback ${done.run} --redo`);
}
