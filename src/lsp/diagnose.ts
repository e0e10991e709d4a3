/** What is wrong in each open file, by the same reader and checks that a run uses. No rule of its own. */
import { readCatalog, type BlueprintFile } from '../core/blueprint/catalog.js';
import type { BlueprintProblem } from '../core/model/blueprint.js';
import { readConfigFile } from '../core/project/config-file.js';
import { placeOf } from '../core/project/read-config.js';

export interface OpenFile {
  uri: string;
  text: string;
}
export type Found = Omit<BlueprintProblem, 'code'> & { code: string };

/** By its place: a blueprint of a workspace, its openexec.yaml, or nothing of ours. */
export function kindOf(uri: string): 'blueprint' | 'config' | undefined {
  const path = decodeURIComponent(uri.replace(/[?#].*$/, ''));
  if (/\/\.openexec\/blueprints\/[^/]+\.ya?ml$/i.test(path)) return 'blueprint';
  return /\/openexec\.yaml$/.test(path) ? 'config' : undefined;
}

/**
 * By uri; a file without problems has an empty list. Blueprints are read together: two in one folder may claim one id.
 */
export function diagnose(files: readonly OpenFile[], shipped: readonly BlueprintFile[]): Map<string, Found[]> {
  const found = new Map<string, Found[]>(files.map(({ uri }) => [uri, []]));
  const folders = new Map<string, OpenFile[]>();
  for (const file of files) {
    if (kindOf(file.uri) === 'config') found.set(file.uri, configProblems(file.text));
    if (kindOf(file.uri) !== 'blueprint') continue;
    const folder = file.uri.slice(0, file.uri.lastIndexOf('/'));
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  for (const [folder, own] of folders) {
    const uris = new Map(own.map((file) => [nameOf(folder, file.uri), file.uri]));
    const { problems } = readCatalog([
      ...shipped,
      ...own.map((file) => ({ file: nameOf(folder, file.uri), text: file.text, origin: 'workspace' as const })),
    ]);
    for (const { file, ...problem } of problems) found.get(uris.get(file) ?? '')?.push(problem);
  }
  return found;
}

const nameOf = (folder: string, uri: string): string =>
  `.openexec/blueprints/${decodeURIComponent(uri.slice(folder.length + 1))}`;

function configProblems(text: string): Found[] {
  const lines = text.split(/\r?\n/);
  return readConfigFile(text).problems.map((problem) => {
    const { line, column } = placeOf(problem);
    const { severity } = problem;
    return {
      code: problem.code,
      severity: severity === 'info' ? 'hint' : severity,
      message: problem.message,
      hint: '',
      line,
      column,
      endLine: line,
      endColumn: Math.max(column + 1, (lines[line - 1] ?? '').length + 1),
    };
  });
}
