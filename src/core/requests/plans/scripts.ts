/**
 * Every script a plan would run, with what it may do:
 * what the person sees before approving the plan, and what the approval is bound to.
 */
import { OpenExecError } from '../../errors.js';
import { storyNeeds, type PlanDocument, type Task } from '../../model/plan.js';
import type { ScriptReview } from '../../model/requests.js';
import { judge } from '../../permission/judge.js';
import { explainMay, scriptHash, shellOf } from '../../policy/index.js';
import { installsByScript } from '../../project/installation.js';
import type { Environment } from '../environment.js';
import { policyHere, worldHere } from '../policy.js';

const runsIn = (script: string): string[] => {
  const shell = shellOf(script);
  return shell.name === 'sh' ? [] : [`runs in bash, which it is written for (${shell.because})`];
};

/** The first script of these subjects that needs a bash that is not here: known before anything is paid. */
export async function missingBash(
  env: Environment,
  scripts: readonly { script: string }[],
): Promise<OpenExecError<'shell-bash-missing'> | undefined> {
  for (const { script } of scripts) {
    const shell = shellOf(script);
    if (shell.name === 'sh') continue;
    const found = await env.ports.commands.locate(env.root, 'bash');
    if (found && found.workspacePath === undefined) return undefined;
    return new OpenExecError('shell-bash-missing', { command: script.slice(0, 120), because: shell.because });
  }
  return undefined;
}

export async function reviewScripts(env: Environment, document: PlanDocument): Promise<ScriptReview[]> {
  const policy = await policyHere(env);
  const { sandbox } = policy;
  const world = worldHere(env);
  const { hasher, shell } = env.ports;
  const found: { subject: string; script: string; needs: Task['needs'] }[] = [];
  for (const story of document.stories) {
    for (const task of story.tasks)
      if (task.verification_script.trim())
        found.push({ subject: task.id, script: task.verification_script, needs: task.needs });
    // What a story's check may use is what its tasks need together.
    if (story.verification_script.trim())
      found.push({ subject: story.id, script: story.verification_script, needs: storyNeeds(story) });
  }
  const reviews: ScriptReview[] = [];
  for (const { subject, script, needs } of found) {
    const parsed = await shell.parse(script);
    const network = needs?.some((need) => need === 'network' || need === 'docker') ?? false;
    reviews.push({
      subject,
      script,
      cwd: '',
      sandbox,
      hash: scriptHash(script, '', sandbox, (data) => hasher.sha256(data)),
      decision: await judge({ kind: 'script', text: script, cwd: '', parsed }, policy, world),
      may: [...runsIn(script), ...explainMay(parsed, network || installsByScript(parsed))],
    });
  }
  return reviews;
}
