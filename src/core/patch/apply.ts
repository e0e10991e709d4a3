/**
 * Applies a parsed patch to files in memory: all of it, or none. Byte order marks, line endings
 * (also mixed ones) and the final newline stay as they are. Pure: reads through `readFile`, writes
 * nothing; the caller takes the bytes to the disk.
 */
import { equalBytes, type Bytes } from '../../base/bytes.js';
import type { FileEdit, ParsedPatch, PatchHunk } from './edits.js';
import { matchHunk } from './match.js';
import { matchFile, type Placed, type Splice } from './match-file.js';
import type { HunkCode, HunkReport, PatchReport } from './report.js';
import { decodeText, encodeText, eolOf, readText, type TextFile } from './text-file.js';

export { reportText, type HunkReport, type PatchReport } from './report.js';

export interface PatchedFile {
  path: string;
  /** Old path of a rename; `before` is then what stood there. */
  from?: string;
  /** null = no file. */
  before: Bytes | null;
  after: Bytes | null;
}

export type PatchResult = { ok: true; files: PatchedFile[]; report: PatchReport } | { ok: false; report: PatchReport };

/**
 * `files` of the result are those that really change, in the order of the patch. A failure of any kind gives no files.
 */
export function applyPatch(
  patch: Pick<ParsedPatch, 'files' | 'problems'>,
  readFile: (path: string) => Bytes | undefined,
): PatchResult {
  const hunks: HunkReport[] = [];
  const unread = patch.problems.some((problem) => problem.severity === 'error') || !patch.files.length;
  if (unread) return { ok: false, report: { applied: false, hunks, problems: patch.problems } };
  const files: PatchedFile[] = [];
  for (const edit of patch.files) {
    const result = applyEdit(edit, readFile);
    hunks.push(...result.hunks);
    if (result.file) files.push(result.file);
  }
  const applied = !hunks.some((hunk) => hunk.code);
  const report: PatchReport = { applied, hunks, problems: patch.problems };
  return applied ? { ok: true, files, report } : { ok: false, report };
}

interface EditResult {
  hunks: HunkReport[];
  file?: PatchedFile;
}

function applyEdit(edit: FileEdit, readFile: (path: string) => Bytes | undefined): EditResult {
  const { path } = edit;
  const refuse = (code: HunkCode, at = path): EditResult => ({ hunks: [{ path: at, hunk: 0, code }] });
  const before = readFile(path);
  switch (edit.op) {
    case 'create':
      return before
        ? refuse('file-exists')
        : { hunks: [{ path, hunk: 0 }], file: { path, before: null, after: encodeText(edit.content, false) } };
    case 'write':
      return writeWhole(path, edit.content, before);
    case 'delete': {
      if (!before) return refuse('file-missing');
      const gone: PatchedFile = { path, before, after: null };
      if (!edit.hunks.length) return { hunks: [{ path, hunk: 0 }], file: gone };
      const rest = applyHunks(path, before, edit.hunks);
      if (!rest.after) return { hunks: rest.hunks };
      return decodeText(rest.after).text === '' ? { hunks: rest.hunks, file: gone } : refuse('delete-leaves-text');
    }
    case 'modify': {
      if (edit.from === undefined) {
        if (!before) return createFromSearch(edit, refuse);
        const result = applyHunks(path, before, edit.hunks);
        return {
          hunks: result.hunks,
          ...(result.after && result.after !== before ? { file: { path, before, after: result.after } } : {}),
        };
      }
      const old = readFile(edit.from);
      if (!old) return refuse('file-missing', edit.from);
      // On a disk that folds case, the new name of `a.ts → A.ts` reads as the old file.
      if (before && edit.from.toLowerCase() !== path.toLowerCase()) return refuse('file-exists');
      const result = edit.hunks.length ? applyHunks(path, old, edit.hunks) : { hunks: [{ path, hunk: 0 }], after: old };
      return {
        hunks: result.hunks,
        ...(result.after ? { file: { path, from: edit.from, before: old, after: result.after } } : {}),
      };
    }
  }
}

/**
 * A whole file keeps what its content does not say: the byte order mark, another encoding and, where the old file was all
 * CRLF, its endings.
 */
function writeWhole(path: string, content: string, before: Bytes | undefined): EditResult {
  const old = before && decodeText(before);
  const after = before && !old?.roundTrips ? otherWhole(content, before) : utf8Whole(content, old);
  if (typeof after === 'string') return { hunks: [{ path, hunk: 0, code: after }] };
  return {
    hunks: [{ path, hunk: 0 }],
    ...(before && equalBytes(before, after) ? {} : { file: { path, before: before ?? null, after } }),
  };
}

