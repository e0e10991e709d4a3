/**
 * Rules a person could make of a decision, each with what the policy would then say: nothing is offered that would
 * change nothing, and what is denied or always asked about cannot be lifted by a rule, so it is not offered either.
 */
import { explain } from './explain.js';
import { showArgv } from '../text/harmless.js';
import { judge, type JudgeWorld } from './judge.js';
import type { Decision, Effect, PolicyRule, Question } from '../model/policy.js';
import { compileRules, type Policy } from '../policy/index.js';

export interface RuleSuggestion {
  rule: PolicyRule;
  /** What the question would get with it. */
  after: Decision;
}

const MAX_COMMANDS = 5;

export async function suggestRules(question: Question, policy: Policy, world: JudgeWorld): Promise<RuleSuggestion[]> {
  const now = await explain(question, policy, world);
  const taken = new Set((policy.userRules ?? []).map((rule) => rule.id));
  const drafts =
    question.path === undefined ? await forCommands(question, policy, world) : forPath(question.path, question.op);
  const found: RuleSuggestion[] = [];
  for (const draft of drafts) {
    const rule = { ...draft, id: freeId(draft, taken) };
    const after = await explain(
      question,
      { ...policy, userRules: [...(policy.userRules ?? []), ...compileRules([rule])] },
      world,
    );
    const steps = drafts.filter((one) => one.decision === 'allow' && one.operator === 'exact').length > 1;
    // One of several commands that ask: the whole still asks until each has its rule.
    if (after.effect === now.effect && !(steps && draft.decision === 'allow')) continue;
    taken.add(rule.id);
    found.push({ rule, after });
  }
  return found;
}

type Draft = Omit<PolicyRule, 'id'>;
const draft = (
  decision: Effect,
  type: PolicyRule['type'],
  operator: PolicyRule['operator'],
  value: string,
  more: Partial<PolicyRule> = {},
): Draft => ({ decision, type, operator, value, exceptions: [], priority: 0, reason: '', ...more });

async function forCommands(question: Question, policy: Policy, world: JudgeWorld): Promise<Draft[]> {
  const vectors = await vectorsOf(question, world);
  const drafts: Draft[] = [];
  for (const argv of vectors.slice(0, MAX_COMMANDS)) {
    const plain = argv.every((word) => !/[\s\0]/.test(word));
    const text = argv.join(' ');
    if (text === '' || text.length > 1000) continue;
    const { effect } = await judge({ kind: 'argv', argv, cwd: question.cwd }, policy, world);
    if (effect === 'ask' && plain) {
      drafts.push(draft('allow', 'command', 'exact', text));
      if (argv.length > 2) drafts.push(draft('allow', 'command', 'prefix', argv.slice(0, 2).join(' ')));
    }
    if (effect !== 'deny')
      drafts.push(
        draft('deny', 'command', 'exact', text),
        ...(effect === 'allow' ? [draft('ask', 'command', 'exact', text)] : []),
        ...(argv.length > 1 ? [draft('deny', 'command', 'prefix', argv[0] ?? '')] : []),
      );
  }
  return drafts;
}

async function vectorsOf({ cmd, argv }: Question, { shell }: JudgeWorld): Promise<string[][]> {
  if (argv) return [argv];
  const parsed = await shell.parse(cmd ?? '');
  if (!parsed.ok) return [];
  const all = parsed.commands
    .map(({ words }) => words.map((word) => word.text))
    .filter((words): words is string[] => words.length > 0 && words.every((word) => word !== undefined));
  return [...new Map(all.map((words) => [JSON.stringify(words), words])).values()];
}

function forPath(path: string, op: Question['op']): Draft[] {
  const slashed = path.replaceAll('\\', '/').replace(/^\.\//, '');
  const folder = slashed.includes('/') ? `${slashed.slice(0, slashed.lastIndexOf('/'))}/` : undefined;
  const only = { ops: [op] };
  return [
    draft('allow', 'path', 'exact', slashed, only),
    ...(folder ? [draft('allow', 'path', 'prefix', folder, only)] : []),
    draft('ask', 'path', 'exact', slashed, only),
    draft('deny', 'path', 'exact', slashed),
    ...(folder ? [draft('deny', 'path', 'prefix', folder)] : []),
  ].filter((one) => (one.value?.length ?? 0) > 0 && (one.value?.length ?? 0) <= 1000);
}

function freeId({ decision, operator, value }: Draft, taken: ReadonlySet<string>): string {
  const words =
    showArgv([value ?? ''])
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 60) || 'rule';
  const base = `${decision}-${words}${operator === 'prefix' ? '-all' : ''}`;
  for (let n = 1; ; n += 1) {
    const id = n === 1 ? base : `${base}-${n}`;
    if (!taken.has(id)) return id;
  }
}
