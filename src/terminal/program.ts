/**
 * The command line as a whole: commands, options, help, exit codes. Each command is a function in a file of its group.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import * as blueprints from './blueprint-commands.js';
import { createContext, EXIT, type Context, type GlobalOptions } from './context.js';
import { createRedactor } from '../core/text/redact.js';
import { errorWithoutSecrets } from '../core/text/without-secrets.js';
import { failureOf } from './failure.js';
import { hasher } from './hasher.js';
import { patchApply } from './patch-command.js';
import * as plans from './plan-commands.js';
import { answerProposal, listProposals } from './proposal-commands.js';
import { fix } from './fix-command.js';
import { explainPolicy, showRules } from './policy-commands.js';
import { reportProblem } from './problem-command.js';
import { rollback } from './rollback-command.js';
import * as replays from './replay-commands.js';
import * as runs from './run-commands.js';
import { showSchedule } from './schedule-command.js';
import * as storage from './storage-commands.js';
import { init, setConfig, showConfig } from './setup-commands.js';
import { show, status } from './show-commands.js';
import * as tasks from './task-commands.js';
import type { Terminal } from './terminal.js';
import { settableKeys } from './user-config.js';
import { verify } from './verify-command.js';

/** Runs one command line (without the program's own name) and gives its exit code. Never rejects. */
export async function runCli(terminal: Terminal, args: readonly string[]): Promise<number> {
  let exit: number = EXIT.done;
  const program = build(terminal, (action) => async (...given: unknown[]) => {
    const command = given.at(-1) as Command;
    const context = createContext(terminal, command.optsWithGlobals<GlobalOptions>());
    try {
      exit = await action(context, command.opts(), ...(given.slice(0, -2) as (string | undefined)[]));
    } catch (error) {
      exit = tellFailure(terminal, error, context.json);
    } finally {
      try {
        await context.close();
      } catch (error) {
        // What was done is done and recorded; that closing failed must still be seen.
        exit = tellFailure(terminal, error, context.json);
      }
    }
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) return tellFailure(terminal, error, args.includes('--json'));
    if (error.exitCode === 0) return EXIT.done;
    if (args.includes('--json'))
      terminal.out.write(
        `${JSON.stringify({ error: { code: 'usage', params: {}, message: error.message.replace(/^error: /, '') } })}\n`,
      );
    return EXIT.usage;
  }
  return exit;
}

function tellFailure(terminal: Terminal, error: unknown, json: boolean): number {
  const key = terminal.env['ANTHROPIC_API_KEY'];
  const { redact } = createRedactor(key ? [key] : []);
  const { code, params, message, exit } = failureOf(errorWithoutSecrets(error, redact));
  if (json) terminal.out.write(`${JSON.stringify({ error: { code, params, message } })}\n`);
  else terminal.err.write(`${message}${code === 'cancelled' || code === 'usage' ? '' : ` (${code})`}\n`);
  return exit;
}

type Action = (context: Context, options: never, ...args: (string | undefined)[]) => Promise<number>;
type Wrap = (action: Action) => (...given: unknown[]) => Promise<void>;

const list = (value: string, before: string[] = []): string[] => [...before, value];
const named = (value: string): string => {
  if (value.trim() === '') throw new InvalidArgumentError('It is empty.');
  return value;
};

