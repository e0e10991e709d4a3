/**
 * Blueprints of a root: the shipped ones, and the workspace's own, which count once a person has seen exactly
 * this text. Reading a workspace's files is for trusted places: the editor opens no façade before trust, and a
 * terminal was started there by its person.
 */
import { decodeUtf8 } from '../../base/bytes.js';
import {
  BLUEPRINT_FOLDER,
  isBlueprintFile,
  readCatalog,
  type BlueprintFile,
  type Catalog,
} from '../blueprint/catalog.js';
import { happyPath, stageLines } from '../blueprint/lines.js';
import { MAX_BLUEPRINT_SIZE, parseBlueprint } from '../blueprint/parse.js';
import { isOpenExecError, OpenExecError } from '../errors.js';
import { judge } from '../permission/judge.js';
import type { Blueprint, FileProblem, Stage } from '../model/blueprint.js';
import { findTask, type Task } from '../model/plan.js';
import { tighterApproval, tighterSandbox } from '../model/policy.js';
import type { BlueprintEntry, Handlers, Result, StagePreview } from '../model/requests.js';
import type { Commands, Gate, WorktreeConfig } from '../model/run.js';
import { commandsFor } from '../project/commands.js';
import { configError } from '../project/read-config.js';
import { explainMay, scriptHash, type Policy } from '../policy/index.js';
import type { Settings } from '../ports/ports.js';
import { requirePlan, type Environment } from './environment.js';
import { policyHere, worldHere } from './policy.js';
import { readRow, writeRow } from '../record/small-rows.js';

type Methods = 'blueprint/list' | 'blueprint/get' | 'blueprint/check' | 'blueprint/dry-run' | 'blueprint/approve';

/** More files than any team has; each is read whole. */
const MAX_FILES = 100;
const NOWHERE = { line: 1, column: 1, endLine: 1, endColumn: 1 } as const;

export interface LoadedBlueprint {
  id: string;
  text: string;
  /** For messages. */
  file: string;
  origin: BlueprintFile['origin'];
  hash: string;
  blueprint: Blueprint;
  /** Shipped, or a person said yes to exactly this text. */
  seen: boolean;
}

export function blueprintHandlers(env: Environment): Pick<Handlers, Methods> {
  const { store, clock, hasher } = env.ports;
  return {
    'blueprint/list': async () => {
      const { catalog, problems } = await readAll(env);
      const blueprints = await Promise.all(
        catalog.entries.map(async (entry) =>
          entryOf({
            ...entry,
            id: entry.blueprint.id,
            hash: hasher.sha256(entry.text),
            seen: await wasSeen(env, entry.origin, hasher.sha256(entry.text)),
          }),
        ),
      );
      return { blueprints, problems };
    },
    'blueprint/get': async ({ id }) => {
      const loaded = await loadBlueprint(env, id);
      const policy = await policyHere(env);
      const own = Object.values(loaded.blueprint.stages).flatMap((stage) =>
        stage.commands.map((script) => ({ stage, script })),
      );
      const lines = await Promise.all(
        own.map(async ({ stage, script }) => ({
          stage: stage.id,
          script,
          from: 'blueprint' as const,
          warnsOnly: false,
          ...(await judgeLine(env, policy, stage, script, false, new Set())),
        })),
      );
      return { ...entryOf(loaded), text: loaded.text, blueprint: loaded.blueprint, lines };
    },
    'blueprint/check': async ({ files }) => {
      const all = files ? undefined : await readAll(env);
      if (all) return { files: all.files, problems: all.problems };
      const given = (files ?? []).map((file) => ({ ...file, origin: 'workspace' as const }));
      // The shipped ones hold their ids; what is theirs is not complained about here.
      const names = new Set(given.map(({ file }) => file));
      const { problems } = readCatalog([...(await shippedFiles(env)), ...given]);
      return { files: [...names], problems: problems.filter(({ file }) => names.has(file)) };
    },
    'blueprint/dry-run': async ({ id, plan, task }, signal) =>
      dryRun(env, await loadBlueprint(env, id), plan, task, signal),
    'blueprint/approve': async ({ id, hash }) => {
      const loaded = await loadBlueprint(env, id);
      if (loaded.hash !== hash) throw new OpenExecError('approval-stale', {});
      if (loaded.origin === 'workspace')
        await store.commit([writeRow('seen-blueprint', [hash], { id, file: loaded.file, at: clock.now() })]);
      return {};
    },
  };
}

const wasSeen = async (env: Environment, origin: BlueprintFile['origin'], hash: string): Promise<boolean> =>
  origin === 'shipped' || (await readRow(env.ports, 'seen-blueprint', [hash])) !== undefined;

export const entryOf = (loaded: LoadedBlueprint): BlueprintEntry => {
  const stages = Object.values(loaded.blueprint.stages);
  const { id, origin, file, hash, seen } = loaded;
  const { name, description } = loaded.blueprint;
  return {
    id,
    name,
    description,
    origin,
    file,
    hash,
    seen,
    stages: stages.length,
    commands: stages.reduce((sum, stage) => sum + stage.commands.length, 0),
  };
};

