/**
 * What every form of patch is parsed into:
 * edits per file, made of hunks that still have to be found in the file's text.
 */
import { everydayPath } from '../model/everyday-path.js';
import { relativePathSchema } from '../model/primitives.js';

export interface PatchLine {
  sign: ' ' | '-' | '+';
  /** The line with its ending, as the patch gave it; without one where the patch says there is no newline. */
  raw: string;
}

/** Whole lines: unified diff, `*** Begin Patch`, SEARCH blocks. */
export interface LineHunk {
  type: 'lines';
  /** 1-based line the header names; a hint. */
  line?: number;
  /** Lines that stand above the place, outermost first (`@@ class A`). */
  anchors: string[];
  /** The hunk ends where the file ends (`*** End of File`). */
  atEnd: boolean;
  lines: PatchLine[];
}

/** A piece of text that need not be whole lines: search/replace as JSON. */
export interface TextHunk {
  type: 'text';
  search: string;
  replace: string;
  all: boolean;
}

export type PatchHunk = LineHunk | TextHunk;

export type FileEdit =
  /** Refused where a file is. */
  | { op: 'create'; path: string; content: string }
  /** The whole file, there or not. */
  | { op: 'write'; path: string; content: string }
  | { op: 'modify'; path: string; from?: string; hunks: PatchHunk[] }
  /** With hunks: refused unless they remove all of it. */
  | { op: 'delete'; path: string; hunks: PatchHunk[] };

export type PatchForm = 'unified' | 'begin-patch' | 'search-replace' | 'whole-file' | 'unknown';

export type PatchProblemCode =
  | 'patch-empty'
  | 'form-unknown'
  | 'json-invalid'
  | 'path-invalid'
  | 'path-twice'
  | 'missing-old-header'
  | 'missing-new-header'
  | 'missing-file-header'
  | 'hunk-header'
  | 'old-count'
  | 'new-count'
  | 'hunk-missing'
  | 'hunk-line'
  | 'binary'
  | 'copy'
  | 'mode'
  | 'context-only'
  | 'delete-adds'
  | 'patch-unclosed'
  | 'section-unknown'
  | 'block-unclosed'
  | 'block-divider'
  | 'block-path';

export interface PatchProblem {
  code: PatchProblemCode;
  severity: 'error' | 'warning';
  /** 1-based line of the patch's own text; 0 = the whole. */
  line: number;
  path: string;
  message: string;
}

export interface ParsedPatch {
  form: PatchForm;
  files: FileEdit[];
  /** With an error among them nothing of the patch may be applied. */
  problems: PatchProblem[];
}

export interface Problems {
  readonly all: PatchProblem[];
  /** Folders that an absolute path may stand in. */
  readonly roots: readonly string[];
  error(code: PatchProblemCode, line: number, path: string, message: string): void;
  warning(code: PatchProblemCode, line: number, path: string, message: string): void;
}

export function collectProblems(roots: readonly string[] = []): Problems {
  const all: PatchProblem[] = [];
  return {
    all,
    roots,
    error: (code, line, path, message) => void all.push({ code, severity: 'error', line, path, message }),
    warning: (code, line, path, message) => void all.push({ code, severity: 'warning', line, path, message }),
  };
}

/**
 * The path as the ports take it, or undefined with a problem: absolute, climbing, with a backslash or a drive letter.
 */
export function cleanPath(written: string, line: number, problems: Problems): string | undefined {
  const path = everydayPath(written.trim(), problems.roots);
  if (path !== '.' && relativePathSchema.safeParse(path).success && !path.includes('\\') && !/^[A-Za-z]:/.test(path))
    return path;
  problems.error(
    'path-invalid',
    line,
    '',
    `${JSON.stringify(written)} is not a path inside the workspace, with forward slashes.`,
  );
  return undefined;
}

/** Every path a patch touches, each once, in order; both sides of a rename. */
export function patchPaths(files: readonly FileEdit[]): string[] {
  return [
    ...new Set(
      files.flatMap((file) => (file.op === 'modify' && file.from !== undefined ? [file.from, file.path] : [file.path])),
    ),
  ];
}