function build(terminal: Terminal, wrap: Wrap): Command {
  const program = new Command('openexec');
  program
    .description('A deterministic AI coding runtime: plan, approve, run, verify.')
    .option(
      '--root <dir>',
      'the folder to work on (default: the nearest with openexec.yaml or .openexec, else the git top level, else this one)',
    )
    .option('--json', 'one JSON document, or one line of JSON for each event of a run', false)
    .option('--no-color', 'no colours (also: NO_COLOR)')
    .option('--model <id>', 'the model: “recorded” or a provider’s id (also: OPENEXEC_MODEL)')
    .exitOverride()
    .showHelpAfterError('(openexec help shows the commands)')
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      // With --json the one document on standard output says it.
      writeErr: (text) => terminal.err.write(text),
      getOutHelpWidth: () => terminal.out.columns,
      getErrHelpWidth: () => terminal.err.columns,
    })
    .helpCommand('help [command]', 'show the commands, or one of them');

  program
    .command('version')
    .description('show the version')
    .action(
      wrap(async (context) => {
        if (context.json) context.document({ version: terminal.version });
        else context.line(terminal.version);
        return EXIT.done;
      }),
    );
  program.version(terminal.version, '-V, --version', 'show the version');

  program
    .command('init')
    .description('make openexec.yaml and INTENT.md where they are missing')
    .action(wrap((context) => init(context)));

  program
    .command('generate')
    .argument('[intent...]', 'a file, the intent in words, or - for standard input (default: INTENT.md)')
    .description('make a plan')
    .option('--name <name>', 'the plan’s name')
    .option('-o, --output <file>', 'also write the plan as stories.json')
    .action(
      wrap((context, options, ...args) => plans.generate(context, (args[0] ?? []) as unknown as string[], options)),
    );

  addPlanCommands(program, wrap);
  addBlueprintCommands(program, wrap);

  program
    .command('schedule')
    .argument('[plan]')
    .description('show the order of the tasks, or write it with scripts that verify it')
    .addOption(new Option('--format <format>').choices(['text', 'json', 'mermaid']).default('text'))
    .option('-o, --output <dir>', 'write tasks.json, one script per task and verify-all.sh')
    .action(wrap((context, options, plan) => showSchedule(context, plan, options)));

  program
    .command('verify')
    .argument('[plan]')
    .description('run every check of a plan once, without a model: green or red')
    .option('--task <id>', 'only this task or story (may be given again)', list)
    .action(wrap((context, options, plan) => verify(context, plan, options)));

  const approveOption = (): Option =>
    new Option('--approve <mode>', 'answer questions: all = yes, none = no, policy = pause').choices(runs.approveModes);
  program
    .command('run')
    .alias('start')
    .description('run the tasks that are not done yet')
    .option('--plan <plan>', 'not the current one')
    .option('--task <id>', 'only this task (may be given again)', list)
    .addOption(approveOption())
    .option('--blueprint <id>', 'the way each task takes (default: standard_task; openexec blueprint list)')
    .option('--dry-run', 'show what would happen')
    .option('--again', 'also tasks that are done')
    .option('--resume [run]', 'as openexec resume')
    .action(wrap((context, options) => runs.run(context, options)));
  program
    .command('fix')
    .argument('<request>', 'what is to be changed, in quotes; - reads it from standard input')
    .description('one small change without a plan: made, checked, approved and committed')
    .option('--check <command>', 'what proves it (exit code 0); it must fail before the work')
    .option('--files <path...>', 'what it is about')
    .addOption(approveOption())
    .option('--blueprint <id>', 'not quick_fix')
    .action(wrap(fix));
  program
    .command('resume')
    .argument('[run]')
    .description('go on with a paused or interrupted run')
    .addOption(approveOption())
    .option('--start-over', 'cancel it and start what it left anew, with its blueprint as it stands now')
    .action(wrap((context, options, run) => runs.resume(context, run, options)));
  program
    .command('pause')
    .argument('[run]')
    .description('pause a run at the next safe point')
    .option('--now', 'end what is running')
    .action(wrap((context, options, run) => runs.pause(context, run, options)));
  program
    .command('cancel')
    .argument('[run]')
    .description('cancel a run; what was applied stays')
    .action(wrap((context, _, run) => runs.cancel(context, run)));

  program
    .command('rollback')
    .argument('[run]', 'default: the newest')
    .description('take back what a run wrote: shown first, with later edits of yours kept')
    .option('--task <id>', 'only this task')
    .option('--step <key>', 'only this step: task/attempt/stage/visit')
    .option('--check', 'show it, do nothing')
    .option('--with-dependents', 'also the tasks that build on it')
    .option('--only', 'keep the tasks that build on it')
    .option('--leave <file>', 'leave this file as it is (may be given again)', list)
    .option('--redo', 'take the last rollback back')
    .option('--yes', 'without being asked')
    .action(wrap((context, options, run) => rollback(context, run, options)));

  addTaskCommands(program, wrap, approveOption);

  program
    .command('approve')
    .argument('[question]', 'its id or number')
    .description('say yes to what waits')
    .option('--comment <text>', 'told to the model')
    .option('--option <option>', 'for a paused run: retry, continue, skip, …')
    .addOption(new Option('--scope <scope>', 'for a command').choices(['once', 'run', 'always']))
    .option('--for-run', 'a command: also later in this run')
    .option('--always', 'a command: exactly this one, always in this folder')
    .option('--file <path>', 'only this file of the change (may be given again)', list)
    .action(wrap((context, options, id) => runs.approve(context, id, options)));
  program
    .command('reject')
    .argument('[question]', 'its id or number')
    .description('say no to what waits')
    .option('--comment <text>', 'told to the model')
    .action(wrap((context, options, id) => runs.reject(context, id, options)));

  program
    .command('status')
    .description('what is going on here, and what waits')
    .action(wrap((context) => status(context)));
  program
    .command('show')
    .argument('[run]')
    .description('show a run (default: the newest)')
    .option('--follow', 'stay with it')
    .option('--events', 'its whole timeline')
    .option('--audit', 'decisions, approvals, writes and commits')
    .option('--step <key>', 'one step: run/task/attempt/stage/visit')
    .action(wrap((context, options, run) => show(context, run, options)));

  program
    .command('replay')
    .argument('[run]')
    .description('say a run again from its record alone and compare each step: exit 0 equal, 1 different')
    .option('--from <step>', 'a new run instead: what came before this step is shared, the rest is done anew')
    .option('--anyway', 'with --from: on the files as they are now')
    .addOption(approveOption())
    .action(
      wrap((context, options: { from?: string }, run) =>
        options.from === undefined
          ? replays.replay(context, run)
          : replays.rerun(context, run, { ...options, from: options.from }),
      ),
    );
  program
    .command('compare')
    .argument('<run>')
    .argument('<run>', 'another')
    .description('two runs side by side, and where they part')
    .action(wrap((context, _, a, b) => replays.compare(context, a as string, b as string)));
  program
    .command('report')
    .argument('[run]')
    .description('a run as one file for others: asked, done, verified, changed, spent, left open')
    .addOption(
      new Option('--format <format>', 'default: by the file’s name, else html; without -o markdown').choices(
        replays.reportFormats,
      ),
    )
    .option('-o, --output <file>', 'write it there')
    .action(wrap((context, options, run) => replays.report(context, run, options)));

  program
    .command('patch')
    .description('apply patches')
    .command('apply')
    .argument('<file>', 'a unified diff, *** Begin Patch, SEARCH/REPLACE blocks or JSON; - for standard input')
    .description('apply a patch, whole or not at all')
    .option('--check', 'write nothing')
    .action(wrap((context, options, file) => patchApply(context, file as string, options, hasher)));

  const policy = program.command('policy').description('what may run and be written unasked');
  policy
    .command('rules')
    .description('the rules that decide here: shipped, yours, and this workspace’s')
    .action(wrap((context) => showRules(context)));
  policy
    .command('explain')
    .argument('[words...]', 'the rest of the vector')
    .description('say what the policy would decide, and why; nothing is done')
    .option('--command <line>', 'a shell line')
    .option(
      '--argv [words]',
      'a vector: the words that follow, or a list as JSON (-- before words that begin with a dash)',
    )
    .option('--path <path>', 'a path')
    .addOption(new Option('--op <op>', 'for a path').choices(['read', 'write', 'delete']))
    .option('--mode <mode>', 'read-only, workspace-write or full-access (default: your own)')
    .option('--cwd <folder>', 'folder in the root the command starts in')
    .option('--platform <platform>', 'win32: also as PowerShell would read the line')
    .option(
      '--stdin',
      'questions from standard input, one JSON object a line: {"cmd"|"argv"|"path", "op", "cwd", "platform"}; one answer a line',
    )
    .allowUnknownOption()
    .action(wrap((context, options, words) => explainPolicy(context, options, (words ?? []) as unknown as string[])));

  const stored = program
    .command('storage')
    .description('what the stored runs take')
    .action(wrap((context) => storage.usage(context)));
  stored
    .command('usage')
    .description('what takes how much')
    .action(wrap((context) => storage.usage(context)));
  stored
    .command('clean')
    .description('remove finished runs past their time, and free what nothing names any more')
    .option('--dry-run', 'only say which runs')
    .action(wrap((context, options) => storage.clean(context, options)));
  stored
    .command('compact')
    .description('write the database anew, without what is free in it')
    .action(wrap((context) => storage.compact(context)));
  stored
    .command('pin')
    .argument('<run>')
    .description('keep a run, however old it gets')
    .action(wrap((context, _, run) => storage.pin(context, run as string, true)));
  stored
    .command('unpin')
    .argument('<run>')
    .description('keep it as long as others')
    .action(wrap((context, _, run) => storage.pin(context, run as string, false)));
  stored
    .command('adopt')
    .argument('[path]', 'where the folder was')
    .description('take over the plans and runs of this folder from before it moved')
    .option('--fresh', 'do not, and do not offer it again')
    .action(wrap((context, options, from) => storage.adopt(context, from, options)));
  program
    .command('export')
    .description('put everything of this folder in one file')
    .option('--all', 'plans, runs and all they name')
    .option('-o, --output <file>', 'where nothing is yet')
    .action(wrap((context, options) => storage.exportAll(context, options)));
  program
    .command('restore')
    .argument('<file>', 'made by openexec export --all')
    .description('bring back what was exported; what stands here is set aside')
    .option('--yes', 'without being asked')
    .action(wrap((context, options, file) => storage.restore(context, file as string, options)));

  program
    .command('report-problem')
    .description('what a maintainer needs to know of a problem, without keys and texts; nothing is sent')
    .option('-o, --output <file>', 'write it there; JSON where the name ends in .json')
    .action(wrap((context, options) => reportProblem(context, options)));

  const config = program
    .command('config')
    .description('your own settings')
    .action(wrap((context) => showConfig(context)));
  config
    .command('show')
    .description('show them')
    .action(wrap((context) => showConfig(context)));
  config
    .command('set')
    .argument('<name>', settableKeys.join(', '))
    .argument('<value>')
    .description('change one')
    .action(wrap((context, _, name, value) => setConfig(context, name as string, value)));
  config
    .command('unset')
    .argument('<name>')
    .description('back to its default')
    .action(wrap((context, _, name) => setConfig(context, name as string, undefined)));
  return program;
}

