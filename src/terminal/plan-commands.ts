/** Plans from a terminal: make, list, show, use, approve, exchange, schedule. */
import path from 'node:path';
import { OpenExecError } from '../core/errors.js';
import { showText } from '../core/text/harmless.js';
import type { OpenExec } from '../core/facade.js';
import { findTask, type PlanRecord, type PlanSummary, type Problem } from '../core/model/plan.js';
import type { ScriptReview, TaskProgress } from '../core/model/requests.js';
import { withOwnProgress } from '../core/own-progress.js';
import { counted, spentOf } from '../core/view/amounts.js';
import { EXIT, type Context, type ExitCode } from './context.js';
import { choosePlan } from './choose.js';
import { columns, indent, oneLine } from './style.js';
import { problemLine, taskWord } from './words.js';

interface Planned {
  plan: PlanRecord;
  problems: Problem[];
}

/** `source`: a file, `-`, or the intent itself; absent = INTENT.md of the root. */
export async function generate(
  context: Context,
  source: readonly string[],
  options: { name?: string; output?: string },
): Promise<ExitCode> {
  const intent = await readIntent(context, source);
  const openexec = await context.openexec();
  const made: Planned = intent.stories
    ? await openexec.request('plan/import', { json: intent.text, name: options.name ?? intent.name }, context.signal)
    : await withOwnProgress(
        openexec,
        crypto.randomUUID(),
        (text) => context.note(oneLine(text)),
        (progressToken) =>
          openexec.request(
            'plan/generate',
            {
              intent: intent.text,
              kind: intent.file ? 'intent-file' : 'intent',
              ...(options.name ? { name: options.name } : {}),
              progressToken,
            },
            context.signal,
          ),
      );
  if (options.output !== undefined) await exportTo(context, made.plan.id, 'json', options.output);
  return tellPlan(context, made);
}

async function readIntent(
  context: Context,
  source: readonly string[],
): Promise<{ text: string; name: string; file: boolean; stories: boolean }> {
  const { terminal } = context;
  const words = source.join(' ');
  // Words that were given and say nothing (an empty variable of a script) are not INTENT.md.
  if (source.length > 0 && words.trim() === '') throw new OpenExecError('intent-empty');
  if (words === '-')
    return { text: await terminal.readInput(context.signal), name: 'From standard input', file: false, stories: false };
  const file = path.resolve(terminal.cwd, words === '' ? path.join(await context.root(), 'INTENT.md') : words);
  const text = await terminal.files.read(file);
  if (text !== undefined)
    return { text, name: path.basename(file, path.extname(file)), file: true, stories: file.endsWith('.json') };
  if (words === '')
    throw new OpenExecError('usage', {
      problem: 'Say what is to be built: openexec generate "…", or write an INTENT.md (openexec init makes one).',
    });
  // A single word with an ending is a file that was meant, not an intent.
  if (source.length === 1 && /^\S+\.(md|markdown|txt|json)$/i.test(words)) throw await notRead(context, words);
  return { text: words, name: oneLine(words, 60), file: false, stories: false };
}

/** Why a file that was named gave no text. */
async function notRead({ terminal }: Context, file: string): Promise<OpenExecError> {
  const folder = (await terminal.files.kind(path.resolve(terminal.cwd, file))) === 'directory';
  return new OpenExecError(folder ? 'text-folder' : 'text-missing', { path: file });
}

export interface ImportOptions {
  name?: string;
  /** This plan gets a new version. */
  over?: string;
  /** A plan of its own, also where one has that name. */
  new?: boolean;
}

export async function importPlan(context: Context, file: string, options: ImportOptions): Promise<ExitCode> {
  const { terminal } = context;
  const text =
    file === '-'
      ? await terminal.readInput(context.signal)
      : await terminal.files.read(path.resolve(terminal.cwd, file));
  if (text === undefined) throw await notRead(context, file);
  if (options.over !== undefined && options.new)
    throw new OpenExecError('usage', { problem: '--over is for a plan that is there, --new for one that is not.' });
  const openexec = await context.openexec();
  const name = options.name ?? (file === '-' ? 'Imported plan' : path.basename(file, path.extname(file)));
  const named = options.name !== undefined || file !== '-';
  const over = options.new ? undefined : await planToReplace(openexec, options.over, named ? name : undefined);
  const imported = await openexec.request(
    'plan/import',
    { json: text, name, ...(over && { over: over.id }) },
    context.signal,
  );
  if (over)
    context.note(
      imported.plan.iteration === over.iteration
        ? `${oneLine(over.name)} says so already.`
        : `Version ${imported.plan.iteration} of ${oneLine(over.name)}: what is done, approved and begun stays. --new makes a plan of its own.`,
    );
  return tellPlan(context, imported);
}

