/**
 * The rules that count in a root: the person's, from their settings, and the workspace's, from `.openexec/policy.yaml`,
 * which can only tighten. A list with a mistake in it is not used by half: nothing is decided until it is right.
 */
import { LineCounter, parseDocument, type Document } from 'yaml';
import { decodeUtf8 } from '../../base/bytes.js';
import { OpenExecError } from '../errors.js';
import type { FrozenRules, PolicyRule } from '../model/policy.js';
import type { Root } from '../model/primitives.js';
import { compileRules, parseRules, type Policy } from '../policy/index.js';
import type { Workspace } from '../ports/ports.js';

export const POLICY_FILE = '.openexec/policy.yaml';
/** How the person's own rules are called in messages. */
export const OWN_RULES = 'openexec.policy.rules';
const MAX_BYTES = 256 * 1024;

export interface RuleNote {
  file: string;
  line: number;
  column: number;
  id: string;
}

export interface LoadedRules extends FrozenRules {
  /** Rules of the workspace that would loosen something: they count for nothing. */
  ignored: RuleNote[];
}

/** Errors: policy-invalid with file, line and column (for settings: the place in the list, and 1). */
export async function loadRules(own: unknown, workspace: Pick<Workspace, 'read'>, root: Root): Promise<LoadedRules> {
  const user = ownRules(own);
  const bytes = await readPolicyFile(workspace, root);
  const text = bytes === undefined ? undefined : decodeUtf8(bytes);
  if (bytes !== undefined && text === undefined) throw invalid(POLICY_FILE, 1, 1, 'it is not UTF-8 text');
  return { user, ...(text === undefined ? { workspace: [], ignored: [] } : workspaceRules(text)) };
}

async function readPolicyFile(workspace: Pick<Workspace, 'read'>, root: Root): Promise<Uint8Array | undefined> {
  try {
    return await workspace.read(root, POLICY_FILE, MAX_BYTES);
  } catch (cause) {
    // A link out of the root, a folder, a file too large:
    // somebody meant rules to be there, so they are not passed over.
    throw new OpenExecError(
      'policy-invalid',
      {
        file: POLICY_FILE,
        line: 1,
        column: 1,
        problem: `it cannot be read (${cause instanceof Error ? cause.message.slice(0, 200) : 'unknown'})`,
      },
      undefined,
      { cause },
    );
  }
}

function ownRules(own: unknown): PolicyRule[] {
  if (own === undefined || own === null) return [];
  const { rules, problems } = parseRules(own);
  const first = problems[0];
  if (first)
    throw invalid(OWN_RULES, first.index + 1, 1, first.id === '' ? first.problem : `${first.id}: ${first.problem}`);
  return plain(rules);
}

const plain = (rules: ReturnType<typeof parseRules>['rules']): PolicyRule[] =>
  rules.map(({ matches: _, ...rule }) => rule);

/** A list, or `{ version: 1, rules: [...] }`. */
export function workspaceRules(text: string): { workspace: PolicyRule[]; ignored: RuleNote[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const broken = document.errors[0];
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  if (broken) {
    const { line, column } = at(broken.pos[0]);
    throw invalid(
      POLICY_FILE,
      line,
      column,
      broken.message.split('\n')[0]?.replace(/ at line.*$/, '') ?? 'it is not YAML',
    );
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    throw new OpenExecError(
      'policy-invalid',
      { file: POLICY_FILE, line: 1, column: 1, problem: 'it uses aliases, which a list of rules does not need' },
      undefined,
      { cause },
    );
  }
  if (value === null || value === undefined) return { workspace: [], ignored: [] };
  const held =
    typeof value === 'object' && !Array.isArray(value) ? (value as { version?: unknown; rules?: unknown }) : undefined;
  if (held && Object.keys(held).some((key) => key !== 'version' && key !== 'rules'))
    throw invalid(POLICY_FILE, 1, 1, 'it holds “version” and “rules”, and nothing else');
  if (held && held.version !== undefined && held.version !== 1)
    throw invalid(POLICY_FILE, 1, 1, 'this version of OpenExec knows version 1');
  const path = held ? ['rules'] : [];
  const { rules, problems } = parseRules(held ? (held.rules ?? []) : value);
  const placeOf = (index: number) => at(offsetOf(document, index < 0 ? path : [...path, index]));
  const first = problems[0];
  if (first) {
    const { line, column } = placeOf(first.index);
    throw invalid(POLICY_FILE, line, column, first.id === '' ? first.problem : `${first.id}: ${first.problem}`);
  }
  const ignored = rules.flatMap((rule, index) =>
    rule.decision === 'allow' ? [{ file: POLICY_FILE, ...placeOf(index), id: rule.id }] : [],
  );
  return { workspace: plain(rules.filter((rule) => rule.decision !== 'allow')), ignored };
}

function offsetOf(document: Document, path: readonly (string | number)[]): number {
  const node: unknown = path.length === 0 ? document.contents : document.getIn(path, true);
  return node && typeof node === 'object' && 'range' in node && Array.isArray(node.range) ? Number(node.range[0]) : 0;
}

const invalid = (file: string, line: number, column: number, problem: string): OpenExecError =>
  new OpenExecError('policy-invalid', { file, line, column, problem });

const compiled = new WeakMap<FrozenRules, Pick<Policy, 'userRules' | 'workspaceRules'>>();

/** For deciding; worked out once for each set of rules. */
export function policyRules(rules: FrozenRules | undefined): Pick<Policy, 'userRules' | 'workspaceRules'> {
  if (!rules) return {};
  let known = compiled.get(rules);
  if (!known)
    compiled.set(
      rules,
      (known = { userRules: compileRules(rules.user), workspaceRules: compileRules(rules.workspace) }),
    );
  return known;
}
