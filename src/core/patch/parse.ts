/** Reads a patch in any of its forms. Nothing throws for bad input: what is wrong comes back as problems. */
import { collectProblems, type FileEdit, type ParsedPatch, type PatchForm, type Problems } from './edits.js';
import { parseBeginPatch } from './parse-begin-patch.js';
import { editsFromValue, parseJson, parseSearchBlocks } from './parse-search-replace.js';
import { parseUnified } from './parse-unified.js';

/**
 * Edits of one file stand together in `files`; problems with an error among them mean that nothing may be applied.
 * Paths are relative, or absolute in one of `roots`.
 */
export function parsePatch(text: string, roots: readonly string[] = []): ParsedPatch {
  const problems = collectProblems(roots);
  const source = plainText(text);
  if (source.trim() === '') {
    problems.error('patch-empty', 0, '', 'The patch is empty.');
    return { form: 'unknown', files: [], problems: problems.all };
  }
  const form = detectForm(source);
  const files = mergeEdits(readForm(form, source, problems), problems);
  const whole = form === 'json' && files.length > 0 && files.every((file) => file.op === 'write');
  return {
    form: whole ? 'whole-file' : form === 'json' || form === 'blocks' ? 'search-replace' : form,
    files,
    problems: problems.all,
  };
}

/** Edits given as data rather than text: `[{path, search, replace, replace_all?} | {path, content}]`. */
export function parseEdits(value: unknown): ParsedPatch {
  const problems = collectProblems();
  const files = mergeEdits(editsFromValue(value, problems), problems);
  return {
    form: files.length && files.every((file) => file.op === 'write') ? 'whole-file' : 'search-replace',
    files,
    problems: problems.all,
  };
}

type Detected = Exclude<PatchForm, 'whole-file' | 'search-replace'> | 'json' | 'blocks';

function readForm(form: Detected, text: string, problems: Problems): FileEdit[] {
  switch (form) {
    case 'json':
      return parseJson(text, problems);
    case 'begin-patch':
      return parseBeginPatch(text, problems);
    case 'blocks':
      return parseSearchBlocks(text, problems);
    case 'unified':
      return parseUnified(text, problems);
    default:
      problems.error(
        'form-unknown',
        0,
        '',
        'This is none of the forms a patch may have: a unified diff with file headers, "*** Begin Patch", SEARCH/REPLACE blocks, or JSON.',
      );
      return [];
  }
}

/**
 * A byte order mark, a code fence around the whole, and CRLF that the transport put
 * at every line are not part of the patch.
 */
function plainText(text: string): string {
  let plain = text.replace(/^\uFEFF/, '');
  if (/\r\n/.test(plain) && !/(^|[^\r])\n/.test(plain)) plain = plain.replace(/\r\n/g, '\n');
  const fence = /^\s*(`{3,})[\w-]*\n([\s\S]*?\n)\1\s*$/.exec(plain);
  return fence && !fence[2]?.includes('\n```') ? (fence[2] as string) : plain;
}

function detectForm(text: string): Detected {
  const first = (pattern: RegExp): number => {
    const at = text.search(pattern);
    return at === -1 ? Number.POSITIVE_INFINITY : at;
  };
  const places: [Detected, number][] = [
    ['begin-patch', first(/^\*\*\* Begin Patch\s*$/m)],
    ['blocks', first(/^<{5,9} SEARCH\s*$/m)],
    ['unified', first(/^(diff --git |--- \S|\+\+\+ \S|@@ -\d)/m)],
  ];
  places.sort((a, b) => a[1] - b[1]);
  const [form, at] = places[0] as [Detected, number];
  // Before JSON: a mail's "[PATCH]" also begins with a bracket, and JSON has no line that begins so
  if (at !== Number.POSITIVE_INFINITY) return form;
  return /^\s*[[{]/.test(text) ? 'json' : 'unknown';
}

/** Edits of one path become one; two that contradict each other are a problem. */
function mergeEdits(edits: readonly FileEdit[], problems: Problems): FileEdit[] {
  const files: FileEdit[] = [];
  const byPath = new Map<string, FileEdit>();
  const twice = (path: string): void =>
    problems.error('path-twice', 0, path, `${path} is edited in two ways that do not go together.`);
  for (const edit of edits) {
    const earlier = byPath.get(edit.path);
    if (earlier?.op === 'modify' && edit.op === 'modify' && edit.from === undefined && earlier.from === undefined) {
      earlier.hunks.push(...edit.hunks);
      continue;
    }
    const from = edit.op === 'modify' ? edit.from : undefined;
    if (earlier) twice(edit.path);
    else if (from !== undefined && byPath.has(from)) twice(from);
    else {
      const own: FileEdit = edit.op === 'modify' ? { ...edit, hunks: [...edit.hunks] } : edit;
      files.push(own);
      byPath.set(own.path, own);
      if (from !== undefined) byPath.set(from, own);
    }
  }
  return files;
}
