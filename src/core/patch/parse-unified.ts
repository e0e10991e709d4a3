/**
 * Unified diffs, plain and git's:
 * https://www.gnu.org/software/diffutils/manual/html_node/Detailed-Unified.html, `git help diff-generate-patch`.
 */
import { decodeUtf8 } from '../../base/bytes.js';
import { cleanPath, type FileEdit, type LineHunk, type PatchLine, type Problems } from './edits.js';
import { lineBody, splitLines } from './lines.js';

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** What git's header lines said before the hunks. */
interface Section {
  at: number;
  old?: string | null;
  new?: string | null;
  created: boolean;
  deleted: boolean;
  renameFrom?: string;
  renameTo?: string;
  copy: boolean;
  binary: boolean;
  mode: boolean;
  executable: boolean;
}

export function parseUnified(text: string, problems: Problems): FileEdit[] {
  const lines = splitLines(text);
  const body = (i: number): string => lineBody(lines[i] ?? '');
  const files: FileEdit[] = [];
  let sections = 0;
  let i = 0;

  const finish = (section: Section, hunks: LineHunk[]): void => {
    sections += 1;
    const edit = toEdit(section, hunks, problems);
    if (edit) files.push(edit);
  };
  const readHunks = (): LineHunk[] => {
    const hunks: LineHunk[] = [];
    while (body(i).startsWith('@@')) {
      const before = i;
      const read = readHunk(lines, i, hunks.length + 1, problems);
      i = Math.max(read.next, before + 1);
      if (read.hunk) hunks.push(read.hunk);
    }
    return hunks;
  };

  while (i < lines.length) {
    const line = body(i);
    if (line.startsWith('diff --git ')) {
      const section = blankSection(i);
      Object.assign(section, gitHeaderPaths(line));
      i = readGitHeaders(lines, i + 1, section);
      if (body(i).startsWith('--- ') && body(i + 1).startsWith('+++ ')) {
        Object.assign(section, headerPaths(body(i), body(i + 1)));
        i += 2;
      } else if (body(i).startsWith('+++ ') || body(i).startsWith('@@')) {
        problems.error('missing-old-header', i + 1, '', 'Missing old file header: a line that begins with "--- ".');
        if (body(i).startsWith('+++ ')) i += 1;
      }
      finish(section, readHunks());
    } else if (line.startsWith('--- ') && body(i + 1).startsWith('+++ ')) {
      const section = { ...blankSection(i), ...headerPaths(line, body(i + 1)) };
      i += 2;
      const hunks = readHunks();
      // Git writes empty new and deleted files with a header of its own;
      // here a section without a hunk is a cut-off one.
      if (!hunks.length && !problems.all.some((problem) => problem.line > section.at)) {
        problems.error(
          'hunk-missing',
          section.at + 1,
          section.new ?? section.old ?? '',
          'The file has headers but no hunk.',
        );
      }
      finish(section, hunks);
    } else if (line.startsWith('--- ') && body(i + 1).startsWith('@@')) {
      problems.error('missing-new-header', i + 2, '', 'Missing new file header: a line that begins with "+++ ".');
      i += 1;
      readHunks();
    } else if (line.startsWith('+++ ') && (body(i + 1).startsWith('@@') || !sections)) {
      problems.error('missing-old-header', i + 1, '', 'Missing old file header: a line that begins with "--- ".');
      i += 1;
      readHunks();
    } else if (HUNK.test(line)) {
      problems.error(
        'missing-file-header',
        i + 1,
        '',
        'A hunk without file headers: "--- " and "+++ " lines must stand before it.',
      );
      readHunks();
    } else i += 1;
  }
  if (!sections && !problems.all.length)
    problems.error(
      'missing-file-header',
      0,
      '',
      'No file headers: a unified diff has a "--- " and a "+++ " line for each file.',
    );
  return files;
}

const blankSection = (at: number): Section => ({
  at,
  created: false,
  deleted: false,
  copy: false,
  binary: false,
  mode: false,
  executable: false,
});

