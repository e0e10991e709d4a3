/**
 * Rules that people write, in their settings or in `.openexec/policy.yaml`:
 * schema, errors at load, and which one decides.
 */
import picomatch from 'picomatch';
import { policyRuleSchema, type PolicyRule } from '../model/policy.js';
import { foldSegment } from './fold-path.js';
import { askFirmly, deny, strictest, type PathOp, type Verdict, because } from './types.js';

export type Rule = PolicyRule;

export interface CompiledRule extends Rule {
  matches(text: string): boolean;
}
export interface RuleProblem {
  /** 0-based place in the list; -1 = the list itself. */
  index: number;
  id: string;
  problem: string;
}

/**
 * All rules that are right, in file order, and what is wrong with the others.
 * Nothing is skipped silently: a list with problems is not used.
 */
export function parseRules(input: unknown): { rules: CompiledRule[]; problems: RuleProblem[] } {
  if (!Array.isArray(input))
    return { rules: [], problems: [{ index: -1, id: '', problem: 'the rules must be a list' }] };
  const rules: CompiledRule[] = [];
  const problems: RuleProblem[] = [];
  const ids = new Set<string>();
  for (const [index, entry] of (input as unknown[]).entries()) {
    const raw = entry && typeof entry === 'object' && 'id' in entry ? entry.id : undefined;
    const id = typeof raw === 'string' ? raw : '';
    const parsed = policyRuleSchema.safeParse(entry);
    if (!parsed.success) {
      problems.push(
        ...parsed.error.issues.map((issue) => ({
          index,
          id,
          problem: `${issue.path.join('.') || 'rule'}: ${issue.message}`,
        })),
      );
      continue;
    }
    const compiled = compile(parsed.data);
    if (ids.has(id)) problems.push({ index, id, problem: `id: “${id}” is there twice` });
    else if (typeof compiled === 'string') problems.push({ index, id, problem: compiled });
    else rules.push(compiled);
    ids.add(id);
  }
  return { rules, problems };
}

/** Rules that were right when a run froze them. */
export const compileRules = (rules: readonly Rule[]): CompiledRule[] =>
  rules.map(compile).filter((rule) => typeof rule !== 'string');

function compile(rule: Rule): CompiledRule | string {
  const values = [...(rule.value === undefined ? [] : [rule.value]), ...(rule.values ?? [])];
  if (rule.operator === 'in' && !rule.values?.length) return 'values: the operator “in” needs values';
  if (values.length === 0) return `value: the operator “${rule.operator}” needs a value`;
  if (rule.ops && rule.type !== 'path') return 'ops: only rules for paths have them';
  try {
    const any = values.map((value) => matcher(rule, value));
    const none = rule.exceptions.map((value) => matcher(rule, value));
    return { ...rule, matches: (text) => any.some((test) => test(text)) && !none.some((test) => test(text)) };
  } catch (error) {
    return `value: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function matcher({ type, operator, decision }: Rule, value: string): (text: string) => boolean {
  // A rule that restricts covers every spelling of a path; one that allows covers only its own.
  const fold =
    type === 'path' && decision !== 'allow'
      ? (text: string) =>
          text
            .split('/')
            .map((part) => (part === '' ? '' : foldSegment(part)))
            .join('/')
      : (text: string) => text;
  const wanted = fold(type === 'path' && operator !== 'regex' ? value.replace(/^\/+/, '') : value);
  switch (operator) {
    case 'exact':
    case 'in':
      return (text) => fold(text) === wanted;
    case 'prefix':
      // `git status` must not cover `git statusx`, nor `src` the folder `src-evil`.
      return (text) => {
        const folded = fold(text);
        const next = folded[wanted.length];
        return (
          folded.startsWith(wanted) &&
          (decision !== 'allow' ||
            next === undefined ||
            /[\s/]$/.test(wanted) ||
            (type === 'command' ? next === ' ' : next === '/'))
        );
      };
    case 'suffix':
      return (text) => fold(text).endsWith(wanted);
    case 'glob': {
      const test = picomatch(wanted, { dot: true });
      return type === 'path' ? (text) => test(fold(text)) : globOverText(wanted);
    }
    case 'regex': {
      if (/\([^)]*[+*][^)]*\)[+*{]/.test(value)) throw new Error('a repetition inside a repetition can take forever');
      const test = new RegExp(value, 'u');
      return (text) => test.test(fold(text).slice(0, 20_000));
    }
  }
}

/** In commands `*` stands for any characters, blanks and slashes too. */
function globOverText(glob: string): (text: string) => boolean {
  const parts = glob.split('*');
  return (text) => {
    let at = 0;
    for (const [index, part] of parts.entries()) {
      const last = index === parts.length - 1;
      const found =
        index === 0
          ? text.startsWith(part)
            ? 0
            : -1
          : last
            ? text.endsWith(part) && text.length - part.length >= at
              ? text.length - part.length
              : -1
            : text.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return parts.length > 1 || at === text.length;
  };
}

/** What the rule that decides says; undefined when none matches. */
export function decidingRule(
  rules: readonly CompiledRule[],
  type: Rule['type'],
  text: string,
  op?: PathOp,
): CompiledRule | undefined {
  const strict = { allow: 0, ask: 1, deny: 2 };
  let best: CompiledRule | undefined;
  for (const rule of rules) {
    if (rule.type !== type || (rule.ops && op && !rule.ops.includes(op)) || !rule.matches(text)) continue;
    if (
      !best ||
      rule.priority > best.priority ||
      (rule.priority === best.priority && strict[rule.decision] > strict[best.decision])
    )
      best = rule;
  }
  return best;
}

/**
 * Floor over user over workspace: a user's allow lifts an ordinary ask, nothing more;
 * a workspace's rule can only tighten.
 */
export function applyRules(
  verdict: Verdict,
  user: CompiledRule | undefined,
  workspace: CompiledRule | undefined,
): Verdict {
  const sentence = (rule: CompiledRule, whose: 'user' | 'workspace') =>
    rule.reason ||
    (whose === 'user' ? because`the user’s rule ${rule.id} says so` : because`the workspace’s rule ${rule.id} says so`);
  let result = verdict;
  if (user?.decision === 'allow') {
    if (result.effect === 'allow' || (result.effect === 'ask' && !result.firm))
      result = { ...result, effect: 'allow', rule: `user.${user.id}`, reason: sentence(user, 'user') };
  } else if (user)
    result = strictest(
      result,
      user.decision === 'deny'
        ? deny(`user.${user.id}`, sentence(user, 'user'))
        : askFirmly(`user.${user.id}`, sentence(user, 'user')),
    );
  if (workspace && workspace.decision !== 'allow')
    result = strictest(
      result,
      workspace.decision === 'deny'
        ? deny(`workspace.${workspace.id}`, sentence(workspace, 'workspace'))
        : askFirmly(`workspace.${workspace.id}`, sentence(workspace, 'workspace')),
    );
  return result;
}
