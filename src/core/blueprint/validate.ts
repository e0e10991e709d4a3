/** What a draft must hold before it can run: every target exists, every stage can be reached, every way ends. */
import { builtInInputs, isTerminal } from '../model/blueprint.js';
import type { Draft, DraftStage } from './draft.js';
import { nearest } from './nearest.js';
import type { At, Reader } from './reader.js';

/** Reports into `reader`. Takes a draft with whatever could be read, so that one slip does not hide the others. */
export function validateDraft(draft: Draft, reader: Reader): void {
  const byId = new Map(draft.stages.map((stage) => [stage.id.value, stage]));
  if (!draft.name)
    reader.report('missing-field', draft.id.span, 'The field “name” is missing.', 'name: What people call it');
  else if (draft.name.value.trim() === '')
    reader.report('bad-value', draft.name.span, '“name” is empty.', 'name: What people call it');
  if (draft.stages.length === 0)
    return reader.report(
      'missing-field',
      draft.stagesSpan,
      'There are no stages.',
      'stages: { check: { type: deterministic, action: test, on_success: done } }',
    );

  if (!draft.start)
    reader.report(
      'missing-field',
      reader.top,
      'The field “start” is missing: it names the first stage.',
      `start: ${draft.stages[0]?.id.value ?? ''}`,
    );
  else if (!byId.has(draft.start.value)) unknownStage(reader, draft.start, byId);

  const outputs = new Set<string>(builtInInputs);
  for (const stage of draft.stages) for (const output of stage.outputs) outputs.add(output.value);
  for (const stage of draft.stages) {
    checkFields(stage, reader);
    checkTargets(stage, byId, reader);
    for (const input of stage.inputs)
      if (!outputs.has(input.value)) {
        const close = nearest(input.value, outputs);
        reader.report(
          'unknown-input',
          input.span,
          `No stage has the output “${input.value}”, and it is not one of ${builtInInputs.join(', ')}.`,
          close ? `Did you mean “${close}”?` : `Let an earlier stage say outputs: [${input.value}].`,
        );
      }
  }
  if (draft.start && byId.has(draft.start.value)) checkReach(draft.start, draft, byId, reader);
  checkLoops(draft, byId, reader);
}

const agenticOnly = ['goal', 'toolset', 'schema', 'model', 'routes', 'output_folder'];
const deterministicOnly = ['action', 'commands'];

function checkFields(stage: DraftStage, reader: Reader): void {
  const missing = (name: string, hint: string) =>
    reader.report('missing-field', stage.id.span, `The stage “${stage.id.value}” has no “${name}”.`, hint);
  if (!stage.keys.has('type')) missing('type', 'type: deterministic');
  if (!stage.keys.has('on_success')) missing('on_success', 'on_success: done');
  if (!stage.type) return;

  const foreign = stage.type.value === 'agentic' ? deterministicOnly : agenticOnly;
  for (const name of foreign) {
    const span = stage.keys.get(name);
    if (span)
      reader.report(
        'field-mismatch',
        span,
        `“${name}” does not go with type ${stage.type.value}.`,
        stage.type.value === 'agentic'
          ? 'A model has a goal and a toolset; commands are for deterministic stages.'
          : 'Code has an action or commands; this field is for agentic stages.',
      );
  }
  if (stage.type.value === 'agentic') {
    if (!stage.keys.has('goal')) missing('goal', 'goal: What the model is to do');
    else if (stage.goal && stage.goal.value.trim() === '')
      reader.report('bad-value', stage.goal.span, '“goal” is empty.', 'goal: What the model is to do');
    if (!stage.keys.has('toolset')) missing('toolset', 'toolset: read_only');
    if (stage.outputFolder) checkOutputFolder(stage, stage.outputFolder, reader);
  } else {
    const commands = stage.keys.get('commands');
    if (stage.keys.has('action') && commands)
      reader.report(
        'field-mismatch',
        commands,
        'A stage has an action or commands, not both.',
        'Make two stages of it.',
      );
    if (!stage.keys.has('action') && !commands) missing('action', 'action: test');
    for (const command of stage.commands)
      if (command.value.trim() === '')
        reader.report('bad-value', command.span, 'A command is empty.', 'commands: [make test]');
  }
}

