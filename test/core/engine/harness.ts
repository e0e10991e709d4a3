/** Golden runs as text: blueprint + scripted model + commands in, the event log out. The whole façade over the ports' fakes. */
import { createOpenExec } from '../../../src/core/openexec.js';
import type { OpenExec } from '../../../src/core/facade.js';
import type { Approval, ApprovalAnswer } from '../../../src/core/model/approval.js';
import type { RunEvent } from '../../../src/core/model/event.js';
import type { PlanDocument } from '../../../src/core/model/plan.js';
import type { Root } from '../../../src/core/model/primitives.js';
import type {
  Clock,
  Diagnostics,
  Environments,
  ModelClient,
  Ports,
  Saves,
  Settings,
  Store,
  Symbols,
} from '../../../src/core/ports/ports.js';
import { createFakeClock } from '../../fakes/clock.js';
import { createFakeCommandRunner, type FakeAnswer } from '../../fakes/command-runner.js';
import { createFakeGit } from '../../fakes/git.js';
import { createFakeIds } from '../../fakes/ids.js';
import { createFakeLog } from '../../fakes/log.js';
import { createMemoryStore } from '../../fakes/memory-store.js';
import { createFakeModel, type ScriptedTurn } from '../../fakes/model.js';
import { createFakeShellParser } from '../../fakes/shell-parser.js';
import { createFakeWorkspace, fakeRoot } from '../../fakes/workspace.js';
import { createHasher } from '../../../src/adapters/node/hasher.js';

export interface World {
  openexec: OpenExec;
  ports: Ports;
  events: RunEvent[];
  workspace: ReturnType<typeof createFakeWorkspace>;
  commands: ReturnType<typeof createFakeCommandRunner>;
  git: ReturnType<typeof createFakeGit>;
  model: ReturnType<typeof createFakeModel>;
  store: Store;
  /** A new process on the same files and repository, and the same store or another view of it; what the old one held in memory is gone. */
  restart(store?: Store): Promise<World>;
}

export interface WorldInput {
  blueprint?: string;
  model?: Readonly<Record<string, readonly ScriptedTurn[]>>;
  client?: ModelClient;
  files?: Readonly<Record<string, string>>;
  commands?: Readonly<Record<string, readonly FakeAnswer[]>>;
  /** Answers for commands without a list: e.g. by what the files hold. */
  run?: (script: string, read: (path: string) => Promise<string>, root: Root) => Promise<FakeAnswer>;
  settings?: Partial<Settings>;
  store?: Store;
  clock?: Clock;
  /** The problems an editor shows; absent = there is no editor. */
  diagnostics?: Diagnostics;
  /** The redaction sink; absent = nothing is taken out. */
  redact?: (text: string) => string;
  /** What an editor's language features know; absent = there is no editor. */
  symbols?: Symbols;
  saves?: Saves;
  /** What the project brings of its own; absent = nothing. */
  environments?: Environments;
}

/** Short names of the commands that every run has; the policy knows the long ones. */
const scripts: Readonly<Record<string, string>> = { lint: 'npm run lint', test: 'npm test', build: 'npm run build' };
const short = (command: string): string => Object.keys(scripts).find((name) => scripts[name] === command) ?? command;

export const FAST: Settings = {
  model: 'scripted',
  sandbox: 'workspace-write',
  approval: 'changes',
  budget: { usd: null, tokens: null, wallMs: null, calls: null },
  commands: { lint: ['npm run lint'], test: ['npm test'], build: ['npm run build'] },
  commits: true,
};

const SHIPPED = ['standard_task', 'quick_fix'];

