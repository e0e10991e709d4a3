/** Ports that touch nothing: what the record can answer it does elsewhere, so whoever asks here stands where the run stood still. */
import type { ModelInfo, Ports, Store } from '../ports.js';
import type { RunEvidence } from './replay-record.js';

export interface ReplayPortsInput {
  ports: Pick<Ports, 'hasher' | 'redact'>;
  store: Store;
  evidence: RunEvidence;
  now(): number;
  /** Time of a budget question that is about to be asked again. */
  wallTime(): number | undefined;
  stop(asked: string): Promise<never>;
}

const silent = (): void => undefined;

export function createReplayPorts({ ports, store, evidence, now, wallTime, stop }: ReplayPortsInput): Ports {
  const stopAt = (asked: string) => () => stop(asked);
  return {
    ...ports,
    store,
    clock: { now: () => wallTime() ?? now(), monotonic: () => 0, sleep: async () => undefined },
    ids: { next: (prefix) => `${prefix}_replayed` },
    log: { debug: silent, info: silent, warn: silent, error: silent },
    workspace: {
      read: stopAt('a file'), stat: stopAt('a path'), list: stopAt('a folder'), files: stopAt('the list of files'), apply: stopAt('a change of files'),
    },
    commands: { run: (request) => stop(`command ${request.script ?? request.argv?.join(' ') ?? ''}`), locate: stopAt('a program') },
    git: {
      state: stopAt('the state of git'), commit: stopAt('a commit'), findTrailer: stopAt('a commit'), status: stopAt('the status of git'), diff: stopAt('a diff of git'), log: stopAt('the log of git'),
      // Worktrees are places, and what happens in them is in the record: any name will do.
      snapshot: async () => ({ sha: '0'.repeat(40) }),
      addWorktree: async (root) => root,
      removeWorktree: async () => undefined,
      worktrees: async () => [],
      differences: stopAt('the changes of a worktree'),
    },
    shell: { parse: async () => ({ ok: false, reason: 'not asked while replaying' }) },
    models: { info: (model) => modelInfo(evidence, model), turn: (request) => stop(`model turn ${request.key}`) },
  };
}

/** As it was when the run began; runs before that was kept have the price unknown. */
function modelInfo(evidence: RunEvidence, model: string): ModelInfo {
  const kept = evidence.run.config.models?.[model];
  return { id: model, label: evidence.created.model, recorded: evidence.created.recorded, contextWindow: null, maxOutput: 16_000, price: null, ...kept };
}
