/** What is asked of the policy, what it is told about the world, and what it works with inside. */
import { inWords, said, type Because } from '../model/plain/said.js';
import type { ApprovalLevel, Decision, Effect, Sandbox } from '../model/policy.js';
import type { Hash } from '../model/primitives.js';
import type { ShellParse } from '../ports/ports.js';
import type { CompiledRule } from './user-rules.js';

export { because, said, type Because } from '../model/plain/said.js';

export type PathOp = 'read' | 'write' | 'delete';

export type PolicyRequest =
  /** `path` as it was given, before anything tidied it. */
  | { kind: 'path'; op: PathOp; path: string }
  /** `cwd`: folder below the root, '' = the root. `hash`: scriptHash of its JSON, for what the person approved. */
  | { kind: 'argv'; argv: readonly string[]; cwd: string; hash?: Hash }
  /** `parsed` must come from exactly this text; `hash` from scriptHash. */
  | { kind: 'script'; text: string; cwd: string; parsed: ShellParse; hash?: Hash }
  /** `toolset`: the names the stage may use. `checkOnly`: a patch that is only tried. */
  | { kind: 'tool'; tool: string; toolset: readonly string[]; checkOnly?: boolean };

export interface Policy {
  sandbox: Sandbox;
  approval: ApprovalLevel;
  /** False: no process, no write. */
  trusted: boolean;
  /** From parseRules. A workspace's rules only tighten. */
  userRules?: readonly CompiledRule[];
  workspaceRules?: readonly CompiledRule[];
}

/** What a path leads to, from the disk. */
export interface Target {
  /** Relative to the root after every link; undefined = it leaves the root. */
  realPath: string | undefined;
  viaLink: boolean;
  kind?: 'file' | 'directory' | 'other';
  /** Names the file has; more than one = hard link. */
  links?: number;
}

/** What deciding would have liked to know. */
export interface Missing {
  targets: Set<string>;
  programs: Set<string>;
  scripts: Set<string>;
  packages: Set<string>;
  walked: Set<string>;
  globs: Set<string>;
}

export interface Facts {
  /** Absolute path of the root: absolute paths below it count as inside. */
  root?: string;
  /** Nothing stands between a command and the machine. */
  unsandboxed?: boolean;
  /** As Node names it; '' and absent = a POSIX system. */
  platform?: string;
  /** Absolute path of the data home: denied, also where it lies inside the root. */
  dataHome?: string;
  /**
   * By path from the root (fold-path.ts: placeOf). null = looked up, and nothing is there: judged by its name alone.
   */
  targets?: ReadonlyMap<string, Target | null>;
  /**
   * By name, as the runner resolves them.
   * `workspacePath`: relative to the root, when the file it really is lies inside.
   */
  programs?: ReadonlyMap<string, { path: string; workspacePath?: string } | null>;
  /** Scripts inside commands (`bash -c …`), taken apart. */
  scripts?: ReadonlyMap<string, ShellParse>;
  /** By folder from the root: the scripts of the package.json there; null = there is none that can be read. */
  packages?: ReadonlyMap<string, Readonly<Record<string, string>> | null>;
  /**
   * By folder from the root: the files in it and below that are protected from reading, as far as they were looked for.
   */
  walked?: ReadonlyMap<string, readonly string[]>;
  /** By pattern from the root: the files a shell would put in its place; null = more than can be listed. */
  globs?: ReadonlyMap<string, readonly string[] | null>;
  /**
   * Filled while deciding: what is in none of the maps above and would have mattered.
   * Whoever looks things up asks again with it.
   */
  missing?: Missing;
  /** Scripts the person approved: plan, seen commands. */
  approved?: ReadonlySet<Hash>;
  /** Files this run changed since the person last said yes to a command; relative to the root. */
  changedFiles?: readonly string[];
}

/** A decision before sandbox mode and approval level are applied. */
export interface Verdict {
  effect: Effect;
  rule: string;
  reason: Because;
  /** An ask that holds at `never` and full-access too. */
  firm?: boolean;
  /** For allowed commands: `read` changes nothing. */
  commandKind?: 'read' | 'check';
}

/** What judges of commands pass along. */
export interface CommandContext {
  /** Folder below the root that relative paths start from. */
  folder: string;
  facts: Facts;
  /** Something is piped into it. */
  piped: boolean;
  depth: number;
  /**
   * Set where it is not known whether these words are a command at all: then only what is never run counts.
   * The verdicts so far, by words.
   */
  within?: { facts: Facts; verdicts: Map<string, Verdict> };
  /**
   * Judges a script inside a command (`bash -c …`, a package's own script),
   * already taken apart, at the context's depth.
   */
  script(text: string, parsed: ShellParse, context: CommandContext): Verdict;
}

/** A word of a command: undefined text is known only at run time. */
export interface Word {
  text: string | undefined;
  source: string;
}
export const asWord = (text: string): Word => ({ text, source: text });

const RANK: Record<Effect, number> = { allow: 0, ask: 1, deny: 2 };

export const decisionOf = ({ effect, rule, reason }: Verdict): Decision => ({
  effect,
  rule,
  reason: inWords(said(reason)),
  because: said(reason),
});

export const allow = (rule: string, reason: Because, commandKind?: Verdict['commandKind']): Verdict => ({
  effect: 'allow',
  rule,
  reason,
  ...(commandKind && { commandKind }),
});
export const ask = (rule: string, reason: Because): Verdict => ({ effect: 'ask', rule, reason });
export const askFirmly = (rule: string, reason: Because): Verdict => ({ effect: 'ask', rule, reason, firm: true });
export const deny = (rule: string, reason: Because): Verdict => ({ effect: 'deny', rule, reason });

/** Deny over firm ask over ask over allow; the first of equals, so that the answer is stable. */
export function strictest(first: Verdict, ...rest: readonly Verdict[]): Verdict {
  const weight = (verdict: Verdict) => RANK[verdict.effect] * 2 + (verdict.effect === 'ask' && verdict.firm ? 1 : 0);
  let worst = first;
  let kind = first.commandKind;
  for (const verdict of rest) {
    if (weight(verdict) > weight(worst)) worst = verdict;
    if (verdict.commandKind === 'check') kind = 'check';
  }
  return worst.effect === 'allow' && kind && worst.commandKind !== kind ? { ...worst, commandKind: kind } : worst;
}