function checkOutputFolder(stage: DraftStage, folder: At<string>, reader: Reader): void {
  if (stage.toolset && stage.toolset.value !== 'docs')
    reader.report('field-mismatch', folder.span, '“output_folder” goes with the toolset docs only.', 'toolset: docs');
  if (
    folder.value.startsWith('/') ||
    folder.value.includes('\\') ||
    folder.value.split('/').some((part) => part === '' || part === '.' || part === '..')
  )
    reader.report(
      'bad-value',
      folder.span,
      '“output_folder” is a path inside the root, with forward slashes.',
      'output_folder: docs',
    );
}

function checkTargets(stage: DraftStage, byId: ReadonlyMap<string, DraftStage>, reader: Reader): void {
  if (stage.onSuccess && !isTerminal(stage.onSuccess.value) && !byId.has(stage.onSuccess.value))
    unknownStage(reader, stage.onSuccess, byId);
  for (const other of [stage.onFailure, ...stage.routes]) {
    if (!other) continue;
    if (other.value === 'done')
      reader.report(
        'bad-terminal',
        other.span,
        '“done” is reached by on_success only: work that failed or was routed around is not done.',
        'Lead it to a stage that heals or checks, or to fail or paused.',
      );
    else if (!isTerminal(other.value) && !byId.has(other.value)) unknownStage(reader, other, byId);
  }
}

function unknownStage(reader: Reader, target: At<string>, byId: ReadonlyMap<string, DraftStage>): void {
  const known = [...byId.keys(), 'done', 'fail', 'paused'];
  const close = nearest(target.value, known);
  reader.report(
    'unknown-stage',
    target.span,
    `There is no stage “${target.value}”.`,
    close ? `Did you mean “${close}”?` : `There are: ${known.slice(0, 20).join(', ')}.`,
  );
}

function checkReach(start: At<string>, draft: Draft, byId: ReadonlyMap<string, DraftStage>, reader: Reader): void {
  const reached = new Set<string>([start.value]);
  const open = [start.value];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const stage = byId.get(id);
    if (!stage) continue;
    for (const next of [stage.onSuccess, stage.onFailure, ...stage.routes])
      if (next && !reached.has(next.value)) {
        reached.add(next.value);
        open.push(next.value);
      }
  }
  for (const stage of draft.stages)
    if (!reached.has(stage.id.value))
      reader.report(
        'unreachable-stage',
        stage.id.span,
        `No way leads from “${start.value}” to the stage “${stage.id.value}”.`,
        `Let a stage lead to it: on_success: ${stage.id.value}. Or remove it.`,
      );
  // A misspelt target may be the way to it: that is said already.
  const lost = [...reached].some((id) => !isTerminal(id) && !byId.has(id));
  if (!lost && !reached.has('done'))
    reader.report(
      'missing-terminal',
      draft.stagesSpan,
      'No way leads to “done”: a run of this blueprint could never succeed.',
      'on_success: done',
    );
}

/**
 * A cycle of on_success edges alone never fails and so is never counted: nothing would end it.
 * Each stage has one such edge.
 */
function checkLoops(draft: Draft, byId: ReadonlyMap<string, DraftStage>, reader: Reader): void {
  const settled = new Set<string>();
  for (const first of draft.stages) {
    const trail: string[] = [];
    let id: string | undefined = first.id.value;
    while (id !== undefined && byId.has(id) && !settled.has(id) && !trail.includes(id)) {
      trail.push(id);
      id = byId.get(id)?.onSuccess?.value;
    }
    const from = id === undefined ? -1 : trail.indexOf(id);
    if (from >= 0) {
      const ring = trail.slice(from);
      const last = byId.get(ring[ring.length - 1] ?? '');
      if (last)
        reader.report(
          'unbounded-loop',
          last.onSuccess?.span ?? last.id.span,
          `Unbounded loop: ${[...ring, ring[0]].join(' → ')} by on_success alone never ends.`,
          'Let one of them lead to another stage or to done; a way back belongs in on_failure, which is counted.',
        );
    }
    for (const visited of trail) settled.add(visited);
  }
}