function addTaskCommands(program: Command, wrap: Wrap, approveOption: () => Option): void {
  const task = (
    name: string,
    description: string,
    action: (context: Context, task: string, options: tasks.TaskOptions) => Promise<number>,
  ): Command =>
    program
      .command(name)
      .argument('<task>', 'its id', named)
      .description(description)
      .option('--plan <plan>', 'not the current one')
      .option('--comment <text>', 'kept with the answer')
      .action(wrap((context, options, id) => action(context, id as string, options)));
  task(
    'retry',
    'try a task again: the answer to a run that waits at it, else a run of its own',
    tasks.retryTask,
  ).addOption(approveOption());
  task('skip', 'leave a task out', tasks.skipTask);
  task('mark-fixed', 'a task was done by hand; outside a run its check has to say so', tasks.markFixed);
  task('reopen', 'take up again a task that was skipped or done', tasks.reopenTask);
}

function addBlueprintCommands(program: Command, wrap: Wrap): void {
  const blueprint = program.command('blueprint').description('work with blueprints: the stages a task goes through');
  blueprint
    .command('list')
    .description('list the shipped ones and the workspace’s own')
    .action(wrap((context) => blueprints.listBlueprints(context)));
  blueprint
    .command('show')
    .argument('<id>')
    .description('show one with its hash and commands')
    .option('--yaml', 'its text')
    .action(wrap((context, options, id) => blueprints.showBlueprint(context, id as string, options)));
  blueprint
    .command('check')
    .argument('[file...]', 'files, or - for standard input (default: those in .openexec/blueprints)')
    .description('say what is wrong in blueprints, with line and column')
    .action(wrap((context, _, files) => blueprints.checkBlueprints(context, (files ?? []) as unknown as string[])));
  blueprint
    .command('dry-run')
    .argument('<id>')
    .description('show what each stage would run here, and what the policy says; nothing is done')
    .option('--task <id>', 'for this task')
    .option('--plan <plan>', 'of this plan')
    .action(wrap((context, options, id) => blueprints.dryRunBlueprint(context, id as string, options)));
  blueprint
    .command('approve')
    .argument('<id>')
    .description('show one of the workspace’s own, and approve it as it stands')
    .option('--yes', 'without being asked')
    .action(wrap((context, options, id) => blueprints.approveBlueprint(context, id as string, options)));
  program
    .command('lsp')
    .description('the language server for blueprints, for editors')
    .option('--stdio', 'on standard input and output (the only way)')
    .action(wrap((context) => context.terminal.serveLanguage(context.signal)));
}

