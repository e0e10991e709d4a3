/**
 * The policy: request and facts in, a decision with its rule and a sentence out. Pure, synchronous, never
 * throws. Strictest wins: deny over ask over allow; floor over user over workspace (which only tightens);
 * sandbox mode and approval level come last.
 */
import type { Decision } from '../model/policy.js';
import { argvWords, changedTools, judgeArgv } from './judge-argv.js';
import { lookupPathOf } from './fold-path.js';
import { judgePath, targetAt } from './judge-path.js';
import { judgeScript } from './judge-script.js';
import {
  allow,
  ask,
  deny,
  strictest,
  type CommandContext,
  type Facts,
  type PathOp,
  type Policy,
  type PolicyRequest,
  type Verdict,
  because,
  said,
  decisionOf,
} from './types.js';
import { applyRules, decidingRule } from './user-rules.js';

/** Tools every stage has, whatever its toolset: they change nothing outside the run itself. */
const CONTROL_TOOLS = new Set(['ask_operator', 'signal', 'submit_result']);
const WRITING_TOOLS = new Set(['apply_patch', 'write_file', 'delete_file']);

export function decide(request: PolicyRequest, policy: Policy, facts: Facts = {}): Decision {
  return decisionOf(judge(request, policy, facts));
}

function judge(request: PolicyRequest, policy: Policy, facts: Facts): Verdict {
  switch (request.kind) {
    case 'path':
      return pathAtLevel(
        request.op,
        withPathRules(request.op, request.path, judgePath(request.op, request.path, facts), policy, facts),
        policy,
      );
    case 'tool':
      return judgeTool(request, policy);
    case 'argv': {
      const folder = judgeFolder(request.cwd, facts);
      if (folder) return folder;
      const verdict = judgeArgv(argvWords(request.argv), contextOf(request.cwd, policy, facts));
      return commandAtLevel(withCommandRules(request.argv, verdict, policy), request.hash, policy, facts);
    }
    case 'script': {
      const folder = judgeFolder(request.cwd, facts);
      if (folder) return folder;
      const verdict = judgeScript(request.text, request.parsed, contextOf(request.cwd, policy, facts), (argv, each) =>
        withCommandRules(argv, each, policy),
      );
      const whole = decidingRule(policy.userRules ?? [], 'command', request.text.trim());
      // A rule for the whole text: only one that restricts; what a script runs is allowed command by command.
      return commandAtLevel(
        applyRules(
          verdict,
          whole?.decision === 'allow' ? undefined : whole,
          decidingRule(policy.workspaceRules ?? [], 'command', request.text.trim()),
        ),
        request.hash,
        policy,
        facts,
      );
    }
  }
}

const contextOf = (cwd: string, policy: Policy, facts: Facts): CommandContext => ({
  folder: lookupPathOf(cwd, '', facts.root).key,
  facts,
  piped: false,
  depth: 0,
  script: (text, parsed, inner) =>
    judgeScript(text, parsed, inner, (argv, each) => withCommandRules(argv, each, policy)),
});

function judgeFolder(cwd: string, facts: Facts): Verdict | undefined {
  if (cwd === '' || cwd === '.') return undefined;
  const verdict = judgePath('read', cwd, facts);
  return verdict.effect === 'allow'
    ? undefined
    : { ...deny(verdict.rule, because`the working folder is refused: ${said(verdict.reason)}`) };
}

/** Rules see the path from the root, as given and as the links lead; what restricts either restricts both. */
function withPathRules(op: PathOp, path: string, verdict: Verdict, policy: Policy, facts: Facts): Verdict {
  if (verdict.effect === 'deny') return verdict;
  const target = targetAt(lookupPathOf(path, '', facts.root).key, facts);
  const spellings = [fromRoot(path, facts.root), ...(target?.viaLink && target.realPath ? [target.realPath] : [])];
  const judged = spellings.map((text) =>
    applyRules(
      verdict,
      decidingRule(policy.userRules ?? [], 'path', text, op),
      decidingRule(policy.workspaceRules ?? [], 'path', text, op),
    ),
  );
  return strictest(judged[0] ?? verdict, ...judged.slice(1));
}

