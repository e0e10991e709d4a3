/** From a draft without errors to a blueprint: defaults merged into every stage. */
import type { Blueprint, Stage } from '../model/blueprint.js';
import { RUN_LIMITS } from '../model/plain/run-limits.js';
import type { Draft, DraftStage } from './draft.js';

export const DEFAULT_OUTPUT_FOLDER = 'docs';

export function resolveDraft(draft: Draft): Blueprint {
  const stages: Record<string, Stage> = {};
  for (const stage of draft.stages) stages[stage.id.value] = resolveStage(stage, draft);
  return {
    version: 1,
    id: draft.id.value,
    name: draft.name?.value ?? draft.id.value,
    description: draft.description?.value.trim() ?? '',
    start: draft.start?.value ?? '',
    stages,
  };
}

function resolveStage(stage: DraftStage, { defaults }: Draft): Stage {
  const approval = stage.approval?.value ?? defaults.approval?.value;
  const sandbox = stage.sandbox?.value ?? defaults.sandbox?.value;
  const toolset = stage.toolset?.value;
  return {
    id: stage.id.value,
    name: stage.name?.value ?? titled(stage.id.value),
    description: stage.description?.value.trim() ?? '',
    type: stage.type?.value ?? 'deterministic',
    ...(stage.action ? { action: stage.action.value } : {}),
    commands: stage.commands.map((command) => command.value),
    goal: stage.goal?.value.trim() ?? '',
    ...(toolset ? { toolset } : {}),
    schema: stage.schema?.value ?? 'result',
    inputs: stage.inputs.map((input) => input.value),
    outputs: stage.outputs.map((output) => output.value),
    model: stage.model?.value ?? '',
    ...(stage.requires ? { requires: stage.requires.value } : {}),
    ...(toolset === 'docs' ? { outputFolder: stage.outputFolder?.value ?? DEFAULT_OUTPUT_FOLDER } : {}),
    maxRetries: stage.maxRetries?.value ?? defaults.maxRetries?.value ?? RUN_LIMITS.retriesPerStage.default,
    timeoutMs: stage.timeoutMs?.value ?? defaults.timeoutMs?.value ?? RUN_LIMITS.stageTimeoutMs.default,
    ...(approval ? { approval } : {}),
    ...(sandbox ? { sandbox } : {}),
    checkpoint: stage.checkpoint?.value ?? false,
    ...(stage.fresh?.value && { fresh: true }),
    routes: stage.routes.map((route) => route.value),
    onSuccess: stage.onSuccess?.value ?? '',
    ...(stage.onFailure ? { onFailure: stage.onFailure.value } : {}),
  };
}

/** fix_lint → Fix lint */
const titled = (id: string): string => id.charAt(0).toUpperCase() + id.slice(1).replaceAll(/[_-]+/g, ' ');
