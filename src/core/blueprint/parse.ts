/** Reads a blueprint file. Pure: the engine, the command line and the language server share it. */
import type { Blueprint, BlueprintProblem, Span } from '../model/blueprint.js';
import { readDraft } from './draft.js';
import { createReader } from './reader.js';
import { resolveDraft } from './resolve.js';
import { validateDraft } from './validate.js';

/** Characters. The shipped ones are a tenth of it. */
export const MAX_BLUEPRINT_SIZE = 128 * 1024;

export interface ParsedBlueprint {
  blueprint?: Blueprint;
  problems: BlueprintProblem[];
  /** As far as it could be read; where the file's name gives it, its place is the first line. */
  id?: { value: string; span: Span };
}

/**
 * `file` is its name, for the id where the file gives none. `blueprint` is there when no problem is an error;
 * problems come in the order of the file. Never throws for what the file holds.
 */
export function parseBlueprint(text: string, file: string): ParsedBlueprint {
  if (text.length > MAX_BLUEPRINT_SIZE) {
    const message = `The file has ${text.length} characters; a blueprint has at most ${MAX_BLUEPRINT_SIZE}.`;
    return {
      problems: [
        {
          code: 'file-too-large',
          severity: 'error',
          line: 1,
          column: 1,
          endLine: 1,
          endColumn: 1,
          message,
          hint: 'Divide it, or shorten its goals.',
        },
      ],
    };
  }
  const reader = createReader(text);
  // A syntax error makes the tree a guess: what else is wrong with it would be noise.
  const draft = reader.problems.length === 0 ? readDraft(reader, idOfFile(file)) : undefined;
  if (draft) validateDraft(draft, reader);
  const problems = [...reader.problems].sort((a, b) => a.line - b.line || a.column - b.column);
  if (!draft) return { problems };
  const usable = !problems.some((problem) => problem.severity === 'error');
  return { problems, id: draft.id, ...(usable && { blueprint: resolveDraft(draft) }) };
}

export const idOfFile = (file: string): string =>
  file
    .split(/[\\/]/)
    .pop()
    ?.replace(/\.ya?ml$/, '') ?? file;