/** Errors: blueprint-not-found, blueprint-invalid (its file cannot be used, or two files share the id). */
export async function loadBlueprint(env: Environment, id: string): Promise<LoadedBlueprint> {
  const { hasher } = env.ports;
  const shipped = await env.blueprint(id);
  if (shipped)
    return {
      ...shipped,
      origin: 'shipped',
      hash: hasher.sha256(shipped.text),
      blueprint: readBlueprint(shipped.text, shipped.file),
      seen: true,
    };
  const { catalog } = await readAll(env);
  const entry = catalog.entries.find(({ blueprint }) => blueprint.id === id);
  if (entry) {
    const hash = hasher.sha256(entry.text);
    return { ...entry, id, hash, seen: await wasSeen(env, entry.origin, hash) };
  }
  const problem = catalog.unusable.get(id);
  if (problem) throw invalid(problem.file, problem);
  throw new OpenExecError('blueprint-not-found', {
    id,
    known: catalog.entries.map(({ blueprint }) => blueprint.id).join(', '),
  });
}

/** The same, and a person has seen it. Error: blueprint-unseen. */
export async function chooseBlueprint(env: Environment, id: string): Promise<LoadedBlueprint> {
  const loaded = await loadBlueprint(env, id);
  if (!loaded.seen) throw new OpenExecError('blueprint-unseen', { id, file: loaded.file });
  return loaded;
}

/** Error: blueprint-invalid. */
export function readBlueprint(text: string, file: string): Blueprint {
  const { blueprint, problems } = parseBlueprint(text, file);
  if (!blueprint)
    throw invalid(
      file,
      problems.find((problem) => problem.severity === 'error'),
    );
  return blueprint;
}

const invalid = (file: string, problem: Pick<FileProblem, 'line' | 'column' | 'message'> | undefined): OpenExecError =>
  new OpenExecError('blueprint-invalid', {
    id: file,
    line: problem?.line ?? 1,
    column: problem?.column ?? 1,
    problem: problem?.message ?? 'it is empty',
  });

/** Once a person has seen a blueprint, its own lines count as approved, each in its stage's sandbox. */
export function approvedLines(
  env: Environment,
  loaded: LoadedBlueprint,
  settings: Pick<Settings, 'sandbox'>,
): string[] {
  if (!loaded.seen) return [];
  const sha256 = (data: string) => env.ports.hasher.sha256(data);
  return Object.values(loaded.blueprint.stages).flatMap((stage) =>
    stage.commands.map((script) => scriptHash(script, '', tighterSandbox(stage.sandbox, settings.sandbox), sha256)),
  );
}

async function readAll(env: Environment): Promise<{ catalog: Catalog; files: string[]; problems: FileProblem[] }> {
  const [shipped, own] = await Promise.all([shippedFiles(env), workspaceFiles(env)]);
  const catalog = readCatalog([...shipped, ...own.files]);
  return { catalog, files: own.files.map(({ file }) => file), problems: [...own.problems, ...catalog.problems] };
}

async function shippedFiles(env: Environment): Promise<BlueprintFile[]> {
  const texts = await Promise.all(env.shippedBlueprints.map((id) => env.blueprint(id)));
  return texts.flatMap((found) => (found ? [{ file: found.file, text: found.text, origin: 'shipped' as const }] : []));
}

async function workspaceFiles(env: Environment): Promise<{ files: BlueprintFile[]; problems: FileProblem[] }> {
  const { workspace } = env.ports;
  const files: BlueprintFile[] = [];
  const problems: FileProblem[] = [];
  const unreadable = (file: string, message: string, hint: string, code: FileProblem['code'] = 'file-unreadable') =>
    problems.push({ ...NOWHERE, code, severity: 'error', file, message, hint });
  const why = (error: unknown): string => {
    if (isOpenExecError(error)) return error.code;
    // The system's own: no permission, a name too long
    if (error instanceof Error && 'code' in error) return String(error.code);
    throw error;
  };
  let names: string[] = [];
  try {
    names = (await workspace.list(env.root, BLUEPRINT_FOLDER)).filter(isBlueprintFile);
  } catch (error) {
    unreadable(
      BLUEPRINT_FOLDER,
      `The folder could not be read (${why(error)}).`,
      'Make it an ordinary folder inside the workspace.',
    );
  }
  if (names.length > MAX_FILES)
    unreadable(
      BLUEPRINT_FOLDER,
      `There are ${names.length} files; the first ${MAX_FILES} are read.`,
      'Remove those that nobody uses.',
      'too-many-files',
    );
  for (const name of names.slice(0, MAX_FILES)) {
    const file = `${BLUEPRINT_FOLDER}/${name}`;
    try {
      const bytes = await workspace.read(env.root, file, 4 * MAX_BLUEPRINT_SIZE);
      const text = bytes && decodeUtf8(bytes);
      if (text !== undefined) files.push({ file, text, origin: 'workspace' });
      else if (bytes) unreadable(file, 'The file is not text in UTF-8.', 'Save it as UTF-8.');
    } catch (error) {
      unreadable(
        file,
        `The file could not be read (${why(error)}).`,
        'Make it an ordinary file inside the workspace, of ordinary size.',
      );
    }
  }
  return { files, problems };
}

