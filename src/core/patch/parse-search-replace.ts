/** Search/replace: JSON arrays, `{path, content}` for whole files, and the `<<<<<<< SEARCH` blocks. */
import { z } from 'zod';
import { cleanPath, type FileEdit, type Problems } from './edits.js';
import { signedLines } from './line-diff.js';
import { lineBody, splitLines } from './lines.js';

const searchReplaceSchema = z.object({
  path: z.string(),
  search: z.string(),
  replace: z.string(),
  replace_all: z.boolean().default(false),
});
const wholeFileSchema = z.object({ path: z.string(), content: z.string() });

export function parseJson(text: string, problems: Problems): FileEdit[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    problems.error(
      'json-invalid',
      0,
      '',
      `The JSON could not be read: ${error instanceof Error ? error.message : String(error)}`,
    );
    return [];
  }
  return editsFromValue(value, problems);
}

/** The same from a value that was parsed already: a tool's input. */
export function editsFromValue(value: unknown, problems: Problems): FileEdit[] {
  const items: unknown[] = Array.isArray(value) ? value : [value];
  if (!items.length) problems.error('patch-empty', 0, '', 'The list of edits is empty.');
  const files: FileEdit[] = [];
  items.forEach((item, n) => {
    const whole = wholeFileSchema.safeParse(item);
    const block = searchReplaceSchema.safeParse(item);
    if (!whole.success && !block.success) {
      const issue = block.error.issues[0];
      problems.error(
        'json-invalid',
        0,
        '',
        `Edit ${n + 1}: ${issue ? `${issue.path.join('.') || 'value'}: ${issue.message}` : 'not an edit'}. Expected {path, search, replace} or {path, content}.`,
      );
      return;
    }
    const path = cleanPath((block.data ?? (whole.data as { path: string })).path, 0, problems);
    if (path === undefined) return;
    if (block.success)
      files.push({
        op: 'modify',
        path,
        hunks: [{ type: 'text', search: block.data.search, replace: block.data.replace, all: block.data.replace_all }],
      });
    else if (whole.success) files.push({ op: 'write', path, content: whole.data.content });
  });
  return files;
}

const OPEN = /^<{5,9} SEARCH\s*$/;
const DIVIDER = /^={5,9}\s*$/;
const CLOSE = /^>{5,9} REPLACE\s*$/;

export function parseSearchBlocks(text: string, problems: Problems): FileEdit[] {
  const lines = splitLines(text);
  const files: FileEdit[] = [];
  let path: string | undefined;
  for (let i = 0, previousEnd = -1; i < lines.length; i++) {
    if (!OPEN.test(lineBody(lines[i] as string))) continue;
    const named = pathAbove(lines, i, previousEnd);
    if (named !== undefined) path = cleanPath(named.text, named.line, problems);
    else if (path === undefined) problems.error('block-path', i + 1, '', 'No line above the block names its file.');
    let divider = -1;
    let end = -1;
    let unclear = false;
    for (let j = i + 1; j < lines.length && end === -1; j++) {
      const line = lineBody(lines[j] as string);
      if (OPEN.test(line)) break;
      if (CLOSE.test(line)) end = j;
      else if (DIVIDER.test(line)) {
        if (divider !== -1) {
          unclear = true;
          problems.error(
            'block-divider',
            j + 1,
            path ?? '',
            'The block has two "=======" lines, so where its parts end is unclear. Use another form for this file.',
          );
        }
        divider = j;
      }
    }
    if (divider === -1 || end === -1) {
      problems.error(
        'block-unclosed',
        i + 1,
        path ?? '',
        `The block lacks its "${divider === -1 ? '=======' : '>>>>>>> REPLACE'}" line.`,
      );
      continue;
    }
    const search = lines.slice(i + 1, divider);
    const replace = lines.slice(divider + 1, end);
    if (path !== undefined && !unclear) {
      files.push(
        search.length
          ? {
              op: 'modify',
              path,
              hunks: [{ type: 'lines', anchors: [], atEnd: false, lines: signedLines(search, replace) }],
            }
          : { op: 'create', path, content: replace.join('') },
      );
    }
    previousEnd = end;
    i = end;
  }
  return files;
}

/**
 * The nearest line above that is neither empty nor a code fence, with the
 * decoration people put around a path taken off.
 */
function pathAbove(lines: readonly string[], at: number, after: number): { text: string; line: number } | undefined {
  for (let i = at - 1; i > after; i--) {
    const line = lineBody(lines[i] as string).trim();
    if (line === '' || line.startsWith('```')) continue;
    const text = line
      .replace(/^(#+|\/\/|File:|\*\*\* )\s*/i, '')
      .replace(/^[`*"']+|[`*"':]+$/g, '')
      .trim();
    return text === '' ? undefined : { text, line: i + 1 };
  }
  return undefined;
}