function addPlanCommands(program: Command, wrap: Wrap): void {
  const plan = program
    .command('plan')
    .description('work with plans; a plan is named by its id, the beginning of it, or its name');
  plan
    .command('list')
    .description('list the plans')
    .option('--all', 'also archived ones')
    .action(wrap((context, options) => plans.listPlans(context, options)));
  plan
    .command('show')
    .argument('[plan]')
    .description('show a plan (default: the current one)')
    .action(wrap((context, _, name) => plans.showPlan(context, name)));
  plan
    .command('use')
    .argument('<plan>')
    .description('make a plan the current one')
    .action(wrap((context, _, name) => plans.usePlan(context, name as string)));
  plan
    .command('approve')
    .argument('[plan]')
    .description('show every script of a plan, and approve them')
    .option('--yes', 'without being asked')
    .action(wrap((context, options, name) => plans.approvePlan(context, name, options)));
  plan
    .command('proposals')
    .argument('[plan]')
    .description('show what tasks proposed about a plan while they ran, before and after')
    .option('--all', 'also what was answered')
    .action(wrap((context, options, name) => listProposals(context, name, options)));
  for (const [name, accept, description] of [
    ['accept', true, 'take a proposal into the plan, as a new version that is not approved'],
    ['decline', false, 'close a proposal; the plan stays as it is'],
  ] as const)
    plan
      .command(name)
      .argument('<proposal>', 'its number in the list, or its id', named)
      .description(description)
      .option('--plan <plan>', 'not the current one')
      .action(wrap((context, options, proposal) => answerProposal(context, proposal as string, accept, options)));
  plan
    .command('export')
    .argument('[plan]')
    .description('write a plan')
    .addOption(new Option('--format <format>').choices(plans.planFormats).default('json'))
    .option('-o, --output <file>', 'to a file')
    .action(wrap((context, options, name) => plans.exportPlan(context, name, options)));
  plan
    .command('import')
    .argument('<file>', 'stories.json, or - for standard input')
    .description('read a plan')
    .option('--name <name>', 'its name')
    .action(wrap((context, options, file) => plans.importPlan(context, file as string, options)));
  plan
    .command('new')
    .argument('<name>', 'its name', named)
    .description('make an empty plan')
    .action(wrap((context, _, name) => plans.newPlan(context, name as string)));
  plan
    .command('delete')
    .argument('<plan>')
    .description('delete a plan with all its versions')
    .option('--yes', 'without being asked')
    .action(wrap((context, options, name) => plans.deletePlan(context, name as string, options)));
}
