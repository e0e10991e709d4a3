/**
 * The command line as a whole: commands, options, help, exit codes. Each command is a function in a file of its group.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import * as blueprints from './blueprint-commands.js';
import { createContext, EXIT, type Context, type GlobalOptions } from './context.js';
import { createRedactor } from '../core/text/redact.js';
import { errorWithoutSecrets } from '../core/text/without-secrets.js';
import { failureOf } from './failure.js';
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
import { environments } from './environment-commands.js';
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
  const add: Add = (to, usage, does, action) =>
    to
      .command(usage)
      .description(does)
      .action(async (...given: unknown[]) => {
        const context = createContext(terminal, (given.at(-1) as Command).optsWithGlobals<GlobalOptions>());
        try {
          exit = await action(context, ...(given.slice(0, -1) as never[]));
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
  const program = build(terminal, add);
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

/** Is given the arguments in their order, then the options: what they are is for the command line to see to. */
type Action = (context: Context, ...given: never[]) => Promise<number>;
/** Adds a command to a group: its name with its arguments, what it does, and the function that does it. */
type Add = (to: Command, usage: string, does: string, action: Action) => Command;

const list = (value: string, before: string[] = []): string[] => [...before, value];
const named = (value: string): string => {
  if (value.trim() === '') throw new InvalidArgumentError('It is empty.');
  return value;
};

const approveOption = (): Option =>
  new Option('--approve <mode>', 'answer changes and commands: all = yes, none = no, policy = pause').choices(
    runs.approveModes,
  );
const answerOption = (): Option =>
  new Option('--answer <text>', 'told to the next question in words (may be given again)').argParser(list);

function build(terminal: Terminal, add: Add): Command {
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

  add(program, 'version', 'show the version', async (context) => {
    if (context.json) context.document({ version: terminal.version });
    else context.line(terminal.version);
    return EXIT.done;
  });
  program.version(terminal.version, '-V, --version', 'show the version');

  add(program, 'init', 'make openexec.yaml and INTENT.md where they are missing', init);

  for (const addCommands of [
    addPlanCommands,
    addBlueprintCommands,
    addCheckCommands,
    addRunCommands,
    addTaskCommands,
    addAnswerCommands,
    addRecordCommands,
    addPolicyCommands,
    addStorageCommands,
    addConfigCommands,
  ])
    addCommands(program, add);
  return program;
}

function addPlanCommands(program: Command, add: Add): void {
  add(program, 'generate', 'make a plan', plans.generate)
    .argument('[intent...]', 'a file, the intent in words, or - for standard input (default: INTENT.md)')
    .option('--name <name>', 'the plan’s name')
    .option('-o, --output <file>', 'also write the plan as stories.json');

  const plan = program
    .command('plan')
    .description('work with plans; a plan is named by its id, the beginning of it, or its name');
  add(plan, 'list', 'list the plans', plans.listPlans).option('--all', 'also archived ones');
  add(plan, 'show [plan]', 'show a plan (default: the current one)', plans.showPlan);
  add(plan, 'use <plan>', 'make a plan the current one', plans.usePlan);
  add(plan, 'approve [plan]', 'show every script of a plan, and approve them', plans.approvePlan).option(
    '--yes',
    'without being asked',
  );
  add(
    plan,
    'proposals [plan]',
    'show what tasks proposed about a plan while they ran, before and after',
    listProposals,
  ).option('--all', 'also what was answered');
  for (const [name, accept, description] of [
    ['accept', true, 'take a proposal into the plan, as a new version that is not approved'],
    ['decline', false, 'close a proposal; the plan stays as it is'],
  ] as const)
    add(plan, name, description, (context, proposal, options) => answerProposal(context, proposal, accept, options))
      .argument('<proposal>', 'its number in the list, or its id', named)
      .option('--plan <plan>', 'not the current one');
  add(plan, 'export [plan]', 'write a plan', plans.exportPlan)
    .addOption(new Option('--format <format>').choices(plans.planFormats).default('json'))
    .option('-o, --output <file>', 'to a file');
  add(plan, 'import', 'read a plan', plans.importPlan)
    .argument('<file>', 'stories.json, or - for standard input')
    .option('--name <name>', 'its name; a plan that has it gets a new version')
    .option('--over <plan>', 'this plan gets a new version: what is done, approved and begun of it stays')
    .option('--new', 'a plan of its own, also where one has that name');
  add(plan, 'new', 'make an empty plan', plans.newPlan).argument('<name>', 'its name', named);
  add(plan, 'delete <plan>', 'delete a plan with all its versions', plans.deletePlan).option(
    '--yes',
    'without being asked',
  );
}

