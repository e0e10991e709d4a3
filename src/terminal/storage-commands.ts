/** What the stored runs take, freeing it, everything in one file and back, and the state of a folder that moved. */
import path from 'node:path';
import { OpenExecError } from '../core/errors.js';
import type { StorageUsage } from '../core/model/storage.js';
import { bytes as size, counted } from '../core/view/amounts.js';
import { chooseRun } from './choose.js';
import { EXIT, type Context, type ExitCode } from './context.js';
import { columns, oneLine } from './style.js';

const PARTS: Record<StorageUsage['parts'][number]['part'], string> = {
  database: 'database',
  log: 'database log',
  texts: 'texts beside the database',
  backups: 'copies of the database',
  worktrees: 'worktrees',
  spool: 'output being written',
  caches: 'caches of build tools',
  'set-aside': 'set aside',
  other: 'other',
};
const TEXTS: Record<StorageUsage['texts'][number]['kind'], string> = {
  logs: 'output of commands',
  model: 'conversations with the model',
  files: 'files before and after',
  outputs: 'results of steps and tools',
  other: 'other',
  unnamed: 'named by nothing',
};

export async function usage(context: Context): Promise<ExitCode> {
  const openexec = await context.openexec();
  const found = await openexec.request('storage/usage', {}, context.signal);
  if (context.json) {
    context.document(found);
    return EXIT.done;
  }
  const { style } = context;
  const rows = <T extends { bytes: number; count: number }>(list: readonly T[], name: (one: T) => string): string[][] =>
    [...list]
      .sort((a, b) => b.bytes - a.bytes)
      .map((one) => [`  ${name(one)}`, size(one.bytes), style.dim(counted(one.count, 'file'))]);
  context.line(`${style.bold(size(found.bytes))} in ${oneLine(found.path, 300)}`);
  context.line(columns(rows(found.parts, (one) => PARTS[one.part])));
  if (found.texts.length > 0) {
    context.line(style.bold('Stored texts'));
    context.line(
      columns(
        [...found.texts]
          .sort((a, b) => b.bytes - a.bytes)
          .map((one) => [`  ${TEXTS[one.kind]}`, size(one.bytes), style.dim(String(one.count))]),
      ),
    );
  }
  const { runs, retention, freeBytes } = found;
  const oldest = runs.oldest
    ? `, the oldest of ${new Date(runs.oldest.createdAt).toISOString().slice(0, 10)}: ${oneLine(runs.oldest.title, 60)}`
    : '';
  context.line(
    `${counted(runs.count, 'run')}, ${runs.finished} finished${runs.pinned.length > 0 ? `, ${runs.pinned.length} pinned` : ''}${oldest}`,
  );
  const rules = [
    retention.days === null ? '' : `${retention.days} days`,
    retention.maxBytes === null ? '' : size(retention.maxBytes),
  ].filter(Boolean);
  context.line(`Finished runs are kept ${rules.length > 0 ? `up to ${rules.join(' and ')}` : 'for ever'}.`);
  if (freeBytes > 1024 * 1024) context.note(`openexec storage compact gives ${size(freeBytes)} back.`);
  return EXIT.done;
}

export async function clean(context: Context, options: { dryRun?: boolean }): Promise<ExitCode> {
  const openexec = await context.openexec();
  const done = await openexec.request('storage/clean', { dryRun: options.dryRun ?? false }, context.signal);
  if (context.json) context.document(done);
  else {
    for (const run of done.runs)
      context.line(`${options.dryRun ? 'would remove' : 'removed'} ${run.run}  ${oneLine(run.title)}`);
    context.line(
      options.dryRun
        ? `${counted(done.runs.length, 'run')} would go. Nothing was done.`
        : `${counted(done.runs.length, 'run')} removed, ${counted(done.texts, 'text')} freed: ${size(done.bytes)}${done.caches > 0 ? `, and ${size(done.caches)} of caches` : ''}.`,
    );
  }
  return EXIT.done;
}

