/**
 * `openexec.yaml`: the commands and gates a team agreed on.
 * Data from a repository: read strictly, run only through the policy. It is taken whole or not at all: half of it
 * would be a gate that somebody believes in and that nobody keeps.
 */
import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import { nearest } from '../blueprint/nearest.js';
import { parseDuration } from '../blueprint/reader.js';
import { relativePathSchema } from '../model/primitives.js';
import type { Problem } from '../model/plan.js';
import type { Gate, WorktreeConfig } from '../model/run.js';

export interface WorkspaceConfig {
  /** Absent = not stated; an empty list = nothing is to be run. */
  commands: { lint?: string[] | undefined; test?: string[] | undefined; build?: string[] | undefined };
  gates: Gate[];
  /** How the worktrees of parallel tasks are made ready; `link` absent = the usual folders. */
  worktree: { link?: string[] | undefined; setup: string };
  /** Whether a task's check also runs in a worktree of each commit. */
  verifyCommit: boolean;
}

/**
 * Installed packages: needed by most commands, and only read by them.
 * Build outputs are not here: a worktree has its own.
 */
export const DEFAULT_LINKS: WorktreeConfig['link'] = ['node_modules', '.venv', 'venv'];

export const DEFAULT_GATE_TIMEOUT_MS = 10 * 60_000;
export const MAX_CONFIG_SIZE = 64 * 1024;
const VERSION = 1;
/** One slip early in a file often makes hundreds of errors after it. */
const MAX_PROBLEMS = 20;

const line = z.string().trim().min(1).max(10_000);
const lines = z
  .custom<unknown>((given) => typeof given === 'string' || Array.isArray(given))
  .transform((given): unknown[] => (Array.isArray(given) ? (given as unknown[]) : [given]))
  .pipe(z.array(line).max(50));
const duration = z.string().transform((text, ctx) => {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 100 && ms <= 24 * 3_600_000) return ms;
  ctx.addIssue({ code: 'custom', message: 'is no time with a unit, such as 30s or 5m' });
  return z.NEVER;
});
const gateSchema = z.strictObject({
  name: z.string().trim().min(1).max(60),
  command: line.optional(),
  mode: z.enum(['blocking', 'warning']).default('blocking'),
  timeout: duration.default(DEFAULT_GATE_TIMEOUT_MS),
  fix_hint: z.string().max(2000).default(''),
});
const commandsSchema = z.strictObject({ lint: lines.optional(), test: lines.optional(), build: lines.optional() });
const worktreeSchema = z.strictObject({ link: z.array(relativePathSchema).max(50).optional(), setup: line.optional() });
const verifySchema = z.strictObject({ commit: z.boolean().default(false) });
/** A name alone stands for the command of that name above. */
const gateOrName = z.unknown().transform((given) => (typeof given === 'string' ? { name: given } : given));
const configSchema = z.strictObject({
  version: z.literal(VERSION).optional(),
  commands: commandsSchema.default({}),
  worktree: worktreeSchema.default({}),
  verify: verifySchema.default({ commit: false }),
  gates: z.array(gateOrName.pipe(gateSchema)).max(50).default([]),
});

/** The keys that may stand at a place, for "did you mean". */
function keysAt(path: readonly PropertyKey[]): string[] {
  const [first, , deeper] = path;
  if (first === undefined) return Object.keys(configSchema.shape);
  if (first === 'commands' && path.length === 1) return Object.keys(commandsSchema.shape);
  if (first === 'worktree' && path.length === 1) return Object.keys(worktreeSchema.shape);
  if (first === 'verify' && path.length === 1) return Object.keys(verifySchema.shape);
  return first === 'gates' && deeper === undefined ? Object.keys(gateSchema.shape) : [];
}

interface Place {
  line: number;
  column: number;
}

/** `config` is absent when the file cannot be used. Problems have `line` and `column` in `params`, from 1. */
export function readConfigFile(
  text: string,
  file = 'openexec.yaml',
): { config?: WorkspaceConfig; problems: Problem[] } {
  const problems: Problem[] = [];
  const report = (code: string, path: string, message: string, at: Place = { line: 1, column: 1 }): void => {
    if (problems.length < MAX_PROBLEMS)
      problems.push({ code, severity: 'error', path, params: { file, line: at.line, column: at.column }, message });
  };
  if (text.length > MAX_CONFIG_SIZE) {
    report('config-too-large', '', `It is larger than ${MAX_CONFIG_SIZE / 1024} KiB.`);
    return { problems };
  }
  const counter = new LineCounter();
  const place = (offset: number): Place => {
    const { line: row, col } = counter.linePos(offset);
    return { line: Math.max(1, row), column: Math.max(1, col) };
  };
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false });
  // A warning is a tag that nobody knows: its value would be another one than was meant.
  const deep = document.errors.find((error) => error.code === 'RESOURCE_EXHAUSTION');
  for (const error of deep ? [deep] : [...document.errors, ...document.warnings])
    report('config-syntax', '', syntaxSentence(error), place(error.pos[0]));
  if (problems.length > 0) return { problems };

  let raw: unknown;
  try {
    raw = document.toJS({ maxAliasCount: 20 }) ?? {};
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    report('config-syntax', '', 'It has too many aliases, or one that no anchor stands for.');
    return { problems };
  }
  const read = configSchema.safeParse(raw);
  if (!read.success) {
    for (const { path, key, sentence } of read.error.issues.flatMap(said))
      report('config-invalid', [...path, ...(key === undefined ? [] : [key])].map(String).join('.'), sentence, {
        ...place(offsetOf(document, path, key)),
      });
    return { problems };
  }
  const { commands, worktree, verify } = read.data;
  const gates: Gate[] = [];
  read.data.gates.forEach(({ name, mode, timeout, fix_hint, command: own }, at) => {
    const known = name === 'lint' || name === 'test' || name === 'build' ? commands[name]?.join(' && ') : undefined;
    const command = own ?? known;
    if (command === undefined)
      return report(
        'gate-undefined',
        `gates.${at}`,
        `The gate “${name}” has no command.`,
        place(offsetOf(document, ['gates', at])),
      );
    gates.push({ name, command, mode, timeoutMs: timeout, fixHint: fix_hint });
  });
  return problems.length > 0
    ? { problems }
    : {
        config: {
          commands,
          gates,
          worktree: { link: worktree.link, setup: worktree.setup ?? '' },
          verifyCommit: verify.commit,
        },
        problems,
      };
}