function addBlueprintCommands(program: Command, add: Add): void {
  const blueprint = program.command('blueprint').description('work with blueprints: the stages a task goes through');
  add(blueprint, 'list', 'list the shipped ones and the workspace’s own', blueprints.listBlueprints);
  add(blueprint, 'show <id>', 'show one with its hash and commands', blueprints.showBlueprint).option(
    '--yaml',
    'its text',
  );
  add(blueprint, 'check', 'say what is wrong in blueprints, with line and column', blueprints.checkBlueprints).argument(
    '[file...]',
    'files, or - for standard input (default: those in .openexec/blueprints)',
  );
  add(
    blueprint,
    'dry-run <id>',
    'show what each stage would run here, and what the policy says; nothing is done',
    blueprints.dryRunBlueprint,
  )
    .option('--task <id>', 'for this task')
    .option('--plan <plan>', 'of this plan');
  add(
    blueprint,
    'approve <id>',
    'show one of the workspace’s own, and approve it as it stands',
    blueprints.approveBlueprint,
  ).option('--yes', 'without being asked');
  add(program, 'lsp', 'the language server for blueprints, for editors', (context) =>
    context.terminal.serveLanguage(context.signal),
  ).option('--stdio', 'on standard input and output (the only way)');
}

function addCheckCommands(program: Command, add: Add): void {
  add(program, 'schedule [plan]', 'show the order of the tasks, or write it with scripts that verify it', showSchedule)
    .addOption(new Option('--format <format>').choices(['text', 'json', 'mermaid']).default('text'))
    .option('-o, --output <dir>', 'write tasks.json, one script per task and verify-all.sh');

  add(program, 'verify [plan]', 'run every check of a plan once, without a model: green or red', verify).option(
    '--task <id>',
    'only this task or story (may be given again)',
    list,
  );
}

function addRunCommands(program: Command, add: Add): void {
  add(program, 'run', 'run the tasks that are not done yet', runs.run)
    .alias('start')
    .option('--plan <plan>', 'not the current one')
    .option('--task <id>', 'only this task (may be given again)', list)
    .addOption(approveOption())
    .addOption(answerOption())
    .option('--blueprint <id>', 'the way each task takes (default: standard_task; openexec blueprint list)')
    .option('--dry-run', 'show what would happen')
    .option('--again', 'also tasks that are done')
    .option('--verify-commit', 'run each task’s check also in a worktree of its commit')
    .option('--resume [run]', 'as openexec resume');
  add(program, 'fix', 'one small change without a plan: made, checked, approved and committed', fix)
    .argument('<request>', 'what is to be changed, in quotes; - reads it from standard input')
    .option('--check <command>', 'what proves it (exit code 0); it must fail before the work')
    .option('--files <path...>', 'what it is about')
    .addOption(approveOption())
    .addOption(answerOption())
    .option('--blueprint <id>', 'not quick_fix');
  add(program, 'resume [run]', 'go on with a paused or interrupted run', runs.resume)
    .addOption(approveOption())
    .addOption(answerOption())
    .option('--start-over', 'cancel it and start what it left anew, with its blueprint as it stands now');
  add(program, 'pause [run]', 'pause a run at the next safe point', runs.pause).option('--now', 'end what is running');
  add(program, 'cancel [run]', 'cancel a run; what was applied stays', runs.cancel);

  add(program, 'rollback', 'take back what a run wrote: shown first, with later edits of yours kept', rollback)
    .argument('[run]', 'default: the newest')
    .option('--task <id>', 'only this task')
    .option('--step <key>', 'only this step: task/attempt/stage/visit')
    .option('--check', 'show it, do nothing')
    .option('--with-dependents', 'also the tasks that build on it')
    .option('--only', 'keep the tasks that build on it')
    .option('--leave <file>', 'leave this file as it is (may be given again)', list)
    .option('--redo', 'take the last rollback back')
    .option('--yes', 'without being asked');
}

function addTaskCommands(program: Command, add: Add): void {
  const task = (name: string, does: string, action: Action): Command =>
    add(program, name, does, action)
      .argument('<task>', 'its id', named)
      .option('--plan <plan>', 'not the current one')
      .option('--comment <text>', 'kept with the answer');
  task(
    'retry',
    'try a task again: the answer to a run that waits at it, else a run of its own',
    tasks.retryTask,
  ).addOption(approveOption());
  task('skip', 'leave a task out', tasks.skipTask);
  task('mark-fixed', 'a task was done by hand; outside a run its check has to say so', tasks.markFixed);
  task('reopen', 'take up again a task that was skipped or done', tasks.reopenTask);
}