export interface CommandsHere {
  commands: Commands;
  gates: Gate[];
  worktree: WorktreeConfig;
  verifyCommit: boolean;
  from: string;
  /** openexec.yaml is there and cannot be used: nothing may be run on what stands above. */
  broken?: OpenExecError<'config-invalid'>;
  /** Kinds for which openexec.yaml says that nothing is run. */
  empty: (keyof Commands)[];
}

/** What lint, test and build run here: the person's settings, else openexec.yaml, else the repository's facts. */
export async function commandsHere(env: Environment, settings: Settings, signal: AbortSignal): Promise<CommandsHere> {
  const given = settings.commands;
  const found = await commandsFor(
    env.ports.workspace,
    env.root,
    AbortSignal.any([signal, env.ports.clock.timeout(20_000)]),
  );
  const broken = configError(found);
  const set = given.lint.length + given.test.length + given.build.length > 0;
  return {
    commands: set ? given : found.commands,
    gates: found.gates,
    worktree: found.worktree,
    verifyCommit: found.verifyCommit,
    from: set ? 'settings' : (found.file ?? 'facts'),
    empty: set ? [] : found.empty,
    ...(broken && { broken }),
  };
}

/** Nothing is done. Errors: task-not-found, plan-not-found, config-invalid. */
async function dryRun(
  env: Environment,
  loaded: LoadedBlueprint,
  planId: string | undefined,
  taskId: string | undefined,
  signal: AbortSignal,
): Promise<Result<'blueprint/dry-run'>> {
  const plan = planId === undefined ? undefined : await requirePlan(env, planId);
  const task = plan && taskId !== undefined ? findTask(plan.document, taskId)?.task : undefined;
  if (taskId !== undefined && !task) throw new OpenExecError('task-not-found', { task: taskId });
  const here = await commandsHere(env, await env.settings(), signal);
  if (here.broken) throw here.broken;
  return {
    ...entryOf(loaded),
    path: await previewStages(env, loaded, {
      ...here,
      task,
      approved: plan?.approval?.scripts.map((script) => script.hash) ?? [],
    }),
    commandsFrom: here.from,
  };
}

export interface PreviewInput {
  commands: Commands;
  gates: readonly Gate[];
  /** Absent: any task, so that what its own check would be is not known. */
  task?: Task | undefined;
  /** Hashes of scripts a person approved, beside the blueprint's own. */
  approved: readonly string[];
}

/** First the stages a task goes through when nothing fails, then those that heal. */
export async function previewStages(
  env: Environment,
  loaded: LoadedBlueprint,
  { task, ...given }: PreviewInput,
): Promise<StagePreview[]> {
  const policy = await policyHere(env);
  const approved = new Set([...given.approved, ...approvedLines(env, loaded, policy)]);
  const network = task?.needs?.some((need) => need === 'network' || need === 'docker') ?? false;
  const main = happyPath(loaded.blueprint);
  const healing = Object.values(loaded.blueprint.stages).filter((stage) => !main.includes(stage));
  return await Promise.all(
    [...main, ...healing].map(async (stage): Promise<StagePreview> => {
      const lines = stageLines(stage, { ...given, verification: task?.verification_script ?? '' });
      const judged = await Promise.all(
        lines.map(async (line) => ({
          ...line,
          ...(await judgeLine(env, policy, stage, line.script, network, approved)),
        })),
      );
      const runs =
        stage.type === 'deterministic' &&
        (stage.action === undefined ||
          ['lint', 'test', 'build', 'run_gates'].includes(stage.action) ||
          (stage.action === 'verify' && task !== undefined));
      return { stage, main: main.includes(stage), lines: judged, empty: runs && lines.length === 0 };
    }),
  );
}

/**
 * As the gate would when the stage is reached, but for what only a run knows: files it changed, yeses given on the way.
 */
async function judgeLine(
  env: Environment,
  run: Policy,
  stage: Stage,
  script: string,
  network: boolean,
  approved: ReadonlySet<string>,
): Promise<Pick<StagePreview['lines'][number], 'sandbox' | 'decision' | 'may'>> {
  const { shell, hasher } = env.ports;
  const parsed = await shell.parse(script);
  const sandbox = tighterSandbox(stage.sandbox, run.sandbox);
  const policy = { ...run, sandbox, approval: tighterApproval(stage.approval, run.approval) };
  const hash = scriptHash(script, '', sandbox, (data) => hasher.sha256(data));
  const decision = await judge({ kind: 'script', text: script, cwd: '', parsed, hash }, policy, worldHere(env), {
    approved,
  });
  return { sandbox, decision, may: explainMay(parsed, network) };
}
