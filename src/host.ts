/**
 * Makes the adapters and opens the façade of one root: as its owner, or as a client of whoever owns it.
 * Shared by extension.ts and cli.ts; loaded when first needed.
 */
import { readFileSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { createAnthropicClient } from './adapters/anthropic/client.js';
import { createSystemClock } from './adapters/node/clock.js';
import { createEnvironments } from './adapters/node/environments/find.js';
import { createCommandRunner } from './adapters/node/process/command-runner.js';
import { createGitCommand } from './adapters/node/git/git-command.js';
import { createGit } from './adapters/node/git/git.js';
import { createHasher } from './adapters/node/hasher.js';
import { createIds } from './adapters/node/ids.js';
import { outsideRoot } from './adapters/node/process/programs.js';
import { createDiskWorkspace } from './adapters/node/files/workspace.js';
import { acquireOrConnect } from './adapters/owner/acquire.js';
import { resolveDataDir } from './adapters/owner/data-home.js';
import type { OwnerLock } from './adapters/owner/lock.js';
import { findMoved, nameRoot, readRootFile } from './adapters/owner/moved-root.js';
import { serveOwner } from './adapters/owner/server.js';
import { readCassette } from './adapters/recorded/cassette.js';
import { createRecordedModel, RECORDED_MODEL } from './adapters/recorded/recorded-model.js';
import { createPlatformSandbox } from './adapters/sandbox/sandbox.js';
import { createShellParser } from './adapters/shell-grammar/shell-parser.js';
import { openSqliteStore, type OpenedStore } from './adapters/sqlite/store.js';
import { createEmitter } from './base/emitter.js';
import { OpenExecError } from './core/errors.js';
import type { Change, Notice, OpenExec } from './core/facade.js';
import { harmless } from './core/text/harmless.js';
import { asRoot } from './core/model/primitives.js';
import type { MovedState } from './core/model/storage.js';
import { createOpenExec } from './core/openexec.js';
import { childEnvironment } from './core/policy/child-environment.js';
import type {
  Diagnostics,
  Clock,
  Log,
  ModelClient,
  Settings,
  Store,
  Saves,
  Symbols,
  Workspace,
} from './core/ports/ports.js';
import { createRedactor } from './core/text/redact.js';
import { firstCommitOf } from './host-state.js';
import { describeError } from './core/view/sentences.js';

export { adoptRoot, movedTo, restoreRoot, startFresh } from './host-state.js';

export type HostSettings = Settings;

export interface HostOptions {
  root: string;
  door: 'editor' | 'terminal';
  /** Folder that holds `dist` and `blueprints`: the installed extension. */
  productDir: string;
  /** Data home; absent = OPENEXEC_HOME, else the platform's data folder. */
  home?: string;
  /** The process's environment, read once; children get a cleaned one. */
  env: Readonly<Record<string, string | undefined>>;
  log: Log;
  settings(): Promise<HostSettings>;
  /** From SecretStorage, the terminal's own environment or the system's keychain. Never stored. */
  apiKey(provider: 'anthropic'): Promise<string | undefined>;
  /** User setting only, https or loopback. */
  baseUrl?: string;
  /** The editor's own way to write files (WorkspaceEdit); absent = straight to disk. */
  workspace?: (disk: Workspace) => Workspace;
  /** Where there is an editor: the problems it shows. */
  diagnostics?: Diagnostics;
  /** Where there is an editor: what its language features know. */
  symbols?: Symbols;
  /** Where there is an editor: what the person saves in it. */
  saves?: Saves;
  /** Take the lock from a living owner, which pauses and hands over. */
  takeOver?: boolean;
}

const SHIPPED = ['standard_task', 'quick_fix', 'study_task'];

/** Errors: root-not-found, owner-unreachable, owner-refused, store-unwritable, store-full, store-newer. */
export async function openRoot(given: HostOptions): Promise<OpenExec> {
  const root = await realpath(given.root).catch((cause: unknown) => {
    throw new OpenExecError('root-not-found', { path: given.root }, undefined, { cause });
  });
  const options = { ...given, env: outsideRoot(given.env, process.platform, root) };
  const dataDir = await resolveDataDir({
    root,
    env: options.env,
    ...(options.home !== undefined && { home: options.home }),
  });
  const place = await acquireOrConnect({
    dataDir,
    door: options.door,
    takeOver: options.takeOver ?? false,
    log: options.log,
    env: options.env,
  });
  if (place.role === 'client') return place.openexec;
  try {
    return await openOwned(options, root, dataDir, place.lock);
  } catch (error) {
    place.lock.release();
    throw error;
  }
}

async function openOwned(options: HostOptions, root: string, dataDir: string, lock: OwnerLock): Promise<OpenExec> {
  const { log } = options;
  const opened = await openSqliteStore({
    dir: dataDir,
    wasm: path.join(options.productDir, 'dist', 'sql-wasm.wasm'),
    clock: createSystemClock(),
    log,
    stillOwner: () => lock.held(),
  });
  try {
    return await openOn(opened, options, root, dataDir, lock);
  } catch (error) {
    // Before the lock goes: whoever opens it next finds a file that nobody holds.
    await opened.store.close().catch((closing: unknown) => log.error('the database could not be closed', closing));
    throw error;
  }
}

async function openOn(
  opened: OpenedStore,
  options: HostOptions,
  root: string,
  dataDir: string,
  lock: OwnerLock,
): Promise<OpenExec> {
  const { log, env } = options;
  const clock = createSystemClock();
  const dist = path.join(options.productDir, 'dist');
  const dataHome = await realpath(path.dirname(path.dirname(dataDir)));
  const empty = (await opened.store.runs(1)).length === 0 && (await opened.store.plans()).length === 0;
  const moved = empty ? await lookForMoved(dataDir, root, options) : [];
  for (const notice of opened.notices) log.warn(describeError(new OpenExecError(notice.code, notice.params)));
  const { apiKey, redact } = await openKeys(options);
  const git = createGitCommand({ env, platform: process.platform });
  const disk = createDiskWorkspace({ git, worktrees: worktreesOf(dataDir) });
  const openexec = await createOpenExec(
    {
      clock,
      log,
      redact,
      ids: createIds(clock),
      hasher: createHasher(),
      workspace: options.workspace?.(disk) ?? disk,
      ...(options.diagnostics && { diagnostics: options.diagnostics }),
      ...(options.symbols && { symbols: options.symbols }),
      ...(options.saves && { saves: options.saves }),
      environments: createEnvironments({ env }),
      commands: commandRunner(options, dataDir, dataHome, opened.store, redact),
      git: createGit({ command: git, harmless, worktrees: worktreesOf(dataDir) }),
      shell: createShellParser({ wasmDir: dist }),
      models: chooseModel(options, apiKey, clock),
      store: opened.store,
      storage: opened.storage,
      dataHome,
    },
    {
      root: asRoot(root),
      settings: options.settings,
      shippedBlueprints: SHIPPED,
      blueprint: (id) => readBlueprintFile(options.productDir, id),
      owner: { pid: process.pid, door: options.door, since: clock.now() },
    },
  );
  // Another door may take over: this one then hears it, and its next request opens a connection to the new owner.
  const changes = createEmitter<Change>((error) => log.error('A listener failed', error));
  openexec.onChange((change) => changes.fire(change));
  const server = await serveOwner({
    openexec,
    lock,
    log,
    onReleased: () => changes.fire({ type: 'owner', connected: false }),
  });
  const leaving = new AbortController();
  void knowAgain(dataDir, root, options, leaving.signal);
  const close = async () => {
    leaving.abort();
    await server.close();
    await openexec.close();
    lock.release();
  };
  let closing: Promise<void> | undefined;
  const notices: Notice[] = [
    ...opened.notices,
    ...moved.slice(0, 1).map((one): Notice => ({ code: 'folder-moved', params: { path: one.path } })),
  ];
  return { ...openexec, notices, onChange: changes.on, close: () => (closing ??= close()) };
}

/** Only an offer: a folder opens also where it cannot be looked for. */
async function lookForMoved(dataDir: string, root: string, { env, log }: HostOptions): Promise<MovedState[]> {
  try {
    return await findMoved(dataDir, root, () => firstCommitOf(root, env, AbortSignal.timeout(5000)));
  } catch (error) {
    log.warn('state of a folder that moved could not be looked for', { error: String(error) });
    return [];
  }
}

/** Notes the repository's first commit, once, so that the folder is known again when it moves. */
async function knowAgain(dataDir: string, root: string, { env, log }: HostOptions, signal: AbortSignal): Promise<void> {
  try {
    if ((await readRootFile(dataDir))?.firstCommit !== undefined) return;
    const firstCommit = await firstCommitOf(root, env, signal);
    if (firstCommit !== undefined && !signal.aborted) await nameRoot(dataDir, root, { firstCommit });
  } catch (error) {
    if (!signal.aborted) log.warn('the first commit could not be noted', { error: String(error) });
  }
}

/** The keys in use, and the redaction sink that knows them by value, whatever they look like. */
async function openKeys(
  options: HostOptions,
): Promise<{ apiKey(): Promise<string | undefined>; redact(text: string): string }> {
  let known: string | undefined;
  let redactor = createRedactor();
  const apiKey = async () => {
    const key = await options.apiKey('anthropic');
    if (key && key !== known) {
      known = key;
      redactor = createRedactor([key]);
    }
    return key;
  };
  await apiKey();
  return { apiKey, redact: (text) => redactor.redact(text) };
}

const worktreesOf = (dataDir: string): string => path.join(dataDir, 'worktrees');
const cachesOf = (dataDir: string): string => path.join(dataDir, 'caches');

function commandRunner(
  options: HostOptions,
  dataDir: string,
  dataHome: string,
  store: Store,
  redact: (text: string) => string,
) {
  return createCommandRunner({
    env: options.env,
    childEnvironment,
    platform: process.platform,
    spoolDir: path.join(dataDir, 'spool'),
    worktrees: worktreesOf(dataDir),
    caches: cachesOf(dataDir),
    putBlobFrom: (pieces) => store.putBlobFrom(pieces),
    redact,
    harmless,
    log: options.log,
    // All of it: other folders' databases, logs and worktrees are no more a command's business than this one's.
    // A worktree is shown again.
    sandbox: createPlatformSandbox({ env: options.env, platform: process.platform, hidden: [dataHome] }),
    // Where the person has no Node, VS Code's own executable stands in for it.
    fallbackNode: { execPath: process.execPath, electron: process.versions['electron'] !== undefined },
  });
}

/** The recording where it was chosen, else the Anthropic API; the recording is read when it is first asked. */
function chooseModel(options: HostOptions, apiKey: () => Promise<string | undefined>, clock: Clock): ModelClient {
  const anthropic = createAnthropicClient({
    apiKey,
    clock,
    random: Math.random,
    ...(options.baseUrl !== undefined && { baseUrl: options.baseUrl }),
  });
  const file = path.join(options.productDir, 'demo', 'cassette.json');
  let recorded: ModelClient | undefined;
  const playRecording = () =>
    (recorded ??= createRecordedModel(readCassette(readFileSync(file, 'utf8')), {
      speed: Number(options.env['OPENEXEC_RECORDED_SPEED'] ?? 1),
    }));
  const forModel = (model: string) => (model === RECORDED_MODEL ? playRecording() : anthropic);
  return {
    info: (model) => forModel(model).info(model),
    turn: (request, onText, signal) => forModel(request.model).turn(request, onText, signal),
  };
}

async function readBlueprintFile(productDir: string, id: string) {
  if (!SHIPPED.includes(id)) return undefined;
  const file = `${id}.yaml`;
  return { id, file, text: await readFile(path.join(productDir, 'blueprints', file), 'utf8') };
}
