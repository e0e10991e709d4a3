/**
 * A story's own check, run once after its last task: verify → fix → verify, with the caps and the attention of a task,
 * and a commit of its own. It is worked on like a task, with the blueprint's own stages, and counts as none.
 */
import type { Blueprint, Stage } from '../../model/blueprint.js';
import type { Story } from '../../model/plan.js';
import { storyCheckId } from '../../model/plain/story-check.js';
import { plainStage } from '../stages/plain-stage.js';
import type { TaskSnapshot } from '../../record/step-context.js';
import { RUN_LIMITS } from '../../model/plain/run-limits.js';

/**
 * The task it is worked on as. It pins behaviour: that it passes before anything is done for it is what one hopes for.
 */
export const storyCheckTask = (story: Story): TaskSnapshot => ({
  story,
  task: {
    id: storyCheckId(story.id),
    title: `Check of the story “${story.title}”`,
    description:
      'Every task of this story is done. What they make together must pass the story’s own check; mend what does not fit together, and nothing else.',
    technical_strategy: '',
    depends_on: [],
    verification_script: story.verification_script,
    pins: true,
    needs: [...new Set(story.tasks.flatMap((task) => task.needs ?? []))],
  },
});

/**
 * From the run's blueprint: its verify stage, the agentic stage that heals it, and its commit.
 * Without a healing stage a failure asks.
 */
export function storyCheckBlueprint(blueprint: Blueprint): Blueprint {
  const stages = Object.values(blueprint.stages);
  const verify: Stage = stages.findLast((stage) => stage.action === 'verify') ?? plainVerify;
  const commit = stages.findLast((stage) => stage.action === 'commit');
  const heals = (stage: Stage | undefined): stage is Stage =>
    stage?.type === 'agentic' &&
    stage.schema === 'result' &&
    (stage.toolset === 'coding' || stage.toolset === 'debug_ci');
  const named = verify.onFailure === undefined ? undefined : blueprint.stages[verify.onFailure];
  const fix = heals(named) ? named : undefined;
  const { onFailure: _, ...check } = verify;
  return {
    ...blueprint,
    start: verify.id,
    stages: {
      [verify.id]: { ...check, onSuccess: commit?.id ?? 'done', ...(fix && { onFailure: fix.id }) },
      ...(fix && { [fix.id]: { ...withoutFailure(fix), routes: [], onSuccess: verify.id } }),
      ...(commit && { [commit.id]: { ...withoutFailure(commit), onSuccess: 'done' } }),
    },
  };
}

function withoutFailure({ onFailure: _, ...stage }: Stage): Stage {
  return stage;
}

const plainVerify = plainStage('verify', 'Verify', {
  action: 'verify',
  maxRetries: RUN_LIMITS.retriesPerStage.default,
  timeoutMs: RUN_LIMITS.stageTimeoutMs.default,
});
