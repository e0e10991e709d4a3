/**
 * The floor for paths, as data. Names are compared after folding (fold-path.ts),
 * segment by segment, so `monkey.env.ts` is no
 * `.env` and `secrets-manager.ts` no secret.
 * `any` = a segment anywhere; `file` = the last segment; `path` = from the root.
 */
import { z } from 'zod';
import shipped from './rules/protected-paths.json' with { type: 'json' };

const matcher = z.object({
  id: z.string(),
  reason: z.string(),
  /** Exact names of a segment, wherever it stands: the folder and all below it. */
  any: z.array(z.string()).default([]),
  /** Exact names of the file. */
  file: z.array(z.string()).default([]),
  /** Names of the file as regular expressions. */
  like: z.array(z.string()).default([]),
  /** Paths from the root: the file or folder and all below it. */
  path: z.array(z.string()).default([]),
  /** Names of the file that are meant for everyone. */
  except: z.array(z.string()).default([]),
  /** Reading is as bad as writing. */
  read: z.boolean().default(true),
});
export const protectedPathsSchema = z.object({ deny: z.array(matcher), ask: z.array(matcher) });
export type ProtectedPath = z.infer<typeof matcher>;

export const PROTECTED_PATHS = protectedPathsSchema.parse(shipped);

/**
 * Files whose change makes a known command another one: package scripts, tool configuration, lock files. Folded names.
 */
export const TOOL_FILES = z.object({ file: z.array(z.string()), like: z.array(z.string()) }).parse(shipped.toolFiles);

const compile = (list: readonly ProtectedPath[]) =>
  list.map((rule) => ({
    ...rule,
    like: rule.like.map((source) => new RegExp(source)),
    path: rule.path.map((path) => path.split('/')),
  }));
const compiled = { deny: compile(PROTECTED_PATHS.deny), ask: compile(PROTECTED_PATHS.ask) };
const toolLike = TOOL_FILES.like.map((source) => new RegExp(source));

/** The first rule of a list that covers these folded segments. */
export function protectedBy(effect: 'deny' | 'ask', segments: readonly string[]): ProtectedPath | undefined {
  const name = segments.at(-1) ?? '';
  const found = compiled[effect].find(
    (rule) =>
      segments.some((segment) => rule.any.includes(segment)) ||
      (!rule.except.includes(name) && (rule.file.includes(name) || rule.like.some((pattern) => pattern.test(name)))) ||
      rule.path.some((path) => path.every((segment, index) => segments[index] === segment)),
  );
  return found && PROTECTED_PATHS[effect].find((rule) => rule.id === found.id);
}

/** Whether a change of this file (folded) changes what known commands do. */
export function isToolFile(segments: readonly string[]): boolean {
  const name = segments.at(-1) ?? '';
  return (
    TOOL_FILES.file.includes(name) ||
    toolLike.some((pattern) => pattern.test(name)) ||
    (segments.length > 1 &&
      segments.some((segment) => segment === 'node_modules' || segment === '.venv' || segment === 'venv'))
  );
}
