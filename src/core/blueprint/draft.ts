/**
 * The file as its author wrote it:
 * fields with their places, older spellings read as today's and reported, nothing resolved yet.
 */
import type { Node } from 'yaml';
import {
  actionSchema,
  resultShapeSchema,
  stageTypeSchema,
  toolsetSchema,
  type Action,
  type BlueprintProblemCode,
  type ResultShape,
  type Span,
  type StageType,
  type ToolsetName,
} from '../model/blueprint.js';
import { approvalLevelSchema, sandboxSchema, type ApprovalLevel, type Sandbox } from '../model/policy.js';
import { RUN_LIMITS } from '../model/plain/run-limits.js';
import { nearest } from './nearest.js';
import type { At, Entry, Reader } from './reader.js';

export interface DraftSettings {
  maxRetries?: At<number> | undefined;
  timeoutMs?: At<number> | undefined;
  approval?: At<ApprovalLevel> | undefined;
  sandbox?: At<Sandbox> | undefined;
}

export interface DraftStage extends DraftSettings {
  id: At<string>;
  /** Where each field's key stands, by today's name of the field. */
  keys: ReadonlyMap<string, Span>;
  name?: At<string> | undefined;
  description?: At<string> | undefined;
  type?: At<StageType> | undefined;
  action?: At<Action> | undefined;
  commands: At<string>[];
  goal?: At<string> | undefined;
  toolset?: At<ToolsetName> | undefined;
  schema?: At<ResultShape> | undefined;
  inputs: At<string>[];
  outputs: At<string>[];
  model?: At<string> | undefined;
  requires?: At<'reviewer'> | undefined;
  outputFolder?: At<string> | undefined;
  checkpoint?: At<boolean> | undefined;
  fresh?: At<boolean> | undefined;
  routes: At<string>[];
  onSuccess?: At<string> | undefined;
  onFailure?: At<string> | undefined;
}

export interface Draft {
  id: At<string>;
  name?: At<string> | undefined;
  description?: At<string> | undefined;
  defaults: DraftSettings;
  start?: At<string> | undefined;
  stages: DraftStage[];
  stagesSpan: Span;
}

export const MAX_STAGES = 100;

export const settingFields = ['max_retries', 'timeout', 'approval', 'sandbox'] as const;
export const topFields = ['version', 'id', 'name', 'description', 'defaults', 'start', 'stages'] as const;
export const stageFields = [
  'type',
  'name',
  'description',
  'action',
  'commands',
  'goal',
  'toolset',
  'schema',
  'inputs',
  'outputs',
  'model',
  'requires',
  'output_folder',
  ...settingFields,
  'checkpoint',
  'fresh',
  'routes',
  'on_success',
  'on_failure',
] as const;

const fieldAliases: Readonly<Record<string, string>> = {
  initial_stage: 'start',
  create_checkpoint: 'checkpoint',
  prompt: 'goal',
};
const typeAliases: Readonly<Record<string, string>> = { agent: 'agentic' };
const targetAliases: Readonly<Record<string, string>> = { complete: 'done' };
const sandboxAliases: Readonly<Record<string, string>> = {
  'danger-full-access': 'full-access',
  suggest: 'read-only',
  'auto-edit': 'workspace-write',
};
const toolsetAliases: Readonly<Record<string, string>> = {
  repo_readonly: 'read_only',
  repo_read: 'read_only',
  repo_write: 'coding',
  coding_backend: 'coding',
  coding_frontend: 'coding',
  docs_research: 'docs',
  release_ops: 'release',
};

export function readDraft(reader: Reader, fileId: string): Draft | undefined {
  const entries = reader.entries(reader.contents);
  if (!entries) {
    reader.report(
      'not-a-map',
      reader.top,
      'A blueprint is a mapping with version, id, name, start and stages.',
      'version: 1',
    );
    return undefined;
  }
  const top = fieldsOf(reader, entries, topFields, 'a blueprint');
  readVersion(reader, top.get('version'));
  const id = optional(top, 'id', (entry) => reader.text(entry));
  if (id && !isName(id.value))
    reader.report(
      'bad-name',
      id.span,
      `The id “${id.value}” has characters other than lower-case letters, digits, - and _.`,
      `id: ${suggestName(id.value)}`,
    );
  else if (!id && !top.has('id') && !isName(fileId))
    reader.report(
      'bad-name',
      reader.top,
      `The file’s name “${fileId}” cannot stand for the id that is missing.`,
      `id: ${suggestName(fileId)}`,
    );
  const draft: Draft = {
    id: id ?? { value: fileId, span: reader.top },
    name: optional(top, 'name', (entry) => reader.text(entry)),
    description: optional(top, 'description', (entry) => reader.text(entry)),
    defaults: {},
    start: optional(top, 'start', (entry) => target(reader, reader.text(entry))),
    stages: [],
    stagesSpan: top.get('stages')?.key.span ?? reader.top,
  };
  const defaults = top.get('defaults');
  if (defaults) {
    const inner = reader.entries(defaults.node);
    if (inner) draft.defaults = readSettings(reader, fieldsOf(reader, inner, settingFields, 'defaults'));
    else
      reader.report(
        'wrong-type',
        reader.spanOf(defaults.node, defaults.key.span),
        '“defaults” is a mapping.',
        'defaults: { max_retries: 3, timeout: 10m }',
      );
  }
  const stages = top.get('stages');
  if (stages) draft.stages = readStages(reader, stages);
  return draft;
}

