/**
 * The `*** Begin Patch` form: sections per file, hunks placed by their lines
 * and by `@@` anchors rather than by numbers.
 */
import { cleanPath, type FileEdit, type LineHunk, type Problems } from './edits.js';
import { lineBody, splitLines } from './lines.js';

const SECTION = /^\*\*\* (Add|Update|Delete) File: (.*)$/;

export function parseBeginPatch(text: string, problems: Problems): FileEdit[] {
  const lines = splitLines(text);
  const body = (i: number): string => lineBody(lines[i] ?? '');
  const files: FileEdit[] = [];
  let i = lines.findIndex((line) => lineBody(line).trimEnd() === '*** Begin Patch') + 1;
  let closed = false;

  while (i < lines.length) {
    const line = body(i);
    const section = SECTION.exec(line.trimEnd());
    if (line.trimEnd() === '*** End Patch') {
      closed = true;
      break;
    }
    if (!section) {
      if (line.trim() !== '')
        problems.error(
          'section-unknown',
          i + 1,
          '',
          `"${clip(line)}" stands where a "*** Add File:", "*** Update File:" or "*** Delete File:" line is expected.`,
        );
      i += 1;
      continue;
    }
    const at = i + 1;
    const path = cleanPath(section[2] as string, at, problems);
    i += 1;
    if (section[1] === 'Delete') {
      if (path !== undefined) files.push({ op: 'delete', path, hunks: [] });
    } else if (section[1] === 'Add') {
      let content = '';
      for (; i < lines.length && body(i).startsWith('+'); i++) content += `${body(i).slice(1)}\n`;
      if (path !== undefined) files.push({ op: 'create', path, content });
    } else {
      let from: string | undefined;
      let to = path;
      if (body(i).startsWith('*** Move to: ')) {
        to = cleanPath(body(i).slice('*** Move to: '.length), i + 1, problems);
        from = path;
        i += 1;
      }
      const read = readHunks(lines, i, problems);
      i = read.next;
      if (!read.hunks.length && from === undefined)
        problems.error('hunk-missing', at, path ?? '', 'The file has a header but no hunk.');
      if (to !== undefined && path !== undefined)
        files.push({
          op: 'modify',
          path: to,
          ...(from !== undefined && from !== to ? { from } : {}),
          hunks: read.hunks,
        });
    }
  }
  if (!closed)
    problems.error(
      'patch-unclosed',
      lines.length,
      '',
      'The line "*** End Patch" is missing, so the patch may be cut off.',
    );
  else if (!files.length && !problems.all.length) problems.error('patch-empty', 0, '', 'The patch names no file.');
  return files;
}

const clip = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text);

function readHunks(lines: readonly string[], start: number, problems: Problems): { hunks: LineHunk[]; next: number } {
  const hunks: LineHunk[] = [];
  let current: LineHunk | undefined;
  let anchors: string[] = [];
  let line: number | undefined;
  const close = (): void => {
    if (!current) return;
    if (current.lines.every((l) => l.sign === ' '))
      problems.warning(
        'context-only',
        start + 1,
        '',
        `Hunk ${hunks.length + 1} changes nothing: it has only context lines.`,
      );
    hunks.push(current);
    current = undefined;
  };
  let i = start;
  for (; i < lines.length; i++) {
    const raw = lines[i] as string;
    const text = lineBody(raw);
    if (text.startsWith('*** ')) {
      if (text.trimEnd() !== '*** End of File') break;
      if (current) current.atEnd = true;
      close();
    } else if (text.startsWith('@@')) {
      close();
      const numbered = /^@@ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@/.exec(text);
      if (numbered) line = Number(numbered[1]);
      else {
        const anchor = text
          .slice(2)
          .replace(/ @@\s*$/, '')
          .trim();
        if (anchor !== '') anchors.push(anchor);
      }
    } else {
      const sign = text === '' ? ' ' : text[0];
      if (sign !== ' ' && sign !== '-' && sign !== '+') {
        problems.error('hunk-line', i + 1, '', `"${clip(text)}" begins with neither a space nor "-" nor "+".`);
        continue;
      }
      if (!current) {
        // An empty line between sections is not a hunk.
        if (text === '' && !anchors.length && line === undefined) continue;
        current = { type: 'lines', anchors, atEnd: false, lines: [], ...(line === undefined ? {} : { line }) };
        anchors = [];
        line = undefined;
      }
      current.lines.push({ sign, raw: `${text === '' ? '' : text.slice(1)}\n` });
    }
  }
  // Empty lines before the next header belong to the layout of the patch, not to the file.
  while (
    current &&
    !current.atEnd &&
    current.lines.length > 1 &&
    current.lines.at(-1)?.sign === ' ' &&
    lines[i - 1] === '\n' &&
    current.lines.at(-1)?.raw === '\n'
  ) {
    current.lines.pop();
    i -= 1;
  }
  const next = i;
  close();
  return { hunks, next };
}