/** Only for paths that were judged to lie inside. */
function fromRoot(path: string, root = ''): string {
  const slashed = path.replaceAll('\\', '/');
  const top = root.replaceAll('\\', '/').replace(/\/+$/, '');
  const parts: string[] = [];
  for (const part of (top !== '' && slashed.startsWith(`${top}/`) ? slashed.slice(top.length) : slashed).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/**
 * Rules for commands see the words;
 * those that allow only where every word is plain, so that a blank is a blank between words.
 */
function withCommandRules(argv: readonly string[], verdict: Verdict, policy: Policy): Verdict {
  const text = argv.join(' ');
  const user = decidingRule(policy.userRules ?? [], 'command', text);
  const plain = argv.every((word) => !/[\s\0]/.test(word));
  return applyRules(
    verdict,
    user?.decision === 'allow' && !plain ? undefined : user,
    decidingRule(policy.workspaceRules ?? [], 'command', text),
  );
}

function pathAtLevel(op: PathOp, verdict: Verdict, { sandbox, approval, trusted }: Policy): Verdict {
  if (op === 'read' || verdict.effect === 'deny') return verdict;
  if (!trusted) return deny('trust', 'the workspace is not trusted, so nothing is written');
  if (sandbox === 'read-only') return deny('sandbox.read-only', 'this run may only read');
  if (approval === 'always' || approval === 'changes') {
    // A user's rule that allows stands for the yes.
    return verdict.effect === 'allow' && verdict.rule.startsWith('user.') && approval === 'changes'
      ? verdict
      : strictest(ask('approval.changes', 'changes are shown and approved hunk by hunk'), verdict);
  }
  return verdict.effect === 'ask' && !verdict.firm
    ? approval === 'never'
      ? allow('approval.never', 'nothing but the always-asked set is asked about')
      : verdict
    : verdict;
}

function commandAtLevel(
  verdict: Verdict,
  hash: string | undefined,
  { sandbox, approval, trusted }: Policy,
  facts: Facts,
): Verdict {
  if (!trusted) return deny('trust', 'the workspace is not trusted, so nothing is run');
  if (verdict.effect === 'deny') return verdict;
  const approved = hash !== undefined && facts.approved?.has(hash) === true;
  const changed = verdict.effect === 'allow' && verdict.commandKind === 'read' ? undefined : changedTools(facts);
  if (approved && changed) return changed;
  if (approved) return allow('script.approved', 'the person approved exactly this, in this folder and sandbox');
  if (verdict.effect === 'ask') {
    if (verdict.firm) return verdict;
    if (sandbox === 'full-access') return allow('sandbox.full-access', 'full access lifts the asking for commands');
    return approval === 'never' ? allow('approval.never', 'commands are not asked about at this level') : verdict;
  }
  // Tests run what was just written, with the person's own rights.
  if (
    facts.unsandboxed &&
    verdict.commandKind !== 'read' &&
    (facts.changedFiles?.length ?? 0) > 0 &&
    sandbox !== 'full-access' &&
    approval !== 'never'
  )
    return ask(
      'command.no-sandbox',
      facts.changedFiles?.length === 1
        ? 'this run changed a file, and no sandbox stands between the command and the machine here'
        : because`this run changed ${facts.changedFiles?.length} files, and no sandbox stands between the command and the machine here`,
    );
  if (approval === 'always') return ask('approval.always', 'every command is asked about at this level');
  if (sandbox === 'read-only' && verdict.commandKind !== 'read')
    return ask('sandbox.read-only', 'this run may only read, and the command writes output of its own');
  return verdict;
}

function judgeTool({ tool, toolset, checkOnly }: Extract<PolicyRequest, { kind: 'tool' }>, policy: Policy): Verdict {
  const user = decidingRule(policy.userRules ?? [], 'tool', tool);
  const workspace = decidingRule(policy.workspaceRules ?? [], 'tool', tool);
  if (CONTROL_TOOLS.has(tool)) return allow('tool.control', 'it only talks to the runtime');
  if (!toolset.includes(tool)) return deny('tool.toolset', because`${tool} is not among the tools of this stage`);
  const writes = WRITING_TOOLS.has(tool) && !(tool === 'apply_patch' && checkOnly === true);
  if (writes && policy.sandbox === 'read-only') return deny('sandbox.read-only', 'this run may only read');
  if (!policy.trusted && (writes || tool === 'run_command'))
    return deny('trust', 'the workspace is not trusted, so nothing is run or written');
  return applyRules(allow('tool.toolset', 'it is among the tools of this stage'), user, workspace);
}
