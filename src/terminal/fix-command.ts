/** One small change without a plan: what is wanted, what proves it, and the run that does it. */
import path from 'node:path';
import { OpenExecError } from '../core/errors.js';
import { withSeenBlueprint } from './blueprint-commands.js';
import type { Context, ExitCode } from './context.js';
import { followRun } from './follow.js';
import { givenAnswers, onAsk, type ApproveMode } from './run-commands.js';

export interface FixOptions {
  /** Exit code 0 proves the change; looked at before the work, too, where it must be red. */
  check?: string;
  /** What the change is about, from the folder the command was typed in. */
  files?: string[];
  approve?: ApproveMode;
  answer?: string[];
  blueprint?: string;
}

/** Errors: usage (no request, a file outside the folder). */
export async function fix(context: Context, said: string, options: FixOptions): Promise<ExitCode> {
  const request = (said === '-' ? await context.terminal.readInput(context.signal) : said).trim();
  if (request === '')
    throw new OpenExecError('usage', { problem: 'Say what is to be changed: openexec fix "…" --check "npm test"' });
  const files = await namedFiles(context, options.files ?? []);
  const openexec = await context.openexec();
  const mode = onAsk(context, options.approve);
  const { run } = await withSeenBlueprint(context, openexec, () =>
    openexec.request('run/quick-fix', {
      request: files.length ? `${request}\n\nIt is about: ${files.join(', ')}` : request,
      check: options.check?.trim() ?? '',
      onAsk: mode,
      ...givenAnswers(options),
      ...(options.blueprint !== undefined && { blueprint: options.blueprint }),
    }),
  );
  return followRun(context, run, { ask: mode === 'wait', controls: true });
}

/** As every tool names them: from the root folder, with slashes. One that is not there yet may be named. */
async function namedFiles(context: Context, given: readonly string[]): Promise<string[]> {
  const root = await context.root();
  const cwd = await context.terminal.files.realFolder(context.terminal.cwd);
  return given.map((name) => {
    const relative = path.relative(root, path.resolve(cwd, name)).split(path.sep).join('/');
    if (relative === '' || relative === '..' || relative.startsWith('../') || path.isAbsolute(relative))
      throw new OpenExecError('usage', { problem: `${name} is no file of ${root}.` });
    return relative;
  });
}
