/**
 * Ports that touch nothing: what the record can answer it does elsewhere, so whoever
 * asks here stands where the run stood still.
 */
import { asRoot } from '../../model/primitives.js';
import type { CommandRunner, Git, GitState, ModelInfo, Ports, Store, Workspace } from '../../ports/ports.js';
import { madeSchema, WORKTREE } from '../places/place.js';
import type { RunEvidence } from './replay-record.js';

export interface ReplayPortsInput {
  ports: Pick<Ports, 'hasher' | 'redact'>;
  store: Store;
  evidence: RunEvidence;
  now(): number;
  stop(asked: string): Promise<never>;
}

const silent = (): void => undefined;

export function createReplayPorts({ ports, store, evidence, now, stop }: ReplayPortsInput): Ports {
  const main = evidence.run.root;
  const places = new Map(
    [...evidence.steps.values()]
      .filter((step) => step.stage === WORKTREE)
      .flatMap((step) => {
        const made = madeSchema.safeParse(step.result);
        return made.success ? [[made.data.name, made.data.root] as const] : [];
      }),
  );
  /**
   * What is not answered here is in the record only as part of a call:
   * whoever asks for it stands where the run stood still.
   */
  const unanswered = <T extends object>(name: string, known: Partial<T>): T =>
    new Proxy(known, {
      get: (target, method) => Reflect.get(target, method) ?? (() => stop(`${name} ${String(method)}`)),
    }) as T;
  return {
    hasher: ports.hasher,
    redact: ports.redact,
    store,
    clock: {
      now,
      monotonic: () => 0,
      timeout: () => new AbortController().signal, // no time passes
      sleep: (_ms, signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
    },
    ids: { next: (prefix) => `${prefix}_replayed` },
    log: { debug: silent, info: silent, warn: silent, error: silent },
    workspace: unanswered<Workspace>('workspace', {
      // A worktree that was made anew gets its edits back: nothing there is anybody's but ours.
      read: (root) => (root === main ? stop('a file') : Promise.resolve(undefined)),
      stat: () => Promise.resolve(undefined), // who might run a file stands in its image
      apply: (root) => (root === main ? stop('a change of files') : Promise.resolve([])),
    }),
    commands: unanswered<CommandRunner>('command', {
      run: (request) => stop(`command ${request.script ?? request.argv?.join(' ') ?? ''}`),
    }),
    git: unanswered<Git>('git', {
      state: async () => gitState(evidence),
      stateOfHead: async () => gitState(evidence),
      // Worktrees are places, and what happens in them is in the record: of which commit they are made does not matter.
      snapshot: async () => ({ sha: '0'.repeat(40) }),
      addWorktree: async (_root, name) => places.get(name) ?? asRoot(`/replayed/${name}`),
      removeWorktree: async () => undefined,
      worktrees: async () => [...places.keys()],
    }),
    shell: { parse: async () => ({ ok: false, reason: 'not asked while replaying' }) },
    models: { info: (model) => modelInfo(evidence, model), turn: (request) => stop(`model turn ${request.key}`) },
  };
}

/**
 * Asked where tasks could work side by side: the run said so if they could not. A commit asks the record for itself.
 */
function gitState(evidence: RunEvidence): GitState {
  const said = evidence.events.find((event) => event.type === 'warning' && event.code === 'not-parallel');
  const reason = said?.type === 'warning' ? String(said.params['reason']) : '';
  if (reason.includes('git was not found')) return { kind: 'missing' };
  if (reason.includes('not a git repository')) return { kind: 'none' };
  return {
    kind: 'ok',
    head: reason.includes('no first commit') ? null : '0'.repeat(40),
    branch: evidence.created.branch,
    inProgress: null,
    identity: true,
    dirty: 0,
  };
}

/** As it was when the run began; runs before that was kept have the price unknown. */
function modelInfo(evidence: RunEvidence, model: string): ModelInfo {
  const kept = evidence.run.config.models?.[model];
  return {
    id: model,
    label: evidence.created.model,
    recorded: evidence.created.recorded,
    contextWindow: null,
    maxOutput: 16_000,
    price: null,
    ...kept,
  };
}
