/** Blueprints from a terminal: list, show, check, dry-run, approve. Checking files needs no engine and no folder. */
import path from 'node:path';
import { readCatalog } from '../core/blueprint/catalog.js';
import { isOpenExecError, OpenExecError } from '../core/errors.js';
import type { OpenExec } from '../core/facade.js';
import { showText } from '../core/text/harmless.js';
import type { FileProblem, Stage } from '../core/model/blueprint.js';
import type { BlueprintEntry, Result, StagePreview } from '../core/model/requests.js';
import { counted, duration } from '../core/view/amounts.js';
import { EXIT, type Context, type ExitCode } from './context.js';
import { choosePlan } from './choose.js';
import { columns, indent, oneLine } from './style.js';

const short = (hash: string): string => hash.slice(0, 12);

export async function listBlueprints(context: Context): Promise<ExitCode> {
  const openexec = await context.openexec();
  const { blueprints, problems } = await openexec.request('blueprint/list', {});
  if (context.json) context.document({ blueprints, problems });
  else {
    const { style } = context;
    context.line(
      columns(
        blueprints.map((one) => [
          style.bold(oneLine(one.id)),
          counted(one.stages, 'stage'),
          style.dim(short(one.hash)),
          one.origin === 'shipped' ? 'shipped' : one.seen ? style.green('approved') : style.yellow('not seen yet'),
          one.origin === 'shipped' ? oneLine(one.name) : `${oneLine(one.name)} (${oneLine(one.file)})`,
        ]),
      ),
    );
    printProblems(
      context,
      problems.filter((problem) => problem.severity === 'error'),
    );
  }
  return EXIT.done;
}

export async function showBlueprint(context: Context, id: string, options: { yaml?: boolean }): Promise<ExitCode> {
  const openexec = await context.openexec();
  const found = await openexec.request('blueprint/get', { id });
  if (context.json) context.document(found);
  else if (options.yaml) context.line(found.text.trimEnd().split('\n').map(showText).join('\n'));
  else printBlueprint(context, found);
  return EXIT.done;
}

function heading(context: Context, one: BlueprintEntry): void {
  const { style } = context;
  context.line(
    `${style.bold(oneLine(one.name))} · ${oneLine(one.id)} · ${one.origin === 'shipped' ? 'shipped' : `${oneLine(one.file)} · ${one.seen ? style.green('approved') : style.yellow('not seen yet')}`}`,
  );
  if (one.description) context.line(oneLine(one.description, 400));
  context.line(style.dim(`hash ${one.hash}`));
}

function printBlueprint(context: Context, found: Result<'blueprint/get'>): void {
  heading(context, found);
  for (const stage of Object.values(found.blueprint.stages)) {
    context.line();
    printStage(
      context,
      stage,
      found.lines.filter((line) => line.stage === stage.id),
    );
    if (stage.goal) context.line(indent(context.style.dim(stage.goal.split('\n').map(showText).join('\n')), '    '));
  }
}

function printStage(context: Context, stage: Stage, lines: readonly StagePreview['lines'][number][]): void {
  const { style } = context;
  const what =
    stage.type === 'agentic'
      ? `a model, toolset ${stage.toolset ?? 'read_only'}${stage.model ? `, model ${oneLine(stage.model)}` : ''}`
      : (stage.action ?? 'commands');
  const ways = [
    `→ ${stage.onSuccess}`,
    stage.onFailure ? `on failure → ${stage.onFailure} (at most ${counted(stage.maxRetries, 'time')})` : '',
    stage.routes.length ? `may choose ${stage.routes.join(', ')}` : '',
  ].filter(Boolean);
  const limits = [
    `at most ${duration(stage.timeoutMs)}`,
    stage.sandbox ? `sandbox ${stage.sandbox}` : '',
    stage.approval ? `asks: ${stage.approval}` : '',
    stage.requires ? 'only when a reviewer model is set' : '',
  ].filter(Boolean);
  context.line(`${style.bold(stage.id)}  ${what}  ${ways.join(' · ')}${style.dim(` · ${limits.join(' · ')}`)}`);
  for (const line of lines) printLine(context, line);
}

const effects = { allow: 'runs unasked', ask: 'asks first', deny: 'is refused' } as const;

function printLine(context: Context, line: StagePreview['lines'][number]): void {
  const { style } = context;
  const paint = { allow: style.green, ask: style.yellow, deny: style.red }[line.decision.effect];
  const { effect, rule, reason } = line.decision;
  context.line(indent(`$ ${line.script.split('\n').map(showText).join('\n  ')}`, '    '));
  context.line(
    `      ${paint(effects[effect])}${line.warnsOnly ? ' (only warns)' : ''}: ${oneLine(reason)} ${style.dim(`(${rule})`)}`,
  );
  context.line(
    style.dim(
      `      sandbox ${line.sandbox}${line.may.length ? ` · ${line.may.map((one) => oneLine(one)).join(', ')}` : ''}`,
    ),
  );
}

