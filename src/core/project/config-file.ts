/**
 * `openexec.yaml`: the commands and gates a team agreed on.
 * Data from a repository: read strictly, run only through the policy.
 */
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
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
}

/**
 * Installed packages: needed by most commands, and only read by them.
 * Build outputs are not here: a worktree has its own.
 */
export const DEFAULT_LINKS: WorktreeConfig['link'] = ['node_modules', '.venv', 'venv'];

export const DEFAULT_GATE_TIMEOUT_MS = 10 * 60_000;
const MAX_CONFIG_SIZE = 64 * 1024;

const line = z.string().trim().min(1, 'is empty').max(10_000);
const lines = z.union([line.transform((one) => [one]), z.array(line).max(50)]);
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
const configSchema = z.strictObject({
  version: z.literal(1).optional(),
  commands: z.strictObject({ lint: lines.optional(), test: lines.optional(), build: lines.optional() }).default({}),
  /** A name alone stands for the command of that name above. */
  worktree: z
    .strictObject({ link: z.array(relativePathSchema).max(50).optional(), setup: line.optional() })
    .default({}),
  gates: z
    .array(
      z.union([
        z
          .string()
          .trim()
          .min(1)
          .transform((name) => ({ name })),
        z.looseObject({ name: z.unknown() }),
      ]),
    )
    .max(50)
    .default([]),
});

/** `config` is absent when the file cannot be used. Problems have the line in `params.line`. */
export function readConfigFile(
  text: string,
  file = 'openexec.yaml',
): { config?: WorkspaceConfig; problems: Problem[] } {
  const problems: Problem[] = [];
  const report = (code: string, path: string, message: string, at?: number): void => {
    problems.push({ code, severity: 'error', path, params: { file, ...(at ? { line: at } : {}) }, message });
  };
  if (text.length > MAX_CONFIG_SIZE) {
    report('config-too-large', '', `${file} is larger than ${MAX_CONFIG_SIZE} characters.`);
    return { problems };
  }
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false });
  for (const error of document.errors)
    report(
      'config-syntax',
      '',
      `${file}: ${error.message.split('\n')[0] ?? 'is not YAML'}`,
      counter.linePos(error.pos[0]).line,
    );
  if (problems.length > 0) return { problems };

  const lineOf = (path: readonly PropertyKey[]): number | undefined => {
    for (let depth = path.length; depth > 0; depth--) {
      const node = document.getIn(path.slice(0, depth), true) as { range?: [number, number, number] } | undefined;
      if (node?.range) return counter.linePos(node.range[0]).line;
    }
    return 1;
  };
  let raw: unknown;
  try {
    raw = document.toJS({ maxAliasCount: 20 }) ?? {};
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    report('config-syntax', '', `${file}: it has too many aliases.`);
    return { problems };
  }
  const complain = (issues: readonly z.core.$ZodIssue[], prefix: readonly PropertyKey[] = []): void => {
    for (const issue of issues) {
      const path = [...prefix, ...issue.path];
      const name = path.map(String).join('.');
      report('config-invalid', name, `${file}: ${name ? `“${name}” ` : ''}${issue.message}.`, lineOf(path));
    }
  };
  const read = configSchema.safeParse(raw);
  if (!read.success) {
    complain(read.error.issues);
    return { problems };
  }
  const { commands } = read.data;
  const gates: Gate[] = [];
  read.data.gates.forEach((given, at) => {
    const gate = gateSchema.safeParse(given);
    if (!gate.success) return complain(gate.error.issues, ['gates', at]);
    const { name, mode, timeout, fix_hint } = gate.data;
    const known = name === 'lint' || name === 'test' || name === 'build' ? commands[name]?.join(' && ') : undefined;
    const command = gate.data.command ?? known;
    if (command === undefined)
      return report(
        'gate-undefined',
        `gates.${at}`,
        `${file}: the gate “${name}” has no command.`,
        lineOf(['gates', at]),
      );
    gates.push({ name, command, mode, timeoutMs: timeout, fixHint: fix_hint });
  });
  return problems.length > 0
    ? { problems }
    : {
        config: { commands, gates, worktree: { link: read.data.worktree.link, setup: read.data.worktree.setup ?? '' } },
        problems,
      };
}
