/**
 * The one way from a model or a script to the world:
 * facts are looked up, the policy decides, and what it decided is recorded.
 */
import { because, decisionOf, said } from '../../policy/types.js';
import type { Decision, Sandbox } from '../../model/policy.js';
import { tighterApproval, tighterSandbox } from '../../model/policy.js';
import { argvHash, decide, scriptHash, type PathOp, type Policy, type PolicyRequest } from '../../policy/index.js';
import { environmentsHere, withEnvironments } from '../../record/environments.js';
import { installsByArgv, installsByScript } from '../../project/installation.js';
import { judge, worldAt, type JudgeWorld } from '../../permission/judge.js';
import { policyRules } from '../../permission/rules.js';
import { showArgv, showText } from '../../text/harmless.js';
import type { StepContext } from '../../record/step-context.js';
import { toolsets } from '../../tools/contracts.js';
import { readRow } from '../../record/small-rows.js';

/** A blueprint can only tighten what the run was started with. */
export const sandboxOf = ({ stage, run }: StepContext): Sandbox => tighterSandbox(stage.sandbox, run.config.sandbox);

const policyOf = (ctx: StepContext): Policy => ({
  ...policyRules(ctx.run.config.rules),
  sandbox: sandboxOf(ctx),
  approval: tighterApproval(ctx.stage.approval, ctx.run.config.approval),
  trusted: true,
});

/**
 * In a worktree nothing reaches the person's tree: what is shown there is the merge, as one change set.
 * What is always asked is asked here, too.
 */
function pathPolicyOf(ctx: StepContext): Policy {
  const policy = policyOf(ctx);
  return ctx.root === ctx.run.root || policy.approval === 'never' ? policy : { ...policy, approval: 'risky' };
}

/**
 * `quiet`: only a denial is recorded; for edits that are put to the policy again as a whole.
 * `silent`: nothing is; for what a search passes over. A read that is allowed is told with its call.
 */
export async function gatePath(
  ctx: StepContext,
  op: PathOp,
  path: string,
  options: { quiet?: boolean; silent?: boolean } = {},
): Promise<Decision> {
  const outside = op === 'read' ? undefined : docsOnly(ctx, path);
  const decision = await observed(
    ctx,
    `${op} ${showText(path)}`,
    async () => outside ?? (await judge({ kind: 'path', op, path }, pathPolicyOf(ctx), worldOf(ctx))),
  );
  if (!options.silent && (decision.effect === 'deny' || !(options.quiet ?? op === 'read')))
    record(ctx, `${op} ${showText(path)}`, decision);
  return decision;
}

/** The docs toolset writes Markdown below its output folder, and nothing else. */
function docsOnly(ctx: StepContext, path: string): Decision | undefined {
  if (ctx.stage.toolset !== 'docs') return undefined;
  const folder = ctx.stage.outputFolder ?? 'docs';
  if (path.startsWith(`${folder}/`) && /\.(md|markdown)$/i.test(path)) return undefined;
  return { effect: 'deny', rule: 'tool.docs', reason: `this stage writes Markdown below ${folder}/ only` };
}

/**
 * Every tool call passes: the stage's set, the run's mode, the person's rules.
 * Only what is not allowed is a decision of its own; else the rule is told with the call.
 */
export function gateTool(ctx: StepContext, tool: string): Decision {
  const now = decide({ kind: 'tool', tool, toolset: toolsets[ctx.stage.toolset ?? 'read_only'] ?? [] }, policyOf(ctx));
  if (now.effect === 'allow') return now;
  const decision = observed(ctx, tool, () => now);
  record(ctx, tool, decision);
  return decision;
}

export interface GatedCommand {
  decision: Decision;
  /** Of the exact text or vector with its folder and sandbox: what a yes is bound to. */
  hash: string;
  /** It installs what the project depends on, and a person said yes to it or will be asked. */
  installs: boolean;
}

export async function gateCommand(
  ctx: StepContext,
  spec: { argv?: readonly string[]; script?: string; cwd: string },
): Promise<GatedCommand> {
  const { run } = ctx;
  const sandbox = sandboxOf(ctx);
  const sha256 = (data: string) => run.ports.hasher.sha256(data);
  const request: PolicyRequest & { hash: string } =
    spec.script !== undefined
      ? {
          kind: 'script',
          text: spec.script,
          cwd: spec.cwd,
          parsed: await run.ports.shell.parse(spec.script),
          hash: scriptHash(spec.script, spec.cwd, sandbox, sha256),
        }
      : {
          kind: 'argv',
          argv: spec.argv ?? [],
          cwd: spec.cwd,
          hash: argvHash(spec.argv ?? [], spec.cwd, sandbox, sha256),
        };
  const installs = request.kind === 'script' ? installsByScript(request.parsed) : installsByArgv(spec.argv ?? []);
  const approved = new Set(run.config.approvedScripts);
  if (await wasSeen(ctx, request.hash)) approved.add(request.hash);
  const shown = spec.script === undefined ? showArgv(spec.argv ?? []) : showText(spec.script);
  const decision = await observed(ctx, shown, judgeNow);
  record(ctx, shown, decision, request.hash);
  return { decision, hash: request.hash, installs: installs && byPerson(decision) };

  async function judgeNow(): Promise<Decision> {
    // What a person approved or configured goes on;
    // what the model thinks of itself is asked about more where nothing holds it.
    const unsandboxed = spec.argv !== undefined && (await run.ports.commands.isolation()) === 'none';
    const judged = await judge(request, policyOf(ctx), worldOf(ctx), {
      approved,
      changedFiles: [...run.changedIn(ctx.root)],
      unsandboxed,
    });
    return withEnvironments(sayingInstalls(judged, installs), await environmentsHere(run.ports, run.root));
  }
}

/** Not what a level of approval lets through: a yes to this command, a rule of the person's own, or a question. */
const byPerson = ({ effect, rule }: Decision): boolean =>
  effect === 'ask' || rule === 'script.approved' || rule.startsWith('user.');

/** The person said yes to exactly this, for this run or for always. */
async function wasSeen(ctx: StepContext, hash: string): Promise<boolean> {
  const seen = await readRow(ctx.run.ports, 'seen-command', [hash]);
  return seen !== undefined && (seen.always || seen.run === ctx.run.id);
}

/** What is looked up for a decision, on the root of the step. */
const worldOf = (ctx: StepContext): JudgeWorld => worldAt(ctx.root, ctx.run.ports);

const observed = <D extends Decision | Promise<Decision>>(ctx: StepContext, subject: string, look: () => D) =>
  ctx.run.observations.decision(ctx.step, ctx.work.task.id, subjectOf(ctx, subject), look);

const subjectOf = (ctx: StepContext, text: string): string => ctx.run.ports.redact(text).slice(0, 2000);

function record(ctx: StepContext, subject: string, decision: Decision, hash?: string): void {
  ctx.run.journal.note(
    [],
    [
      {
        type: 'decision-made',
        step: ctx.step.key,
        task: ctx.work.task.id,
        subject: subjectOf(ctx, subject),
        ...decision,
        ...(hash !== undefined && { hash }),
      },
    ],
  );
}

/** Who is asked about an installation is told what it gets. */
const sayingInstalls = (decision: Decision, installs: boolean): Decision =>
  decision.effect === 'ask' && installs
    ? decisionOf({
        ...decision,
        reason: because`${said(decision.because ?? decision.reason)}; as an installation it has the network and may change what the project brings`,
      })
    : decision;