export async function createWorld(input: WorldInput): Promise<World> {
  const workspace = createFakeWorkspace(input.files ?? { 'a.txt': 'one\ntwo\n' });
  const git = createFakeGit({ files: input.files ?? { 'a.txt': 'one\ntwo\n' }, trees: workspace });
  const reader = (root: Root) => async (path: string) =>
    new TextDecoder().decode((await workspace.read(root, path)) ?? new Uint8Array());
  const commands = createFakeCommandRunner(
    async (request) =>
      (await input.run?.(request.script ?? request.argv?.join(' ') ?? '', reader(request.root), request.root)) ?? {},
  );
  for (const [command, answers] of Object.entries(input.commands ?? {}))
    commands.on(scripts[command] ?? command, ...answers);
  const store = input.store ?? createMemoryStore();
  const ids = createFakeIds();
  return await open({ ...input, store }, { workspace, git, commands, ids });
}

async function open(
  input: WorldInput & { store: Store },
  kept: { workspace: World['workspace']; git: World['git']; commands: World['commands']; ids: Ports['ids'] },
): Promise<World> {
  const model = createFakeModel(input.model ?? {});
  const events: RunEvent[] = [];
  const ports: Ports = {
    clock: input.clock ?? createFakeClock(),
    ids: kept.ids,
    log: createFakeLog(),
    hasher: createHasher(),
    workspace: kept.workspace,
    commands: kept.commands,
    git: kept.git,
    shell: createFakeShellParser(),
    models: input.client ?? model,
    store: input.store,
    redact: input.redact ?? ((text) => text),
    ...(input.diagnostics && { diagnostics: input.diagnostics }),
    ...(input.symbols && { symbols: input.symbols }),
    ...(input.saves && { saves: input.saves }),
    ...(input.environments && { environments: input.environments }),
  };
  const openexec = await createOpenExec(ports, {
    root: fakeRoot,
    settings: async () => ({ ...FAST, ...input.settings }),
    shippedBlueprints: SHIPPED,
    blueprint: async (id) =>
      input.blueprint && SHIPPED.includes(id)
        ? { id, text: input.blueprint.replace(/^id: .*$/m, `id: ${id}`), file: `${id}.yaml` }
        : undefined,
    owner: { pid: 1, door: 'test', since: 0 },
  });
  openexec.onEvent((event) => events.push(event));
  return {
    openexec,
    ports,
    events,
    ...kept,
    model,
    store: input.store,
    restart: (store) => open({ ...input, store: store ?? input.store }, kept),
  };
}

export function planOf(
  tasks: Readonly<Record<string, { after?: string[]; check?: string; pins?: boolean }>>,
  story: Partial<PlanDocument['stories'][number]> = {},
): PlanDocument {
  return {
    schema_version: '1.1',
    goals: [{ id: 'G-001', title: 'Goal', description: '', success_criteria: '', verification_method: '' }],
    stories: [
      {
        id: 'US-001',
        title: 'Story',
        description: '',
        requirement_id: '',
        goal_id: 'G-001',
        depends_on: [],
        acceptance_criteria: [],
        verification_script: '',
        contract: '',
        ...story,
        tasks: Object.entries(tasks).map(([id, task]) => ({
          id,
          title: `Do ${id}`,
          description: '',
          technical_strategy: 'plainly',
          depends_on: task.after ?? [],
          verification_script: task.check ?? `check ${id}`,
          ...(task.pins && { pins: true }),
        })),
      },
    ],
  };
}

/** Imports, approves and starts; resolves with the run's id. */
export async function startPlan(
  world: World,
  document: PlanDocument,
  params: {
    onAsk?: 'wait' | 'accept' | 'refuse' | 'pause';
    tasks?: string[];
    blueprint?: string;
    answers?: string[];
    verifyCommit?: boolean;
  } = {},
): Promise<string> {
  const { plan } = await world.openexec.request('plan/import', { json: JSON.stringify(document), name: 'Plan' });
  const shown = await world.openexec.request('plan/scripts', { plan: plan.id });
  await world.openexec.request('plan/approve', {
    plan: plan.id,
    iteration: plan.iteration,
    hashes: shown.map((script) => script.hash),
  });
  const { run } = await world.openexec.request('run/start', {
    plan: plan.id,
    onAsk: params.onAsk ?? 'accept',
    ...(params.tasks && { tasks: params.tasks }),
    ...(params.answers && { answers: params.answers }),
    ...(params.blueprint && { blueprint: params.blueprint }),
    ...(params.verifyCommit && { verifyCommit: true }),
  });
  return run;
}

