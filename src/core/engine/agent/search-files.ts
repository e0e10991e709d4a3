/**
 * `glob` and `grep` over disk + overlay.
 * Bounded in files, bytes, matches and time; patterns that can run away are refused.
 */
import picomatch from 'picomatch';
import { isOpenExecError, OpenExecError } from '../../errors.js';
import { gatePath } from '../effects/gate.js';
import { isReadProtected } from '../../policy/index.js';
import { readText } from '../../patch/text-file.js';
import type { Overlay } from '../effects/overlay.js';
import type { StepContext } from '../../record/step-context.js';

const MAX_FILES = 20_000;
export const MAX_FILE_BYTES = 1_000_000;
const MAX_MATCHES = 200;
const MAX_LINE = 400;
const MAX_MS = 10_000;

export async function search(
  ctx: StepContext,
  overlay: Overlay,
  tool: 'glob' | 'grep',
  input: { pattern: string; glob?: string | undefined; ignore_case?: boolean },
): Promise<string> {
  const { paths, truncated } = await listFiles(ctx, overlay);
  const wanted = tool === 'glob' ? input.pattern : input.glob;
  const matches = wanted ? picomatch(wanted, { dot: true }) : () => true;
  const chosen = paths.filter((path) => matches(path) && !isReadProtected(path));
  if (tool === 'glob') return chosen.length === 0 ? 'No file matches.' : cut(chosen, truncated);
  return await grep(ctx, overlay, chosen, safePattern(input.pattern, input.ignore_case ?? false));
}

/** Of the disk and of what is pending; sorted. */
export async function listFiles(ctx: StepContext, overlay: Overlay): Promise<{ paths: string[]; truncated: boolean }> {
  const listed = await ctx.run.ports.workspace.files(ctx.root, MAX_FILES, ctx.signal);
  const pending = overlay.changed();
  const gone = new Set(
    pending.flatMap((file) => [...(file.after === null ? [file.path] : []), ...(file.from ? [file.from] : [])]),
  );
  const paths = [...new Set([...listed.paths, ...pending.flatMap((file) => (file.after === null ? [] : [file.path]))])]
    .filter((path) => !gone.has(path))
    .sort();
  return { paths, truncated: listed.truncated };
}

const cut = (lines: readonly string[], truncated: boolean): string =>
  lines.length > 1000 || truncated
    ? `${lines.slice(0, 1000).join('\n')}\n… more were left out; narrow the pattern.`
    : lines.join('\n');

async function grep(ctx: StepContext, overlay: Overlay, paths: readonly string[], pattern: RegExp): Promise<string> {
  const { clock } = ctx.run.ports;
  const until = clock.monotonic() + MAX_MS;
  const found: string[] = [];
  const left = createLeftOut();
  for (const path of paths) {
    ctx.signal.throwIfAborted();
    if (found.length >= MAX_MATCHES || clock.monotonic() > until)
      return [...found, '… the search stopped here; narrow it.', ...left.lines()].join('\n');
    if ((await gatePath(ctx, 'read', path, { silent: true })).effect !== 'allow') continue;
    const text = await searchable(overlay, path, left);
    if (text === undefined) continue;
    for (const [index, line] of text.split('\n').entries()) {
      if (found.length >= MAX_MATCHES) break;
      if (pattern.test(line.slice(0, 2000))) found.push(`${path}:${index + 1}: ${line.slice(0, MAX_LINE)}`);
    }
  }
  return [...(found.length === 0 ? ['No line matches.'] : found), ...left.lines()].join('\n');
}

/** What a walk passed over, in one line for each reason. */
export interface LeftOut {
  add(why: 'large' | 'no-text' | 'unreadable', path: string): void;
  lines(): string[];
}

const WHY = {
  large: `larger than ${MAX_FILE_BYTES / 1_000_000} MB`,
  'no-text': 'not text',
  unreadable: 'not to be read (a link that leads out, or no plain file)',
} as const;

export function createLeftOut(): LeftOut {
  const left = new Map<keyof typeof WHY, string[]>();
  return {
    add: (why, path) => void left.set(why, [...(left.get(why) ?? []), path]),
    lines: () =>
      [...left].map(([why, paths]) => {
        const named = paths.slice(0, 3).join(', ') + (paths.length > 3 ? `, and ${paths.length - 3} more` : '');
        return `Left out, because ${WHY[why]}: ${named}.`;
      }),
  };
}

/** Its text; undefined = there is none, or it was left out. One file that cannot be read does not end a search. */
export async function searchable(overlay: Overlay, path: string, left: LeftOut): Promise<string | undefined> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await overlay.read(path, MAX_FILE_BYTES);
  } catch (error) {
    if (!isOpenExecError(error) || !/^(file|path)-/.test(error.code)) throw error;
    left.add(error.code === 'file-too-large' ? 'large' : 'unreadable', path);
    return undefined;
  }
  if (!bytes) return undefined;
  if (bytes.length > MAX_FILE_BYTES) {
    left.add('large', path);
    return undefined;
  }
  const text = readText(bytes)?.text;
  if (text !== undefined) return text;
  left.add('no-text', path);
  return undefined;
}

/**
 * A quantified group that itself ends in a quantifier, and back-references, can
 * take exponential time: refused, never run.
 */
function safePattern(source: string, ignoreCase: boolean): RegExp {
  if (/\([^)]*[+*}][^)]*\)\s*[+*{]/.test(source) || /\\[1-9]|\(\?<?[=!]/.test(source))
    throw new OpenExecError('file-pattern', { pattern: source });
  try {
    return new RegExp(source, ignoreCase ? 'iu' : 'u');
  } catch {
    // Not a regular expression: meant as plain text.
    return new RegExp(source.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), ignoreCase ? 'iu' : 'u');
  }
}