function toEdit(section: Section, hunks: LineHunk[], problems: Problems): FileEdit | undefined {
  const line = section.at + 1;
  const created = section.created || section.old === null;
  const deleted = section.deleted || section.new === null;
  const written = section.renameTo ?? (deleted ? section.old : section.new);
  if (written === undefined || written === null) {
    problems.error('path-invalid', line, '', 'The headers name no file.');
    return undefined;
  }
  const path = cleanPath(written, line, problems);
  const renamed = section.renameFrom ?? (!created && !deleted && section.old !== section.new ? section.old : undefined);
  const from = typeof renamed === 'string' ? cleanPath(renamed, line, problems) : undefined;
  if (path === undefined || (typeof renamed === 'string' && from === undefined)) return undefined;
  if (section.binary) {
    problems.error('binary', line, path, `${path} is a binary file; a patch of text cannot carry it.`);
    return undefined;
  }
  if (section.copy) {
    problems.error(
      'copy',
      line,
      path,
      `${path} is written as a copy of another file. Give its whole text as a new file.`,
    );
    return undefined;
  }
  const all = hunks.flatMap((hunk) => hunk.lines);
  if (section.mode && !hunks.length && from === undefined) {
    problems.error('mode', line, path, `Only the mode of ${path} changes; modes are not changed here.`);
    return undefined;
  }
  if (section.mode || section.executable) problems.warning('mode', line, path, `The mode of ${path} is left as it is.`);
  if (created) {
    if (all.some((l) => l.sign !== '+'))
      problems.error('hunk-line', line, path, `${path} is a new file, so its lines all begin with "+".`);
    return { op: 'create', path, content: all.map((l) => l.raw).join('') };
  }
  if (deleted) {
    if (all.some((l) => l.sign === '+'))
      problems.warning('delete-adds', line, path, `${path} is deleted, yet the patch adds lines to it.`);
    return { op: 'delete', path, hunks };
  }
  return { op: 'modify', path, ...(from !== undefined && from !== path ? { from } : {}), hunks };
}

function readGitHeaders(lines: readonly string[], start: number, section: Section): number {
  for (let i = start; i < lines.length; i++) {
    const line = lineBody(lines[i] as string);
    const rest = (prefix: string): string => unquote(line.slice(prefix.length));
    if (/^(index|similarity index|dissimilarity index) /.test(line)) continue;
    if (/^(old|new) mode /.test(line)) section.mode = true;
    else if (line.startsWith('new file mode ')) {
      section.created = true;
      section.old = null;
      section.executable = line.endsWith('755');
    } else if (line.startsWith('deleted file mode ')) {
      section.deleted = true;
      section.new = null;
    } else if (line.startsWith('rename from ')) section.renameFrom = rest('rename from ');
    else if (line.startsWith('rename to ')) section.renameTo = rest('rename to ');
    else if (line.startsWith('copy from ') || line.startsWith('copy to ')) section.copy = true;
    else if (line.startsWith('Binary files ')) section.binary = true;
    else if (line === 'GIT binary patch') {
      section.binary = true;
      let end = i + 1;
      while (end < lines.length && !(lines[end] as string).startsWith('diff --git ')) end += 1;
      return end;
    } else return i;
  }
  return lines.length;
}

/**
 * `diff --git a/x b/x`: the only place that names a file whose content does not change.
 * Ambiguous with spaces unless both sides say the same.
 */
function gitHeaderPaths(line: string): Partial<Section> {
  const rest = line.slice('diff --git '.length);
  const quoted = /^("(?:[^"\\]|\\.)*"|\S+) ("(?:[^"\\]|\\.)*"|\S+)$/.exec(rest);
  if (quoted) return stripPrefixes(unquote(quoted[1] as string), unquote(quoted[2] as string));
  const half = (rest.length - 1) / 2;
  const [left, right] = [rest.slice(0, half), rest.slice(half + 1)];
  return Number.isInteger(half) && left.slice(2) === right.slice(2) ? stripPrefixes(left, right) : {};
}

function headerPaths(oldLine: string, newLine: string): { old: string | null; new: string | null } {
  const name = (line: string): string => unquote((line.slice(4).split('\t')[0] ?? '').trimEnd());
  return stripPrefixes(name(oldLine), name(newLine));
}

/**
 * Git's `a/` and `b/` (or its mnemonic `i/ w/ c/ o/`) come off together;
 * without them two names mean the new one, as with `x.orig` and `x`.
 */
