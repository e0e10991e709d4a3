/** What a command that ended came to, where its exit code alone would say too much. Looks at the disk. */
import type { CommandClass } from '../model/command-class.js';
import type { Root } from '../model/primitives.js';
import type { CommandOutcome, Workspace } from '../ports/ports.js';
import { classifyCommand } from './classify-command.js';
import { isMadeBy, type TaskWords } from './made-by-task.js';

export interface Ended {
  command: string;
  network: boolean;
  outcome: CommandOutcome;
}

/**
 * undefined: green or red, as the exit code says; a red that sandbox or network may explain says that. What misses only what the task is to make
 * is red.
 */
export async function classOf(
  { command, network, outcome }: Ended,
  task: TaskWords,
  root: Root,
  workspace: Pick<Workspace, 'stat' | 'read'>,
): Promise<CommandClass | undefined> {
  const found = classifyCommand({
    exitCode: outcome.exitCode,
    timedOut: outcome.timedOut,
    output: `${outcome.head}\n${outcome.tail}`,
    command,
    sandboxed: outcome.sandboxedBy !== 'none',
    network,
  });
  if (found.kind === 'red' && (found.why === 'sandbox' || found.why === 'network')) return found;
  if (found.kind === 'green' || found.kind === 'red' || found.kind === 'timed-out') return undefined;
  // No path of this system, or one that leads outside: nothing of the project's.
  const inProject = async <T>(look: () => Promise<T | undefined>): Promise<T | undefined> => {
    try {
      return await look();
    } catch {
      return undefined;
    }
  };
  const made = await isMadeBy(found, task, root, {
    exists: async (path) => (await inProject(() => workspace.stat(root, path))) !== undefined,
    read: async (path) => {
      const bytes = await inProject(() => workspace.read(root, path, 64 * 1024));
      return bytes && new TextDecoder().decode(bytes);
    },
  });
  return made ? undefined : found;
}
