/**
 * `openexec policy …`: what the policy would say, without effect:
 * no store is opened, nothing is written, nothing is started.
 */
import { OpenExecError } from '../core/errors.js';
import { explain, explainLine } from '../core/permission/explain.js';
import type { JudgeWorld } from '../core/permission/judge.js';
import { questionSchema, type Decision, type PolicyRule, type Sandbox } from '../core/model/policy.js';
import { asRoot } from '../core/model/primitives.js';
import { shippedRules, type Facts, type Policy } from '../core/policy/index.js';
import { loadRules, POLICY_FILE, policyRules } from '../core/permission/rules.js';
import { EXIT, type Context, type ExitCode } from './context.js';
import { columns, indent, oneLine } from './style.js';
import { readUserConfig, userConfigFile, valuesOf } from './user-config.js';

export interface ExplainOptions {
  command?: string;
  /** JSON, or the first of the words that follow; true = only the words that follow. */
  argv?: string | true;
  path?: string;
  op?: 'read' | 'write' | 'delete';
  cwd?: string;
  platform?: string;
  mode?: string;
  stdin?: boolean;
}

/** Names of the modes, with those the originals used. */
const MODES: Readonly<Record<string, Sandbox>> = {
  'read-only': 'read-only',
  suggest: 'read-only',
  'workspace-write': 'workspace-write',
  'auto-edit': 'workspace-write',
  'full-access': 'full-access',
  'danger-full-access': 'full-access',
};

/** As Node names them. */
const PLATFORMS: readonly string[] = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'openbsd', 'sunos', 'win32'];

export async function explainPolicy(
  context: Context,
  words: readonly string[],
  options: ExplainOptions,
): Promise<ExitCode> {
  const asked = [options.command, options.argv, options.path, options.stdin].filter((one) => one !== undefined).length;
  if (asked !== 1) throw new OpenExecError('usage', { problem: 'Give one of --command, --argv, --path and --stdin.' });
  const { platform } = options;
  if (platform !== undefined && !PLATFORMS.includes(platform))
    throw new OpenExecError('usage', {
      problem: `There is no platform “${platform}”. There are: ${PLATFORMS.join(', ')}.`,
    });
  const { policy, world, facts } = await here(context, options.mode);
  if (options.stdin) return await answerLines(context, (line) => explainLine(line, policy, world, facts));
  const question = questionSchema.parse({
    ...(options.command !== undefined && { cmd: options.command }),
    ...(options.argv !== undefined && { argv: vectorOf(options.argv, words) }),
    ...(options.path !== undefined && { path: options.path }),
    ...(options.op && { op: options.op }),
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(platform !== undefined && { platform }),
  });
  const decision = await explain(question, policy, world, facts);
  if (context.json) context.document(decision);
  else tell(context, decision);
  return EXIT.done;
}

async function here(
  context: Context,
  mode: string | undefined,
): Promise<{ policy: Policy; world: JudgeWorld; facts: Facts }> {
  const { terminal } = context;
  const config = valuesOf(await readUserConfig(terminal));
  const sandbox = mode === undefined ? config.sandbox : Object.hasOwn(MODES, mode) ? MODES[mode] : undefined;
  if (sandbox === undefined)
    throw new OpenExecError('usage', {
      problem: `There is no mode “${mode}”. There are: read-only, workspace-write, full-access.`,
    });
  const root = asRoot(await context.root());
  const world = await terminal.judgeWorld(root);
  const rules = await loadRules(config.rules, world.workspace, root);
  for (const { file, line, id } of rules.ignored)
    context.note(
      `${file}:${line}: the rule ${id} would loosen the policy; a workspace can only tighten, so it counts for nothing.`,
    );
  return {
    policy: { sandbox, approval: config.approval, trusted: true, ...policyRules(rules) },
    world,
    facts: { dataHome: terminal.home },
  };
}

function vectorOf(given: string | true, words: readonly string[]): string[] {
  if (given === true) return [...words];
  if (given.trimStart().startsWith('[') && words.length === 0) {
    let value: unknown;
    try {
      value = JSON.parse(given);
    } catch (error) {
      throw new OpenExecError('usage', { problem: `--argv is not JSON: ${given.slice(0, 100)}` }, undefined, {
        cause: error,
      });
    }
    if (Array.isArray(value) && value.every((word) => typeof word === 'string')) return value;
    throw new OpenExecError('usage', { problem: '--argv must be a list of texts.' });
  }
  return [given, ...words];
}

function tell(context: Context, { effect, rule, reason }: Decision): void {
  const { style } = context;
  const colour = effect === 'allow' ? style.green : effect === 'ask' ? style.yellow : style.red;
  context.line(`${colour(effect)}  ${reason}`);
  context.line(style.dim(`rule ${rule}`));
}

/**
 * Answers stand in the order of the questions, and go out with the input they came from: whoever waits for one gets it.
 */
async function answerLines(
  { terminal, signal }: Context,
  answer: (line: string) => Promise<Decision>,
): Promise<ExitCode> {
  for await (const lines of terminal.inputLines(signal)) {
    let text = '';
    for (const line of lines) {
      signal.throwIfAborted();
      text += `${JSON.stringify(line === null ? { effect: 'deny', rule: 'question.too-long', reason: 'the line is longer than can be judged' } : await answer(line))}\n`;
      if (text.length > 64 * 1024) {
        terminal.out.write(text);
        text = '';
        await terminal.out.drained?.(signal);
      }
    }
    terminal.out.write(text);
    await terminal.out.drained?.(signal);
  }
  return EXIT.done;
}

/** Everything that decides here: the shipped lists in short, the person's rules, the workspace's. */
export async function showRules(context: Context): Promise<ExitCode> {
  const { terminal, style } = context;
  const config = valuesOf(await readUserConfig(terminal));
  const root = asRoot(await context.root());
  const rules = await loadRules(config.rules, (await terminal.judgeWorld(root)).workspace, root);
  if (context.json) {
    context.document({
      sandbox: config.sandbox,
      approval: config.approval,
      shipped: shippedRules(),
      user: rules.user,
      workspace: rules.workspace,
      ignored: rules.ignored,
    });
    return EXIT.done;
  }
  const show = (title: string, rows: readonly (readonly string[])[]) => {
    context.line(style.bold(title));
    context.line(rows.length > 0 ? indent(columns(rows), '  ') : '  none');
    context.line();
  };
  const line = (rule: PolicyRule) => [
    rule.decision,
    `${rule.type} ${rule.operator} ${[...(rule.value === undefined ? [] : [rule.value]), ...(rule.values ?? [])].join(', ')}`,
    rule.id,
    rule.reason,
  ];
  for (const { title, rules: rows } of shippedRules())
    show(
      title,
      rows.map((rule) => [rule.effect, rule.rule, rule.reason, oneLine(rule.names.join(' '), 100)]),
    );
  show(`Your own rules (${userConfigFile(terminal)})`, rules.user.map(line));
  show(`This workspace’s rules (${POLICY_FILE}), which can only tighten`, rules.workspace.map(line));
  for (const { file, line: at, id } of rules.ignored)
    context.line(style.yellow(`${file}:${at}: ${id} would loosen the policy and counts for nothing.`));
  context.line(
    `Mode ${config.sandbox}, approval ${config.approval}. Deny over ask over allow; the floor over your rules over the workspace’s.`,
  );
  return EXIT.done;
}