/** Waits until the run has ended or paused. */
export async function settled(world: World, run: string): Promise<string> {
  const stopped = new Set(['run-paused', 'run-finished', 'run-interrupted']);
  for (;;) {
    const record = await world.openexec.request('run/get', { run });
    const last = world.events.findLast((event) => event.run === run);
    if (record.status !== 'running' && record.status !== 'queued' && (!last || stopped.has(last.type)))
      return record.status;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The next question that waits. */
export async function nextApproval(world: World): Promise<Approval> {
  for (;;) {
    const [first] = await world.openexec.request('approval/list', {});
    if (first) return first;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export async function answer(
  world: World,
  given: Partial<ApprovalAnswer> & Pick<ApprovalAnswer, 'status'>,
): Promise<Approval> {
  const approval = await nextApproval(world);
  await world.openexec.request('approval/answer', {
    approval: approval.id,
    answer: { by: 'editor', comment: '', ...given },
  });
  return approval;
}

/** One line an event: what a reader of the timeline would want to compare. */
export function asText(events: readonly RunEvent[]): string {
  return events.map(line).filter(Boolean).join('\n');
}

function line(event: RunEvent): string {
  switch (event.type) {
    case 'task-changed':
      return [
        `${event.task} ${event.status}`,
        event.waitingFor && `(${event.waitingFor})`,
        event.blockedBy && `(by ${event.blockedBy})`,
        event.unverified && ', unverified',
        event.attempt > 1 && ` attempt ${event.attempt}`,
        event.reason && `: ${event.reason.code}`,
      ]
        .filter(Boolean)
        .join('');
    case 'check-before':
      return `${event.task} check before: ${event.red ? 'red' : 'green'}`;
    case 'stage-started':
      return `  > ${event.stage} ${event.visit}`;
    case 'stage-finished':
      return `  < ${event.stage} ${event.visit} ${event.outcome}, next ${event.next}`;
    case 'model-called':
      return `    model ${event.tools.join(' ') || event.stop}`;
    case 'tool-called':
      return `    ${event.tool} ${event.outcome}`;
    case 'command-run':
      return `    $ ${short(event.command)} -> ${event.exitCode}`;
    case 'approval-requested':
      return `    ask ${event.kind}`;
    case 'approval-answered':
      return `    answered ${event.status}${event.option ? ` ${event.option}` : ''}`;
    case 'command-changed':
      return `    changed ${event.files.map((file) => file.path).join(' ')}${event.leftovers.length > 0 ? ` left ${event.leftovers.join(' ')}` : ''}`;
    case 'changes-applied':
      return `    applied ${event.files.map((file) => file.path).join(' ')}`;
    case 'commit-made':
      return `    commit ${event.subject}`;
    case 'plan-proposed':
      return `    proposed +${event.added.length} ~${event.changed.join(',')} by ${event.kind}`;
    case 'warning':
      return `    warning ${event.code}`;
    case 'run-paused':
      return `paused: ${event.reason.code}`;
    case 'run-finished':
      return `finished: ${event.status}`;
    case 'run-resumed':
      return 'resumed';
    case 'run-interrupted':
      return 'interrupted';
    default:
      return '';
  }
}

/** Text without its common indentation, for comparing with a template literal. */
export const dedent = (text: string): string => {
  const lines = text.replace(/^\n/, '').trimEnd().split('\n');
  const indent = Math.min(...lines.filter((one) => one.trim()).map((one) => one.length - one.trimStart().length));
  return lines.map((one) => one.slice(indent)).join('\n');
};