function addAnswerCommands(program: Command, add: Add): void {
  add(program, 'approve', 'say yes to what waits', runs.approve)
    .argument('[question]', 'its id or number')
    .option('--comment <text>', 'told to the model')
    .option('--option <option>', 'for a paused run: retry, continue, skip, …')
    .option('--script <text>', 'with --option edit: the task’s new check, taken into the plan')
    .addOption(new Option('--scope <scope>', 'for a command').choices(['once', 'run', 'always']))
    .option('--for-run', 'a command: also later in this run')
    .option('--always', 'a command: exactly this one, always in this folder')
    .option('--file <path>', 'only this file of the change (may be given again)', list)
    .option('--yes', 'a change: without showing it')
    .addOption(approveOption());
  add(program, 'reject', 'say no to what waits', runs.reject)
    .argument('[question]', 'its id or number')
    .option('--comment <text>', 'told to the model')
    .addOption(approveOption());
}

function addRecordCommands(program: Command, add: Add): void {
  add(program, 'status', 'what is going on here, and what waits', status);
  add(program, 'show [run]', 'show a run (default: the newest)', show)
    .option('--follow', 'stay with it')
    .option('--events', 'its whole timeline')
    .option('--audit', 'decisions, approvals, writes and commits')
    .option('--step <key>', 'one step: run/task/attempt/stage/visit');

  add(
    program,
    'replay [run]',
    'say a run again from its record alone and compare each step: exit 0 equal, 1 different',
    (context, run, options: { from?: string }) =>
      options.from === undefined
        ? replays.replay(context, run)
        : replays.rerun(context, run, { ...options, from: options.from }),
  )
    .option('--from <step>', 'a new run instead: what came before this step is shared, the rest is done anew')
    .option('--anyway', 'with --from: on the files as they are now')
    .addOption(approveOption());
  add(program, 'compare <run>', 'two runs side by side, and where they part', replays.compare).argument(
    '<run>',
    'another',
  );
  add(
    program,
    'report [run]',
    'a run as one file for others: asked, done, verified, changed, spent, left open',
    replays.report,
  )
    .addOption(
      new Option('--format <format>', 'default: by the file’s name, else html; without -o markdown').choices(
        replays.reportFormats,
      ),
    )
    .option('-o, --output <file>', 'write it there');
}

function addPolicyCommands(program: Command, add: Add): void {
  const patch = program.command('patch').description('apply patches');
  add(patch, 'apply', 'apply a patch, whole or not at all', patchApply)
    .argument('<file>', 'a unified diff, *** Begin Patch, SEARCH/REPLACE blocks or JSON; - for standard input')
    .option('--check', 'write nothing');
  const policy = program.command('policy').description('what may run and be written unasked');
  add(policy, 'rules', 'the rules that decide here: shipped, yours, and this workspace’s', showRules);
  add(policy, 'explain', 'say what the policy would decide, and why; nothing is done', explainPolicy)
    .argument('[words...]', 'the rest of the vector')
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
    .allowUnknownOption();
}

function addStorageCommands(program: Command, add: Add): void {
  add(program, 'environment', 'the programs that the project brings, and whether commands use them', environments)
    .option('--use', 'let commands use them as they are now')
    .option('--decline', 'have commands go on without them');

  const stored = add(program, 'storage', 'what the stored runs take', storage.usage);
  add(stored, 'usage', 'what takes how much', storage.usage);
  add(
    stored,
    'clean',
    'remove finished runs past their time, and free what nothing names any more',
    storage.clean,
  ).option('--dry-run', 'only say which runs');
  add(stored, 'compact', 'write the database anew, without what is free in it', storage.compact);
  add(stored, 'pin <run>', 'keep a run, however old it gets', (context, run) => storage.pin(context, run, true));
  add(stored, 'unpin <run>', 'keep it as long as others', (context, run) => storage.pin(context, run, false));
  add(stored, 'adopt', 'take over the plans and runs of this folder from before it moved', storage.adopt)
    .argument('[path]', 'where the folder was')
    .option('--fresh', 'do not, and do not offer it again');
  add(program, 'export', 'put everything of this folder in one file', storage.exportAll)
    .option('--all', 'plans, runs and all they name')
    .option('-o, --output <file>', 'where nothing is yet');
  add(program, 'restore', 'bring back what was exported; what stands here is set aside', storage.restore)
    .argument('<file>', 'made by openexec export --all')
    .option('--yes', 'without being asked');

  add(
    program,
    'report-problem',
    'what a maintainer needs to know of a problem, without keys and texts; nothing is sent',
    reportProblem,
  ).option('-o, --output <file>', 'write it there; JSON where the name ends in .json');
}

function addConfigCommands(program: Command, add: Add): void {
  const config = add(program, 'config', 'your own settings', showConfig);
  add(config, 'show', 'show them', showConfig);
  add(config, 'set', 'change one', setConfig).argument('<name>', settableKeys.join(', ')).argument('<value>');
  add(config, 'unset <name>', 'back to its default', (context, name) => setConfig(context, name, undefined));
}