/** The plan that was named, or the one of that name, where there is one alone. */
async function planToReplace(
  openexec: OpenExec,
  over: string | undefined,
  name: string | undefined,
): Promise<PlanSummary | undefined> {
  if (over !== undefined) return await choosePlan(openexec, over);
  const [only, ...more] = (await openexec.request('plan/list', {})).filter((one) => one.name === name && !one.archived);
  return more.length === 0 ? only : undefined;
}

export async function newPlan(context: Context, name: string): Promise<ExitCode> {
  const openexec = await context.openexec();
  const plan = await openexec.request('plan/new', { name });
  if (context.json) context.document({ plan });
  else context.line(`${plan.id}  ${oneLine(plan.name)} (empty)`);
  return EXIT.done;
}

/** 3 for a plan that rules made, 1 for one with errors: neither is ready to run. */
function tellPlan(context: Context, { plan, problems }: Planned): ExitCode {
  if (context.json) context.document({ plan, problems });
  else printPlan(context, plan, problems, {});
  if (plan.degraded) {
    context.note('No model made this plan: it was put together by rules, as a draft to be worked on.');
    return EXIT.operator;
  }
  if (problems.some((problem) => problem.severity === 'error')) return EXIT.failed;
  context.note(`Next: openexec plan approve, then openexec run`);
  return EXIT.done;
}

export async function listPlans(context: Context, options: { all?: boolean }): Promise<ExitCode> {
  const openexec = await context.openexec();
  const plans = (await openexec.request('plan/list', {})).filter((plan) => options.all || !plan.archived);
  if (context.json) context.document({ plans });
  else if (!plans.length) context.line('There is no plan yet. Make one with openexec generate.');
  else
    context.line(
      columns(
        plans.map((plan) => [
          plan.current ? '*' : ' ',
          context.style.dim(plan.id),
          counted(plan.stories, 'story', 'stories'),
          counted(plan.tasks, 'task'),
          plan.degraded
            ? context.style.yellow('degraded')
            : plan.approved
              ? context.style.green('approved')
              : 'not approved',
          oneLine(plan.name) + (plan.archived ? ' (archived)' : ''),
        ]),
      ),
    );
  return EXIT.done;
}

export async function showPlan(context: Context, name: string | undefined): Promise<ExitCode> {
  const openexec = await context.openexec();
  const { id } = await choosePlan(openexec, name);
  const { plan, problems, progress, checks, spent } = await openexec.request('plan/get', { plan: id });
  if (!plan) throw new OpenExecError('plan-not-found', { plan: id });
  if (context.json) context.document({ plan, problems, progress, checks, spent });
  else {
    printPlan(context, plan, [...(plan.notes ?? []), ...problems], progress);
    const cost = spent ? spentOf(spent) : [];
    if (cost.length) context.line(context.style.dim(`\n${cost.join(' · ')}`));
  }
  return EXIT.done;
}

function printPlan(
  context: Context,
  plan: PlanRecord,
  problems: readonly Problem[],
  progress: Readonly<Record<string, TaskProgress>>,
): void {
  const { style } = context;
  const state = plan.degraded
    ? style.yellow('degraded')
    : plan.approval?.iteration === plan.iteration
      ? style.green('approved')
      : 'not approved';
  context.line(
    `${style.bold(oneLine(plan.name))} · version ${plan.iteration} · ${state}${plan.model ? ` · ${oneLine(plan.model)}` : ''}`,
  );
  context.line(style.dim(plan.id));
  const goals = new Map(plan.document.goals.map((goal) => [goal.id, goal.title]));
  for (const [id, title] of goals) context.line(`${id}  ${oneLine(title)}`);
  for (const story of plan.document.stories) {
    context.line();
    const extra = [
      story.mode && story.mode !== 'sequential' ? story.mode : '',
      story.pause_after ? 'pauses after' : '',
      story.depends_on.length ? `after ${story.depends_on.join(', ')}` : '',
    ].filter(Boolean);
    context.line(
      `${style.bold(`${story.id}  ${oneLine(story.title)}`)}${extra.length ? style.dim(`  ${extra.join(' · ')}`) : ''}`,
    );
    for (const task of story.tasks) {
      const own = progress[task.id];
      const word = own
        ? `  ${taskWord({ ...own, stage: '', attempt: 1 }, style, { why: true })}${own.commit ? ` ${own.commit.slice(0, 7)}` : ''}`
        : '';
      const after = task.depends_on.length ? style.dim(`  after ${task.depends_on.join(', ')}`) : '';
      context.line(`  ${task.id}  ${oneLine(task.title)}${word}${after}`);
      if (task.verification_script)
        context.line(style.dim(`      $ ${oneLine(showText(task.verification_script), 200)}`));
    }
  }
  if (problems.length) context.line();
  for (const problem of problems) context.line(problemLine(problem, style));
}

export async function usePlan(context: Context, name: string): Promise<ExitCode> {
  const openexec = await context.openexec();
  const plan = await choosePlan(openexec, name);
  await openexec.request('plan/use', { plan: plan.id });
  if (context.json) context.document({ plan: plan.id });
  else context.line(`${oneLine(plan.name)} is the current plan now.`);
  return EXIT.done;
}

