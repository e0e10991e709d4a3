/**
 * The order of a plan's tasks: for reading, as JSON or Mermaid, or as a folder of
 * scripts that verify the whole without OpenExec.
 */
import path from 'node:path';
import { OpenExecError } from '../core/errors.js';
import { findTask, type PlanDocument } from '../core/model/plan.js';
import type { Result } from '../core/model/requests.js';
import { shellOf } from '../core/policy/script-shell.js';
import { counted } from '../core/view/amounts.js';
import { EXIT, type Context, type ExitCode } from './context.js';
import { choosePlan } from './choose.js';
import { oneLine } from './style.js';
import { problemLine } from './words.js';

export async function showSchedule(
  context: Context,
  name: string | undefined,
  options: { format: 'text' | 'json' | 'mermaid'; output?: string },
): Promise<ExitCode> {
  const openexec = await context.openexec();
  const { id } = await choosePlan(openexec, name);
  const [{ plan }, schedule] = await Promise.all([
    openexec.request('plan/get', { plan: id }),
    openexec.request('plan/schedule', { plan: id }),
  ]);
  if (!plan) throw new OpenExecError('plan-not-found', { plan: id });
  const broken = schedule.problems.some((problem) => problem.severity === 'error');
  if (options.output !== undefined) await writeFolder(context, plan.document, schedule, options.output);
  else if (context.json || options.format === 'json') context.document(schedule);
  else if (options.format === 'mermaid')
    context.terminal.out.write(
      `${(await openexec.request('plan/export', { plan: id, format: 'mermaid' })).text.trimEnd()}\n`,
    );
  else printWaves(context, plan.document, schedule);
  if (!context.json) for (const problem of schedule.problems) context.note(problemLine(problem, context.style));
  return broken ? EXIT.failed : EXIT.done;
}

type Schedule = Result<'plan/schedule'>;

function printWaves(context: Context, document: PlanDocument, schedule: Schedule): void {
  const critical = new Set(schedule.critical);
  schedule.waves.forEach((wave, i) => {
    context.line(context.style.bold(`Wave ${i + 1}`));
    for (const id of wave) {
      const title = oneLine(findTask(document, id)?.task.title ?? '');
      context.line(
        `  ${critical.has(id) ? context.style.cyan('●') : '○'} ${id}  ${title}  ${context.style.dim(`${schedule.estimates[id] ?? 0} h`)}`,
      );
    }
  });
  context.line();
  context.line(
    `${counted(schedule.order.length, 'task')} · ${schedule.hours} h of work · ${schedule.spanHours} h at the least · ● on the critical path`,
  );
}

async function writeFolder(
  context: Context,
  document: PlanDocument,
  schedule: Schedule,
  target: string,
): Promise<void> {
  const { files, cwd } = context.terminal;
  const folder = path.resolve(cwd, target);
  const toRoot =
    path
      .relative(folder, await context.root())
      .split(path.sep)
      .join('/') || '.';
  if (path.isAbsolute(toRoot))
    throw new OpenExecError('usage', {
      problem: `${target} lies on another drive than the root, so its scripts could not find it.`,
    });
  const checks = schedule.order.flatMap((id) => {
    const task = findTask(document, id)?.task;
    return task?.verification_script.trim()
      ? [{ id, file: `verify-${id.replace(/[^\w.-]/g, '_')}.sh`, script: task.verification_script, title: task.title }]
      : [];
  });
  if (new Set(checks.map((check) => check.file)).size < checks.length)
    throw new OpenExecError('usage', { problem: 'Two tasks would get the same file name. Rename one of them.' });
  const { problems: _, ...order } = schedule;
  const tasks = schedule.order.map((id) => ({
    ...findTask(document, id)?.task,
    story: findTask(document, id)?.story.id,
    estimate_hours: schedule.estimates[id],
  }));
  await files.write(path.join(folder, 'tasks.json'), `${JSON.stringify({ ...order, tasks }, null, 2)}\n`);
  for (const check of checks) await files.write(path.join(folder, check.file), taskScript(check, toRoot), 0o755);
  await files.write(path.join(folder, 'verify-all.sh'), allScript(checks), 0o755);
  if (context.json)
    context.document({ folder, files: ['tasks.json', ...checks.map((check) => check.file), 'verify-all.sh'] });
  else context.note(`Wrote ${counted(checks.length + 2, 'file')} to ${target}`);
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The exact text of the check, in the root folder, wherever it is called from. */
const taskScript = (check: { id: string; script: string; title: string }, toRoot: string): string =>
  `${firstLine(check.script)}\n# ${check.id}: ${oneLine(check.title)}\ncd "$(dirname "$0")"/${quoted(toRoot)} || exit 2\n${check.script.trimEnd()}\n`;

/** The shell that a run takes for it. */
function shellWords(script: string): string[] {
  const shell = shellOf(script);
  return shell.name === 'sh' ? ['sh'] : ['bash', ...shell.flags];
}

function firstLine(script: string): string {
  const [shell, ...flags] = shellWords(script);
  return shell === 'sh'
    ? '#!/bin/sh'
    : `#!/usr/bin/env ${[...(flags.length > 0 ? ['-S'] : []), 'bash', ...flags].join(' ')}`;
}

const allScript = (checks: readonly { id: string; file: string; script: string }[]): string =>
  [
    '#!/bin/sh',
    '# Runs every check in the order of the schedule. Exits 1 when one fails.',
    'here=$(dirname "$0")',
    'failed=0',
    ...checks.map(
      ({ id, file, script }) =>
        `if ${shellWords(script).join(' ')} "$here"/${quoted(file)}; then echo ${quoted(`ok      ${id}`)}; else echo ${quoted(`failed  ${id}`)}; failed=$((failed + 1)); fi`,
    ),
    'echo "$failed failed"',
    '[ "$failed" -eq 0 ]',
    '',
  ].join('\n');
