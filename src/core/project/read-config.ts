/**
 * The `openexec.yaml` of a folder, found and read. One that is there and cannot be taken whole is an error, whatever
 * the reason: a gate that somebody wrote down must not be passed over in silence.
 */
import { decodeUtf8 } from '../../base/bytes.js';
import { isOpenExecError, OpenExecError } from '../errors.js';
import type { Problem } from '../model/plan.js';
import type { Root } from '../model/primitives.js';
import type { Commands } from '../model/run.js';
import type { Workspace } from '../ports/ports.js';
import { MAX_CONFIG_SIZE, readConfigFile, type WorkspaceConfig } from './config-file.js';

/** The first that is there counts. */
export const configPaths = ['openexec.yaml', '.openexec/openexec.yaml'] as const;

export interface FoundConfig {
  /** Absent: there is none. */
  file?: string;
  /** Absent: there is none, or it cannot be taken whole, as `problems` say. */
  config?: WorkspaceConfig;
  /** `error`: nothing runs on it. `params` has file, line and column. */
  problems: Problem[];
}

export async function findConfig(workspace: Workspace, root: Root): Promise<FoundConfig> {
  const problems: Problem[] = [];
  const there: string[] = [];
  const near: string[] = [];
  for (const folder of ['', '.openexec']) {
    const names = await namesIn(workspace, root, folder);
    for (const name of names) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (name === 'openexec.yaml') there.push(path);
      else if (/^\.?openexec\.ya?ml$/i.test(name)) near.push(path);
    }
  }
  const [file, second] = there;
  if (file === undefined) {
    const [misnamed] = near;
    if (misnamed === undefined) return { problems };
    const problem = problemOf(
      'config-misnamed',
      misnamed,
      'It is not read under this name. Rename it to openexec.yaml.',
    );
    return { file: misnamed, problems: [problem] };
  }
  if (second !== undefined)
    problems.push({
      ...problemOf('config-twice', second, `It counts for nothing, because ${file} is there, too. Keep one of them.`),
      severity: 'warning',
    });
  const text = await textOf(workspace, root, file);
  if (typeof text !== 'string') return { file, problems: [text, ...problems] };
  const read = readConfigFile(text, file);
  return { file, problems: [...read.problems, ...problems], ...(read.config && { config: read.config }) };
}

/** A broken file as an error for a person; undefined where it can be used, or is not there. */
export function configError({ problems }: Pick<FoundConfig, 'problems'>): OpenExecError<'config-invalid'> | undefined {
  const errors = problems.filter((problem) => problem.severity === 'error');
  const [first] = errors;
  if (!first) return undefined;
  return new OpenExecError('config-invalid', { ...placeOf(first), problem: first.message, count: errors.length });
}

export const placeOf = ({ params }: Pick<Problem, 'params'>): { file: string; line: number; column: number } => ({
  file: String(params['file'] ?? configPaths[0]),
  line: Number(params['line'] ?? 1),
  column: Number(params['column'] ?? 1),
});

/** The kinds for which the file says that nothing is run: a choice, and to be told as one. */
export const chosenEmpty = (config: WorkspaceConfig | undefined): (keyof Commands)[] =>
  (['lint', 'test', 'build'] as const).filter((kind) => config?.commands[kind]?.length === 0);

/** A folder that is not there, or cannot be looked into, has none. */
async function namesIn(workspace: Workspace, root: Root, folder: string): Promise<string[]> {
  try {
    return (await workspace.list(root, folder)).map((name) => name.replace(/\/$/, ''));
  } catch (error) {
    why(error);
    // What is in it is not known: whoever reads the file by its name hears why.
    return ['openexec.yaml'];
  }
}

async function textOf(workspace: Workspace, root: Root, file: string): Promise<string | Problem> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await workspace.read(root, file, 4 * MAX_CONFIG_SIZE);
  } catch (error) {
    return problemOf('config-unreadable', file, why(error));
  }
  if (!bytes) return problemOf('config-unreadable', file, 'It is a link that leads nowhere.');
  const text = decodeUtf8(bytes);
  if (text !== undefined && !text.includes('\0')) return text;
  return problemOf('config-unreadable', file, 'It is not text in UTF-8. Save it as UTF-8.');
}

/** Rethrows what is no answer of the file system. */
function why(error: unknown): string {
  if (isOpenExecError(error, 'file-too-large')) return `It is larger than ${MAX_CONFIG_SIZE / 1024} KiB.`;
  if (isOpenExecError(error, 'path-outside')) return 'It leads outside the folder, where OpenExec reads nothing.';
  if (isOpenExecError(error, 'path-invalid')) return 'It is not an ordinary file.';
  if (error instanceof Error && 'code' in error) return `It could not be read (${String(error.code)}).`;
  throw error;
}

const problemOf = (code: string, file: string, message: string): Problem => ({
  code,
  severity: 'error',
  path: '',
  params: { file, line: 1, column: 1 },
  message,
});