/**
 * Shows every script and what it may do, and binds the yes to exactly those.
 * Without a person and without `yes` it only shows them: 3.
 */
export async function approvePlan(
  context: Context,
  name: string | undefined,
  options: { yes?: boolean },
): Promise<ExitCode> {
  const openexec = await context.openexec();
  const { id } = await choosePlan(openexec, name);
  const { plan, problems } = await openexec.request('plan/get', { plan: id });
  if (!plan) throw new OpenExecError('plan-not-found', { plan: id });
  const errors = problems.filter((problem) => problem.severity === 'error');
  if (errors.length) throw new OpenExecError('plan-invalid', { count: errors.length, first: errors[0]?.message ?? '' });
  const scripts = await openexec.request('plan/scripts', { plan: id });
  if (!context.json) {
    context.line(`${context.style.bold(oneLine(plan.name))} would run ${counted(scripts.length, 'script')}:`);
    for (const script of scripts) printScript(context, plan, script);
  }
  const yes =
    options.yes ||
    (context.asks &&
      /^y(es)?$/i.test(
        (
          await context.terminal.ask(
            `Approve ${scripts.length === 1 ? 'this script' : `these ${scripts.length} scripts`}? [y/N] `,
            context.signal,
          )
        )?.trim() ?? '',
      ));
  if (!yes) {
    if (context.json) context.document({ approved: false, plan: id, scripts });
    else
      context.note(
        context.asks ? 'Not approved.' : 'Not approved: nobody was asked. Give --yes once you have read them.',
      );
    return EXIT.operator;
  }
  const approved = await openexec.request('plan/approve', {
    plan: id,
    iteration: plan.iteration,
    hashes: scripts.map((script) => script.hash),
  });
  if (context.json) context.document({ approved: true, plan: id, iteration: approved.iteration, scripts });
  else context.line('Approved.');
  return EXIT.done;
}

function printScript(context: Context, plan: PlanRecord, script: ScriptReview): void {
  const { style } = context;
  const title =
    findTask(plan.document, script.subject)?.task.title ??
    plan.document.stories.find((story) => story.id === script.subject)?.title ??
    '';
  context.line();
  context.line(`${style.bold(script.subject)}  ${oneLine(title)}`);
  context.line(indent(script.script.split('\n').map(showText).join('\n'), '    '));
  const effect =
    script.decision.effect === 'deny'
      ? style.red('would be denied')
      : script.decision.effect === 'ask'
        ? style.yellow('would ask')
        : 'would run unasked once approved';
  context.line(
    style.dim(
      `    in ${script.cwd || 'the root folder'} · sandbox ${script.sandbox}${script.may.length ? ` · ${script.may.map((one) => oneLine(one)).join(', ')}` : ''}`,
    ),
  );
  context.line(`    ${effect}${script.decision.reason ? `: ${oneLine(script.decision.reason)}` : ''}`);
}

export async function deletePlan(context: Context, name: string, options: { yes?: boolean }): Promise<ExitCode> {
  const openexec = await context.openexec();
  const plan = await choosePlan(openexec, name);
  const yes =
    options.yes ||
    (context.asks &&
      /^y(es)?$/i.test(
        (
          await context.terminal.ask(`Delete “${oneLine(plan.name)}” with all its versions? [y/N] `, context.signal)
        )?.trim() ?? '',
      ));
  if (!yes) {
    if (context.json) context.document({ deleted: false, plan: plan.id });
    else context.note(context.asks ? 'Kept.' : 'Kept: nobody was asked. Give --yes to delete it.');
    return EXIT.operator;
  }
  await openexec.request('plan/delete', { plan: plan.id });
  if (context.json) context.document({ deleted: true, plan: plan.id });
  else context.line(`Deleted ${oneLine(plan.name)}.`);
  return EXIT.done;
}

export const planFormats = ['json', 'mermaid', 'markdown'] as const;
export type PlanFormat = (typeof planFormats)[number];

export async function exportPlan(
  context: Context,
  name: string | undefined,
  options: { format: PlanFormat; output?: string },
): Promise<ExitCode> {
  const openexec = await context.openexec();
  const { id } = await choosePlan(openexec, name);
  await exportTo(context, id, options.format, options.output ?? '-');
  return EXIT.done;
}

/** The plan's own text, also with --json: it is what was asked for. */
async function exportTo(context: Context, plan: string, format: PlanFormat, target: string): Promise<void> {
  const { text } = await (await context.openexec()).request('plan/export', { plan, format });
  const whole = text.endsWith('\n') ? text : `${text}\n`;
  if (target === '-') return context.terminal.out.write(whole);
  await context.terminal.files.write(path.resolve(context.terminal.cwd, target), whole);
  context.note(`Wrote ${target}`);
}