export async function compact(context: Context): Promise<ExitCode> {
  const openexec = await context.openexec();
  const done = await openexec.request('storage/compact', {}, context.signal);
  if (context.json) context.document(done);
  else context.line(`The database took ${size(done.before)} and takes ${size(done.after)} now.`);
  return EXIT.done;
}

export async function pin(context: Context, name: string, pinned: boolean): Promise<ExitCode> {
  const openexec = await context.openexec();
  const run = await chooseRun(openexec, name, () => true, 'There is no run.');
  await openexec.request('storage/pin', { run: run.id, pinned });
  if (context.json) context.document({ run: run.id, pinned });
  else context.line(pinned ? `${run.id} is kept, however old it gets.` : `${run.id} is kept as long as others.`);
  return EXIT.done;
}

export async function exportAll(context: Context, options: { all?: boolean; output?: string }): Promise<ExitCode> {
  if (!options.all || options.output === undefined)
    throw new OpenExecError('usage', { problem: 'Say what and where: openexec export --all -o FILE' });
  if (options.output === '-')
    throw new OpenExecError('usage', {
      problem: 'The export needs a file: it is checked and put in place whole. Name one with -o.',
    });
  const openexec = await context.openexec();
  const done = await openexec.request(
    'storage/export',
    { file: path.resolve(context.terminal.cwd, options.output) },
    context.signal,
  );
  if (context.json) context.document(done);
  else
    context.line(
      `Everything of this folder is in ${oneLine(done.file, 300)}: ${size(done.bytes)}. openexec restore brings it back.`,
    );
  return EXIT.done;
}

export async function restore(context: Context, file: string, options: { yes?: boolean }): Promise<ExitCode> {
  const root = await context.root();
  const question = `Put what is in ${oneLine(path.basename(file))} in the place of this folder’s plans and runs? What stands there is set aside. [y/N] `;
  const yes =
    options.yes ||
    (context.asks && /^y(es)?$/i.test((await context.terminal.ask(question, context.signal))?.trim() ?? ''));
  if (!yes) {
    if (context.json) context.document({ restored: false });
    else
      context.note(
        context.asks ? 'Nothing was changed.' : 'Nothing was changed: nobody was asked. Give --yes to restore.',
      );
    return EXIT.operator;
  }
  const done = await context.terminal.state.restore(root, path.resolve(context.terminal.cwd, file), context.signal);
  if (context.json) context.document({ restored: true, ...done });
  else {
    context.line(`Restored${done.from === root ? '' : `, from ${oneLine(done.from, 300)}`}.`);
    if (done.aside)
      context.line(`What stood there is in ${done.aside}, beside the database (openexec storage shows where).`);
  }
  return EXIT.done;
}

export async function adopt(
  context: Context,
  from: string | undefined,
  options: { fresh?: boolean },
): Promise<ExitCode> {
  const { state } = context.terminal;
  const root = await context.root();
  const offered = await state.moved(root, context.signal);
  if (options.fresh) {
    await state.startFresh(root, offered);
    if (context.json) context.document({ adopted: false, declined: offered.map((one) => one.path) });
    else context.line(offered.length > 0 ? 'This folder starts fresh.' : 'There was nothing to decide.');
    return EXIT.done;
  }
  const chosen =
    from === undefined ? offered : offered.filter((one) => one.path === path.resolve(context.terminal.cwd, from));
  const [only, ...more] = chosen;
  if (!only)
    throw new OpenExecError('usage', {
      problem: 'Nothing that is stored seems to belong to this folder: no folder that is gone had its first commit.',
    });
  if (more.length > 0)
    throw new OpenExecError('usage', { problem: `Several fit. Name one: ${chosen.map((one) => one.path).join(', ')}` });
  const done = await state.adopt(root, only, context.signal);
  if (context.json) context.document({ adopted: true, ...done });
  else {
    context.line(`The plans and runs of ${oneLine(done.from, 300)} are this folder’s now.`);
    if (done.aside)
      context.line(`What stood here is in ${done.aside}, beside the database (openexec storage shows where).`);
  }
  return EXIT.done;
}