interface Said {
  path: readonly PropertyKey[];
  /** Of a key that should not be there: it, not its value, is what is wrong. */
  key?: string;
  sentence: string;
}

/** What is wrong in words: where, what stands there, and what would be right. */
function said(issue: z.core.$ZodIssue): Said[] {
  const { path } = issue;
  const name = path.map(String).join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => {
      const known = keysAt(path);
      const close = nearest(key, known);
      const where = name ? `in “${name}”` : 'here';
      return {
        path,
        key,
        sentence: `There is no “${key}” ${where}. ${close ? `Did you mean “${close}”?` : `Known: ${known.join(', ')}.`}`,
      };
    });
  return [
    {
      path,
      sentence: path.length === 0 ? 'It holds keys such as version and commands.' : `“${name}” ${wanted(issue)}`,
    },
  ];
}

function wanted(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) return 'is missing.';
  if (issue.code === 'custom' && issue.message.startsWith('is ')) return `${issue.message}.`;
  return ofPlace(issue.path, issue.code === 'too_big') ?? ofValue(issue);
}

/** What the whole place takes; undefined where the value itself is to be looked at. */
function ofPlace(path: readonly PropertyKey[], tooMany: boolean): string | undefined {
  const [first, second] = path;
  if (first === 'version')
    return `says a version that this OpenExec does not read: it reads version ${VERSION}. Update OpenExec, or write version: ${VERSION}.`;
  if (second === 'link')
    return tooMany && path.length === 2
      ? 'is a list of 50 at most.'
      : 'is a list of paths inside the folder, with forward slashes.';
  if (path.length === 1) {
    if (first !== 'gates') return `holds keys: ${keysAt(path).join(', ')}.`;
    return tooMany ? 'is a list of 50 at most.' : 'is a list.';
  }
  return first === 'gates' && path.length === 2 ? 'is a name, or has the keys name and command.' : undefined;
}

function ofValue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'too_small') return 'is empty: write [] where nothing is to be run.';
  if (issue.code === 'too_big') return `is longer than ${String(issue.maximum)}.`;
  if (issue.code === 'invalid_value') return `is one of ${issue.values.map(String).join(', ')}.`;
  if (issue.path[0] === 'commands' && issue.path.length === 2)
    return 'is a command in a line of text, or a list of them; write [] where nothing is to be run.';
  return 'is text; put it in quotes.';
}

function syntaxSentence({ code, message }: { code: string; message: string }): string {
  if (code === 'RESOURCE_EXHAUSTION') return 'It is nested too deep: this file has four levels at most.';
  if (code === 'MULTIPLE_DOCS') return 'A second document begins here: this file holds one. Remove the line.';
  const first = (message.split('\n')[0] ?? 'This is not YAML').trim();
  const sentence = /[.!?]$/.test(first) ? first : `${first}.`;
  return `${sentence}${Object.hasOwn(hints, code) ? ` ${hints[code]}` : ''}`;
}

const hints: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'Remove one of the two.',
  TAB_AS_INDENT: 'Indent with spaces.',
  BAD_INDENT: 'Indent what belongs together by the same number of spaces.',
  MISSING_CHAR: 'Close what was opened: a quote, a bracket or a brace.',
  BLOCK_AS_IMPLICIT_KEY: 'Put text that holds a colon and a space in quotes.',
};

/** Where a value stands, else the nearest that holds it; with `key`, where that key stands. */
function offsetOf(document: Document, path: readonly PropertyKey[], key?: string): number {
  const own = key === undefined ? undefined : keyOffset(document.getIn(path, true), key);
  if (own !== undefined) return own;
  for (let depth = path.length; depth > 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true) as { range?: [number, number, number] | null } | undefined;
    const named = keyOffset(document.getIn(path.slice(0, depth - 1), true), String(path[depth - 1]));
    const at = node?.range?.[0] ?? named;
    if (at !== undefined) return at;
  }
  return 0;
}

function keyOffset(map: unknown, key: string): number | undefined {
  if (!isMap(map)) return undefined;
  const pair = map.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
  return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
}