function readVersion(reader: Reader, entry: Entry | undefined): void {
  if (!entry) return reader.report('missing-field', reader.top, 'The field “version” is missing.', 'version: 1');
  const version = reader.text(entry);
  if (version && version.value !== '1' && version.value !== '1.0')
    reader.report(
      'unsupported-version',
      version.span,
      `Version ${version.value} is not known; this OpenExec reads version 1.`,
      'version: 1',
    );
}

function readStages(reader: Reader, entry: Entry): DraftStage[] {
  const named: { id: At<string>; node: Node | null }[] = [];
  const map = reader.entries(entry.node);
  const list = map ? undefined : reader.items(entry.node);
  if (map) for (const { key, node } of map) named.push({ id: key, node });
  else if (list) {
    reader.report(
      'alias',
      entry.key.span,
      'Stages as a list are read, but a mapping from id to stage is the form of today.',
      'stages: { gather_context: { … } }',
      'hint',
    );
    for (const node of list) {
      const fields = reader.entries(node);
      const label = fields?.find(({ key }) => key.value === 'id') ?? fields?.find(({ key }) => key.value === 'name');
      const id = label && reader.text(label);
      if (id) named.push({ id, node });
      else
        reader.report(
          'missing-field',
          reader.spanOf(node, entry.key.span),
          'A stage in a list needs an “id”.',
          'id: gather_context',
        );
    }
  } else {
    reader.report(
      'wrong-type',
      reader.spanOf(entry.node, entry.key.span),
      '“stages” is a mapping from id to stage.',
      'stages: { check: { type: deterministic, action: test, on_success: done } }',
    );
    return [];
  }
  if (named.length > MAX_STAGES) {
    reader.report(
      'too-many-stages',
      entry.key.span,
      `There are ${named.length} stages; at most ${MAX_STAGES} are read.`,
      'Divide the work among several blueprints.',
    );
    named.length = MAX_STAGES;
  }
  const seen = new Set<string>();
  const stages: DraftStage[] = [];
  for (const { id, node } of named) {
    if (seen.has(id.value)) {
      reader.report(
        'duplicate-stage',
        id.span,
        `There are two stages “${id.value}”.`,
        'Give one of them another name.',
      );
      continue;
    }
    seen.add(id.value);
    if (!isName(id.value))
      reader.report(
        'bad-name',
        id.span,
        `The stage name “${id.value}” does not start with a lower-case letter, or has characters other than letters, digits, - and _.`,
        suggestName(id.value),
      );
    else if (['done', 'fail', 'paused', 'complete'].includes(id.value))
      reader.report(
        'bad-name',
        id.span,
        `“${id.value}” is the name of an ending, not of a stage.`,
        `${id.value}_stage`,
      );
    const stage = readStage(reader, id, node);
    if (stage) stages.push(stage);
  }
  return stages;
}

function readStage(reader: Reader, id: At<string>, node: Node | null): DraftStage | undefined {
  const entries = reader.entries(node);
  if (!entries) {
    reader.report(
      'not-a-map',
      reader.spanOf(node, id.span),
      `The stage “${id.value}” is a mapping with type, action or goal, and on_success.`,
      `${id.value}: { type: deterministic, action: test, on_success: done }`,
    );
    return undefined;
  }
  // `id` belongs to the list shape, where it was read already.
  const fields = fieldsOf(
    reader,
    entries.filter(({ key }) => key.value !== 'id'),
    stageFields,
    'a stage',
  );
  const text = (name: string) => optional(fields, name, (entry) => reader.text(entry));
  const texts = (name: string) => optional(fields, name, (entry) => reader.texts(entry)) ?? [];
  const targetOf = (name: string) => optional(fields, name, (entry) => target(reader, reader.text(entry)));
  return {
    id,
    keys: new Map([...fields].map(([name, entry]) => [name, entry.key.span])),
    name: text('name'),
    description: text('description'),
    type: optional(fields, 'type', (entry) => choice(reader, entry, stageTypeSchema.options, 'bad-value', typeAliases)),
    action: optional(fields, 'action', (entry) => choice(reader, entry, actionSchema.options, 'unknown-action')),
    commands: texts('commands'),
    goal: text('goal'),
    toolset: optional(fields, 'toolset', (entry) =>
      choice(reader, entry, toolsetSchema.options, 'unknown-toolset', toolsetAliases),
    ),
    schema: optional(fields, 'schema', (entry) => choice(reader, entry, resultShapeSchema.options, 'bad-value')),
    inputs: texts('inputs'),
    outputs: texts('outputs'),
    model: text('model'),
    requires: optional(fields, 'requires', (entry) => choice(reader, entry, ['reviewer'] as const, 'bad-value')),
    outputFolder: text('output_folder'),
    checkpoint: optional(fields, 'checkpoint', (entry) => reader.flag(entry)),
    fresh: optional(fields, 'fresh', (entry) => reader.flag(entry)),
    routes: texts('routes').map((route) => target(reader, route) ?? route),
    onSuccess: targetOf('on_success'),
    // An empty on_failure is the same as none: the attempt fails.
    onFailure: reader.isEmpty(fields.get('on_failure')?.node ?? null) ? undefined : targetOf('on_failure'),
    ...readSettings(reader, fields),
  };
}

