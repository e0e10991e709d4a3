/** All blueprints of a place: the shipped ones and the workspace's own, each id once. Pure, like parse.ts. */
import type { Blueprint, BlueprintProblem, FileProblem } from '../model/blueprint.js';
import { idOfFile, parseBlueprint } from './parse.js';

/** Where a workspace keeps its own. */
export const BLUEPRINT_FOLDER = '.openexec/blueprints';
export const isBlueprintFile = (name: string): boolean => /\.ya?ml$/i.test(name);

export interface BlueprintFile {
  file: string;
  text: string;
  origin: 'shipped' | 'workspace';
}
export interface CatalogEntry extends BlueprintFile {
  blueprint: Blueprint;
}

export interface Catalog {
  entries: CatalogEntry[];
  problems: FileProblem[];
  /** Ids that somebody meant to be there, each with the error that keeps it out. */
  unusable: ReadonlyMap<string, FileProblem>;
}

/**
 * Sorted by id. A workspace cannot replace a shipped blueprint; two files of a workspace with one id are an error in
 * both, and neither counts: which of them was meant is not for code to guess.
 */
export function readCatalog(files: readonly BlueprintFile[]): Catalog {
  const problems: FileProblem[] = [];
  const unusable = new Map<string, FileProblem>();
  const byId = new Map<string, (CatalogEntry & { idProblem: Omit<BlueprintProblem, 'message' | 'hint'> })[]>();
  for (const file of files) {
    const read = parseBlueprint(file.text, file.file);
    for (const problem of read.problems) problems.push({ ...problem, file: file.file });
    const error = read.problems.find((problem) => problem.severity === 'error');
    const id = read.id?.value ?? idOfFile(file.file);
    if (error) unusable.set(id, { ...error, file: file.file });
    if (!read.blueprint) continue;
    const at = read.id?.span ?? { line: 1, column: 1, endLine: 1, endColumn: 1 };
    const entry = {
      ...file,
      blueprint: read.blueprint,
      idProblem: { ...at, code: 'duplicate-id' as const, severity: 'error' as const },
    };
    byId.set(read.blueprint.id, [...(byId.get(read.blueprint.id) ?? []), entry]);
  }
  const entries: CatalogEntry[] = [];
  for (const [id, same] of byId) {
    const shipped = same.find((entry) => entry.origin === 'shipped');
    const holder = shipped ?? (same.length === 1 ? same[0] : undefined);
    if (holder)
      entries.push({ file: holder.file, text: holder.text, origin: holder.origin, blueprint: holder.blueprint });
    if (same.length === 1) continue;
    for (const entry of same)
      if (entry !== shipped) {
        const others = same.filter((other) => other !== entry).map((other) => other.file);
        const problem = {
          ...entry.idProblem,
          file: entry.file,
          message: `The id “${id}” is taken by ${others.join(' and ')}.`,
          hint: `id: my_${id}`,
        };
        problems.push(problem);
        if (!holder) unusable.set(id, problem);
      }
  }
  for (const { blueprint } of entries) unusable.delete(blueprint.id);
  return { entries: entries.sort((a, b) => (a.blueprint.id < b.blueprint.id ? -1 : 1)), problems, unusable };
}
