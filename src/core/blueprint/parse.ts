/** Reads a blueprint file. Pure: the engine, the command line and the language server share it. */
import type { Blueprint, BlueprintProblem } from '../model/blueprint.js';
import { readDraft } from './draft.js';
import { createReader } from './reader.js';
import { resolveDraft } from './resolve.js';
import { validateDraft } from './validate.js';

/** Characters. The shipped ones are a tenth of it. */
export const MAX_BLUEPRINT_SIZE = 128 * 1024;

/**
 * `file` is its name, for the id where the file gives none. `blueprint` is there when no problem is an error; problems come in
 * the order of the file. Never throws for what the file holds.
 */
export function parseBlueprint(text: string, file: string): { blueprint?: Blueprint; problems: BlueprintProblem[] } {
  if (text.length > MAX_BLUEPRINT_SIZE) {
    const message = `The file has ${text.length} characters; a blueprint has at most ${MAX_BLUEPRINT_SIZE}.`;
    return { problems: [{ code: 'file-too-large', severity: 'error', line: 1, column: 1, endLine: 1, endColumn: 1, message }] };
  }
  const reader = createReader(text);
  // A syntax error makes the tree a guess: what else is wrong with it would be noise.
  const draft = reader.problems.length === 0 ? readDraft(reader, idOfFile(file)) : undefined;
  if (draft) validateDraft(draft, reader);
  const problems = [...reader.problems].sort((a, b) => a.line - b.line || a.column - b.column);
  return draft && !problems.some((problem) => problem.severity === 'error') ? { blueprint: resolveDraft(draft), problems } : { problems };
}

const idOfFile = (file: string): string => file.split(/[\\/]/).pop()?.replace(/\.ya?ml$/, '') ?? file;

export interface BlueprintFile {
  file: string;
  text: string;
  origin: 'shipped' | 'workspace';
}
export interface CatalogEntry extends BlueprintFile {
  blueprint: Blueprint;
}

/**
 * All blueprints of several files, sorted by id. Of two with one id the first wins and the second is an error, so a workspace
 * cannot replace a shipped one: pass the shipped ones first.
 */
export function readCatalog(files: readonly BlueprintFile[]): { entries: CatalogEntry[]; problems: (BlueprintProblem & { file: string })[] } {
  const entries = new Map<string, CatalogEntry>();
  const problems: (BlueprintProblem & { file: string })[] = [];
  for (const file of files) {
    const read = parseBlueprint(file.text, file.file);
    for (const problem of read.problems) problems.push({ ...problem, file: file.file });
    if (!read.blueprint) continue;
    const earlier = entries.get(read.blueprint.id);
    if (earlier)
      problems.push({
        code: 'duplicate-id', severity: 'error', line: 1, column: 1, endLine: 1, endColumn: 1, file: file.file,
        message: `The id “${read.blueprint.id}” is taken by ${earlier.file}.`,
      });
    else entries.set(read.blueprint.id, { ...file, blueprint: read.blueprint });
  }
  return { entries: [...entries.values()].sort((a, b) => (a.blueprint.id < b.blueprint.id ? -1 : 1)), problems };
}
