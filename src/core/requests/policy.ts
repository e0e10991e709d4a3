/**
 * The policy of this root as it would count for a run that starts now:
 * explained, listed, and with a rule added that a person previewed.
 */
import { explain } from '../permission/explain.js';
import type { FrozenRules } from '../model/policy.js';
import type { Handlers } from '../model/requests.js';
import { loadRules, policyRules, type LoadedRules } from '../permission/rules.js';
import type { Policy } from '../policy/index.js';
import { worldAt, type JudgeWorld } from '../permission/judge.js';
import { suggestRules } from '../permission/suggest-rules.js';
import type { Environment } from './environment.js';

export const worldHere = ({ root, ports }: Environment): JudgeWorld => worldAt(root, ports);

/** Error: policy-invalid. */
export async function rulesHere(env: Environment, own?: unknown): Promise<LoadedRules> {
  const loaded = await loadRules(own ?? (await env.settings()).rules, env.ports.workspace, env.root);
  for (const { file, line, id } of loaded.ignored)
    env.ports.log.warn('A rule of the workspace would loosen the policy and counts for nothing.', { file, line, id });
  return loaded;
}

/** As a run that starts now would have it. Error: policy-invalid. */
export async function policyHere(env: Environment): Promise<Policy> {
  const settings = await env.settings();
  return {
    sandbox: settings.sandbox,
    approval: settings.approval,
    trusted: true,
    ...policyRules(frozen(await rulesHere(env, settings.rules))),
  };
}

/** What a run keeps of them. */
export const frozen = ({ user, workspace }: LoadedRules): FrozenRules => ({ user, workspace });

export function policyHandlers(env: Environment): Pick<Handlers, 'policy/explain' | 'policy/suggest' | 'policy/rules'> {
  return {
    'policy/explain': async ({ mode, ...question }) => {
      const policy = await policyHere(env);
      return await explain(question, { ...policy, sandbox: mode ?? policy.sandbox }, worldHere(env));
    },
    'policy/suggest': async (question) => {
      const policy = await policyHere(env);
      return {
        decision: await explain(question, policy, worldHere(env)),
        suggestions: await suggestRules(question, policy, worldHere(env)),
      };
    },
    'policy/rules': async () => {
      const { user, workspace, ignored } = await rulesHere(env);
      const { sandbox, approval } = await env.settings();
      return { sandbox, approval, user, workspace, ignored };
    },
  };
}
