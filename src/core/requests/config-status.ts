/** What the status says of the folder's openexec.yaml: two names and one file are read, no facts are looked for. */
import type { Root } from '../model/primitives.js';
import type { Result } from '../model/requests.js';
import type { Workspace } from '../ports/ports.js';
import { chosenEmpty, findConfig, placeOf } from '../project/read-config.js';

/** undefined: there is none. */
export async function configStatus(workspace: Workspace, root: Root): Promise<Result<'status'>['config']> {
  const { file, problems, config } = await findConfig(workspace, root);
  if (file === undefined) return undefined;
  return {
    file,
    problems: problems.map((one) => ({
      ...placeOf(one),
      message: one.message,
      broken: one.severity === 'error',
    })),
    empty: chosenEmpty(config),
  };
}