function readSettings(reader: Reader, fields: ReadonlyMap<string, Entry>): DraftSettings {
  return {
    maxRetries: optional(fields, 'max_retries', (entry) => reader.whole(entry, 0, RUN_LIMITS.retriesPerStage.max)),
    timeoutMs: optional(fields, 'timeout', (entry) => reader.duration(entry)),
    approval: optional(fields, 'approval', (entry) => choice(reader, entry, approvalLevelSchema.options, 'bad-value')),
    sandbox: optional(fields, 'sandbox', (entry) =>
      choice(reader, entry, sandboxSchema.options, 'bad-value', sandboxAliases),
    ),
  };
}

/** Known fields by today's name; older names and slips are reported. */
function fieldsOf(reader: Reader, entries: readonly Entry[], known: readonly string[], of: string): Map<string, Entry> {
  const fields = new Map<string, Entry>();
  for (const entry of entries) {
    const written = entry.key.value;
    const today = fieldAliases[written];
    const name = today && known.includes(today) ? today : written;
    if (!known.includes(name)) {
      const close = nearest(written, known);
      reader.report(
        'unknown-field',
        entry.key.span,
        `“${written}” is not a field of ${of}.`,
        close ? `Did you mean “${close}”?` : `There are: ${known.join(', ')}.`,
      );
      continue;
    }
    if (name !== written) hintAlias(reader, entry.key, name);
    if (!fields.has(name)) fields.set(name, { ...entry, key: { ...entry.key, value: name } });
  }
  return fields;
}

const optional = <T>(
  fields: ReadonlyMap<string, Entry>,
  name: string,
  read: (entry: Entry) => T | undefined,
): T | undefined => {
  const entry = fields.get(name);
  return entry && read(entry);
};

function choice<T extends string>(
  reader: Reader,
  entry: Entry,
  values: readonly T[],
  code: BlueprintProblemCode,
  aliases: Readonly<Record<string, string>> = {},
): At<T> | undefined {
  const found = reader.text(entry);
  if (!found) return undefined;
  const today = Object.hasOwn(aliases, found.value) ? aliases[found.value] : undefined;
  const value = values.find((candidate) => candidate === (today ?? found.value));
  if (value === undefined) {
    const close = nearest(found.value, values);
    const what =
      code === 'unknown-action'
        ? 'an action'
        : code === 'unknown-toolset'
          ? 'a toolset'
          : `a value of ${entry.key.value}`;
    reader.report(
      code,
      found.span,
      `“${found.value}” is not ${what}. There are: ${values.join(', ')}.`,
      close ? `Did you mean “${close}”?` : `${entry.key.value}: ${values[0] ?? ''}`,
    );
    return undefined;
  }
  if (today) hintAlias(reader, found, value);
  return { value, span: found.span };
}

function target(reader: Reader, found: At<string> | undefined): At<string> | undefined {
  if (!found) return undefined;
  const today = Object.hasOwn(targetAliases, found.value) ? targetAliases[found.value] : undefined;
  if (!today) return found;
  hintAlias(reader, found, today);
  return { value: today, span: found.span };
}

const hintAlias = (reader: Reader, found: At<string>, today: string): void =>
  reader.report('alias', found.span, `“${found.value}” is read as “${today}”, its name of today.`, today, 'hint');

const isName = (text: string): boolean => /^[a-z][a-z0-9_-]{0,63}$/.test(text);
/** `Fix Lint!` → `fix_lint` */
const suggestName = (text: string): string => {
  const name = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '_')
    .replace(/^[^a-z]+/, '')
    .replace(/_+$/, '')
    .slice(0, 64);
  return name || 'my_name';
};