function utf8Whole(content: string, old: TextFile | undefined): Bytes {
  const text = old && !content.includes('\r') && eolOf(old.text) === 'crlf' ? content.replace(/\n/g, '\r\n') : content;
  return encodeText(text.replace(/^\uFEFF/, ''), text.startsWith('\uFEFF') || old?.bom === true);
}

function otherWhole(content: string, before: Bytes): Bytes | HunkCode {
  const old = readText(before);
  if (!old) return 'file-not-text';
  return old.encode(eolOf(old.text) === 'crlf' ? content.replace(/\r?\n/g, '\r\n') : content) ?? 'file-encoding';
}

/** An empty search in a file that is not there is how that form says "new file". */
function createFromSearch(
  edit: Extract<FileEdit, { op: 'modify' }>,
  refuse: (code: HunkCode) => EditResult,
): EditResult {
  const [only, ...more] = edit.hunks;
  if (only?.type !== 'text' || only.search !== '' || more.length) return refuse('file-missing');
  return {
    hunks: [{ path: edit.path, hunk: 1 }],
    file: { path: edit.path, before: null, after: encodeText(only.replace, false) },
  };
}

/**
 * All hunks are looked for in the file as it was, so their order does not matter;
 * those that touch one another are refused.
 * `after` is `bytes` itself where nothing changes.
 */
function applyHunks(path: string, bytes: Bytes, hunks: readonly PatchHunk[]): { hunks: HunkReport[]; after?: Bytes } {
  const facts = readText(bytes);
  if (!facts) return { hunks: [{ path, hunk: 0, code: 'file-not-text' }] };
  const file = matchFile(facts.text);
  const placed: (Placed | undefined)[] = [];
  let shift = 0;
  const reports = hunks.map((hunk, i): HunkReport => {
    // An empty file is written whole by an empty search.
    if (hunk.type === 'text' && hunk.search === '' && facts.text === '') {
      placed.push({ ok: true, rung: 'exact', line: 1, splices: [{ start: 0, end: 0, text: hunk.replace }], kept: [] });
      return { path, hunk: i + 1, rung: 'exact', line: 1 };
    }
    const found = matchHunk(file, hunk, shift);
    placed.push(found.ok ? found : undefined);
    if (!found.ok) {
      const { ok: _, ...miss } = found;
      return { path, hunk: i + 1, ...miss };
    }
    if (hunk.type === 'lines' && hunk.line !== undefined) shift = found.line - hunk.line;
    return {
      path,
      hunk: i + 1,
      rung: found.rung,
      line: found.line,
      ...(found.similarity === undefined ? {} : { similarity: found.similarity }),
    };
  });
  for (const i of overlapping(placed)) {
    const report = reports[i] as HunkReport;
    reports[i] = {
      path,
      hunk: report.hunk,
      code: 'hunk-overlap',
      ...(report.line === undefined ? {} : { line: report.line }),
    };
  }
  if (reports.some((report) => report.code)) return { hunks: reports };
  const text = splice(
    facts.text,
    placed.flatMap((found) => found?.splices ?? []),
  );
  const after = text === facts.text ? bytes : facts.encode(text);
  return after ? { hunks: reports, after } : { hunks: [{ path, hunk: 0, code: 'file-encoding' }] };
}

/** Hunks that change what another changes or relies on, and hunks that insert at one and the same point. */
function overlapping(placed: readonly (Placed | undefined)[]): Set<number> {
  const spans = placed.flatMap((found, hunk) => [
    ...(found?.splices ?? []).map(({ start, end }) => ({ start, end, hunk, changes: true })),
    ...(found?.kept ?? []).map(({ start, end }) => ({ start, end, hunk, changes: false })),
  ]);
  spans.sort((a, b) => a.start - b.start || a.end - b.end);
  const clashing = new Set<number>();
  let open: typeof spans = [];
  for (const span of spans) {
    open = open.filter((other) => other.end > span.start || (other.end === span.start && other.start === other.end));
    for (const other of open) {
      if (other.hunk === span.hunk || !(other.changes || span.changes)) continue;
      // An insertion right before a line leaves the line alone; two at one point have no order.
      const bothInsert = other.start === other.end && span.start === span.end;
      if (!bothInsert && other.start === other.end) continue;
      if (!bothInsert && span.start === span.end && span.start === other.start) continue;
      clashing.add(span.hunk);
      clashing.add(other.hunk);
    }
    open.push(span);
  }
  return clashing;
}

function splice(text: string, splices: readonly Splice[]): string {
  const ordered = [...splices].sort((a, b) => a.start - b.start || a.end - b.end);
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, text: replacement } of ordered) {
    parts.push(text.slice(at, start), replacement);
    at = end;
  }
  parts.push(text.slice(at));
  return parts.join('');
}