function stripPrefixes(oldName: string, newName: string): { old: string | null; new: string | null } {
  const oldNull = oldName === '/dev/null';
  const newNull = newName === '/dev/null';
  const prefixed =
    (oldNull || /^[aiwco]\//.test(oldName)) &&
    (newNull || /^[bwcio]\//.test(newName)) &&
    oldName.slice(0, 2) !== newName.slice(0, 2);
  if (prefixed) return { old: oldNull ? null : oldName.slice(2), new: newNull ? null : newName.slice(2) };
  return { old: oldNull ? null : newNull ? oldName : newName, new: newNull ? null : newName };
}

function unquote(name: string): string {
  if (!/^".*"$/.test(name)) return name;
  const simple: Record<string, number> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };
  const bytes: number[] = [];
  const inner = name.slice(1, -1);
  for (let i = 0; i < inner.length; i++) {
    if (inner[i] !== '\\') {
      const point = inner.codePointAt(i) as number;
      bytes.push(...new TextEncoder().encode(String.fromCodePoint(point)));
      if (point > 0xffff) i += 1;
      continue;
    }
    const octal = /^[0-3][0-7]{2}/.exec(inner.slice(i + 1, i + 4));
    if (octal) bytes.push(Number.parseInt(octal[0], 8));
    else bytes.push(simple[inner[i + 1] ?? ''] ?? (inner.charCodeAt(i + 1) || 92));
    i += octal ? 3 : 1;
  }
  return decodeUtf8(Uint8Array.from(bytes)) ?? name;
}

function readHunk(
  lines: readonly string[],
  start: number,
  n: number,
  problems: Problems,
): { hunk?: LineHunk; next: number } {
  const header = HUNK.exec(lines[start] as string);
  if (!header) {
    problems.error(
      'hunk-header',
      start + 1,
      '',
      `Hunk ${n}: its header is not of the form "@@ -line,count +line,count @@".`,
    );
    return { next: start + 1 };
  }
  const oldCount = Number(header[2] ?? 1);
  const newCount = Number(header[4] ?? 1);
  const seen = { old: 0, new: 0 };
  const read: PatchLine[] = [];
  let i = start + 1;
  for (; i < lines.length; i++) {
    const raw = lines[i] as string;
    if (raw.startsWith('\\')) {
      const last = read.at(-1);
      if (last) last.raw = last.raw.replace(/\n$/, '');
      continue;
    }
    const full = seen.old >= oldCount && seen.new >= newCount;
    const blank = lineBody(raw) === '';
    // Once the counts are met, what could be the next file, a mail signature or an empty line ends the hunk.
    if (full && (blank || raw.startsWith('--- ') || lineBody(raw) === '-- ')) break;
    const sign = blank ? ' ' : raw[0];
    if (sign !== ' ' && sign !== '-' && sign !== '+') break;
    if (sign !== '+') seen.old += 1;
    if (sign !== '-') seen.new += 1;
    read.push({ sign, raw: blank ? raw : raw.slice(1) });
  }
  const mismatch = seen.old !== oldCount ? 'old' : seen.new !== newCount ? 'new' : undefined;
  if (mismatch) {
    const [says, has] = mismatch === 'old' ? [oldCount, seen.old] : [newCount, seen.new];
    problems.error(
      `${mismatch}-count`,
      start + 1,
      '',
      `Hunk ${n}: ${mismatch} line count mismatch: the header says ${says}, there are ${has}.`,
    );
    return { next: i };
  }
  // A patch cut off in its last line would otherwise pass for one that removes the final newline.
  const last = read.at(-1);
  const cut =
    last && i >= lines.length && !(lines.at(-1) as string).endsWith('\n') && !(lines.at(-1) as string).startsWith('\\');
  if (last && cut) last.raw += '\n';
  if (read.every((line) => line.sign === ' '))
    problems.warning('context-only', start + 1, '', `Hunk ${n} changes nothing: it has only context lines.`);
  return {
    hunk: {
      type: 'lines',
      line: oldCount === 0 ? Number(header[1]) + 1 : Number(header[1]),
      anchors: [],
      atEnd: false,
      lines: read,
    },
    next: i,
  };
}
