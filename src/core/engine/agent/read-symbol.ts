/**
 * `read_symbol`: the definitions of a name, from the editor's language features where there are some, else found by
 * looking. Every file passes the gate, and its text is what the stage would read: the disk with its own pending edits.
 */
import { isAbort } from '../../errors.js';
import { gatePath } from '../effects/gate.js';
import { isReadProtected } from '../../policy/index.js';
import type { SymbolPlace } from '../../ports/ports.js';
import { findDefinitions, mayDefine } from '../../tools/find-symbol.js';
import type { Overlay } from '../effects/overlay.js';
import { createLeftOut, listFiles, searchable, type LeftOut } from './search-files.js';
import type { StepContext } from '../../record/step-context.js';

const MAX_DEFINITIONS = 8;
const MAX_LINES = 400;
const MAX_MS = 10_000;

interface Definition {
  path: string;
  startLine: number;
  endLine: number;
  kind: string;
  text: string;
}

export async function readSymbol(
  ctx: StepContext,
  overlay: Overlay,
  name: string,
  path: string | undefined,
): Promise<string | undefined> {
  const known = await fromEditor(ctx, overlay, name, path);
  if (known.length > 0) return show('From the editor’s language features.', known);
  const left = createLeftOut();
  const { found, stopped } = await byLooking(ctx, overlay, { name, path, left });
  if (found.length === 0) return undefined;
  const how = `Found by looking through the files, not by a language server${stopped ? '; the search stopped early, so there may be more' : ''}.`;
  return show([how, ...left.lines()].join('\n'), found);
}

const show = (from: string, definitions: readonly Definition[]): string =>
  [
    from,
    ...definitions.map(
      ({ path, startLine, endLine, kind, text }) => `${path}:${startLine}-${endLine}${kind && ` ${kind}`}\n${text}`,
    ),
  ].join('\n\n');

async function fromEditor(
  ctx: StepContext,
  overlay: Overlay,
  name: string,
  path: string | undefined,
): Promise<Definition[]> {
  const { symbols, log } = ctx.run.ports;
  if (!symbols) return [];
  // The editor knows the disk: of a file with pending edits it would name the wrong lines.
  const pending = new Set(overlay.changed().flatMap((file) => [file.path, file.from ?? file.path]));
  if (path !== undefined && pending.has(path)) return [];
  let places: SymbolPlace[];
  try {
    places = await symbols.find(ctx.root, name, path, ctx.signal);
  } catch (error) {
    if (isAbort(error) || ctx.signal.aborted) throw error;
    log.warn('The editor could not be asked for a symbol.', { error: String(error) });
    return [];
  }
  // One that is pending is left to looking, with all the others: half an answer would pass for the whole one.
  if (places.some((place) => pending.has(place.path))) return [];
  const found: Definition[] = [];
  for (const place of places.slice(0, MAX_DEFINITIONS)) {
    const text = await textOf(ctx, overlay, place.path, createLeftOut());
    if (text !== undefined) found.push(cut(place.path, text.split('\n'), place.startLine, place.endLine, place.kind));
  }
  return found;
}

async function byLooking(
  ctx: StepContext,
  overlay: Overlay,
  { name, path, left }: { name: string; path: string | undefined; left: LeftOut },
): Promise<{ found: Definition[]; stopped: boolean }> {
  const { clock } = ctx.run.ports;
  const until = clock.monotonic() + MAX_MS;
  const listed = path === undefined ? await listFiles(ctx, overlay) : { paths: [path], truncated: false };
  const found: (Definition & { indent: number })[] = [];
  let stopped = listed.truncated;
  for (const each of listed.paths) {
    ctx.signal.throwIfAborted();
    if (!mayDefine(each) || isReadProtected(each)) continue;
    if (found.length >= MAX_DEFINITIONS * 4 || clock.monotonic() > until) {
      stopped = true;
      break;
    }
    const text = await textOf(ctx, overlay, each, left);
    if (text === undefined) continue;
    const blocks = findDefinitions(each, text, name);
    const lines = blocks.length === 0 ? [] : text.split(/\r\n|\n|\r/);
    for (const { startLine, endLine, indent } of blocks)
      found.push({ ...cut(each, lines, startLine, endLine, ''), indent });
  }
  found.sort((a, b) => a.indent - b.indent);
  return { found: found.slice(0, MAX_DEFINITIONS), stopped: stopped || found.length > MAX_DEFINITIONS };
}

/** undefined = not for this stage to read, or no text. */
async function textOf(ctx: StepContext, overlay: Overlay, path: string, left: LeftOut): Promise<string | undefined> {
  if ((await gatePath(ctx, 'read', path, { silent: true })).effect !== 'allow') return undefined;
  return await searchable(overlay, path, left);
}

function cut(path: string, lines: readonly string[], startLine: number, endLine: number, kind: string): Definition {
  const last = Math.min(endLine, startLine + MAX_LINES - 1, lines.length);
  const text = lines.slice(startLine - 1, last).join('\n');
  return {
    path,
    startLine,
    endLine,
    kind,
    text:
      last < Math.min(endLine, lines.length) ? `${text}\n… ${endLine - last} more lines; read_file has them.` : text,
  };
}