/** `sources`: files, or `-`; none = the workspace's own. 1 when there is an error. */
export async function checkBlueprints(context: Context, sources: readonly string[]): Promise<ExitCode> {
  const { files, problems } = sources.length
    ? await checkFiles(context, sources)
    : await (await context.openexec()).request('blueprint/check', {});
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  if (context.json) context.document({ files, problems });
  else {
    printProblems(context, problems);
    const count = files.length || !problems.length ? counted(files.length, 'file') : 'No file';
    context.note(errors ? `${count} checked: ${counted(errors, 'error')}.` : `${count} checked: no error.`);
  }
  return errors ? EXIT.failed : EXIT.done;
}

async function checkFiles(
  context: Context,
  sources: readonly string[],
): Promise<{ files: string[]; problems: FileProblem[] }> {
  const { terminal } = context;
  const files: { file: string; text: string; origin: 'workspace' }[] = [];
  for (const source of sources) {
    const text =
      source === '-'
        ? await terminal.readInput(context.signal)
        : await terminal.files.read(path.resolve(terminal.cwd, source));
    if (text === undefined) throw new OpenExecError('usage', { problem: `There is no file ${source} to check.` });
    files.push({ file: source === '-' ? 'stdin.yaml' : source, text, origin: 'workspace' });
  }
  return { files: files.map(({ file }) => file), problems: readCatalog(files).problems };
}

function printProblems(context: Context, problems: readonly FileProblem[]): void {
  const { style } = context;
  for (const { file, line, column, severity, code, message, hint } of problems) {
    const paint = severity === 'error' ? style.red : severity === 'warning' ? style.yellow : style.dim;
    context.line(
      `${oneLine(file)}:${line}:${column} ${paint(severity)} ${code} ${oneLine(message, 400)}${hint ? style.dim(` (${oneLine(hint, 200)})`) : ''}`,
    );
  }
}

export async function dryRunBlueprint(
  context: Context,
  id: string,
  options: { task?: string; plan?: string },
): Promise<ExitCode> {
  const openexec = await context.openexec();
  const plan = options.task === undefined ? undefined : (await choosePlan(openexec, options.plan)).id;
  const dry = await openexec.request(
    'blueprint/dry-run',
    { id, ...(plan === undefined ? {} : { plan, task: options.task }) },
    context.signal,
  );
  if (context.json) {
    context.document(dry);
    return EXIT.done;
  }
  const { style } = context;
  heading(context, dry);
  context.line(
    style.dim(
      `Lint, test and build commands come from ${dry.commandsFrom === 'settings' ? 'the settings' : dry.commandsFrom === 'facts' ? 'what the project itself says' : oneLine(dry.commandsFrom)}.`,
    ),
  );
  const part = (title: string, stages: readonly StagePreview[]): void => {
    if (!stages.length) return;
    context.line();
    context.line(style.bold(title));
    for (const { stage, lines, empty } of stages) {
      printStage(context, stage, lines);
      if (empty) context.line(style.yellow('    nothing to run here: skipped, and it proves nothing'));
      if (stage.action === 'verify' && options.task === undefined)
        context.line(style.dim('    $ the task’s own check'));
    }
  };
  part(
    'When nothing fails',
    dry.path.filter((one) => one.main),
  );
  part(
    'When something fails',
    dry.path.filter((one) => !one.main),
  );
  context.line();
  context.line('Nothing was done.');
  return EXIT.done;
}

/**
 * Shows the blueprint and its commands, and binds the yes to exactly this text. Without a person and without `yes`: 3.
 */
export async function approveBlueprint(context: Context, id: string, options: { yes?: boolean }): Promise<ExitCode> {
  const openexec = await context.openexec();
  const found = await openexec.request('blueprint/get', { id });
  const approved = await offer(context, openexec, found, options.yes ?? false);
  if (context.json) context.document({ approved, id, hash: found.hash, lines: found.lines });
  else if (approved) context.line('Approved.');
  else
    context.note(context.asks ? 'Not approved.' : 'Not approved: nobody was asked. Give --yes once you have read it.');
  return approved ? EXIT.done : EXIT.operator;
}

async function offer(
  context: Context,
  openexec: OpenExec,
  found: Result<'blueprint/get'>,
  yes: boolean,
): Promise<boolean> {
  if (found.seen) return true;
  if (!context.json) {
    printBlueprint(context, found);
    context.line();
    if (found.lines.length)
      context.line(
        `Once approved, ${found.lines.length === 1 ? 'this command runs' : `these ${found.lines.length} commands run`} unasked, exactly as shown and in its sandbox. What is refused stays refused, and an edited file asks again.`,
      );
  }
  const commands = found.lines.length ? ` and its ${counted(found.lines.length, 'command')}` : '';
  const said =
    yes ||
    (context.asks &&
      /^y(es)?$/i.test(
        (await context.terminal.ask(`Approve this blueprint${commands}? [y/N] `, context.signal))?.trim() ?? '',
      ));
  if (said) await openexec.request('blueprint/approve', { id: found.id, hash: found.hash });
  return said;
}

/** Starts something with a blueprint; where nobody has seen it yet, a person at the terminal is shown it first. */
export async function withSeenBlueprint<T>(context: Context, openexec: OpenExec, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    if (!context.asks || !isOpenExecError(error, 'blueprint-unseen')) throw error;
    const found = await openexec.request('blueprint/get', { id: String(error.params['id']) });
    if (!(await offer(context, openexec, found, false))) throw error;
    return await start();
  }
}
