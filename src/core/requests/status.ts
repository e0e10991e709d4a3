/** What is going on in a root: the run at work, what waits, the current plan. */
import type { Handlers, Result } from '../model/requests.js';
import { configStatus } from './config-status.js';
import { environmentsNow } from './environments.js';
import { currentPlan, type Environment } from './environment.js';
import { openProposals } from './plans/proposals.js';

export async function statusOf(
  env: Environment,
  owner: Result<'status'>['owner'],
  handlers: Pick<Handlers, 'run/get' | 'plan/list'>,
  signal: AbortSignal,
): Promise<Result<'status'>> {
  const { models, store, workspace } = env.ports;
  const { model } = await env.settings();
  const plan = await currentPlan(env);
  const active = [...env.live.keys()][0];
  const config = await configStatus(workspace, env.root);
  return {
    root: env.root,
    owner,
    model: model ? models.info(model).label : '',
    recorded: model ? models.info(model).recorded : false,
    active: active === undefined ? null : await handlers['run/get']({ run: active }, signal),
    pending: (await store.pendingApprovals()).length,
    ...(config && { config }),
    environments: await environmentsNow(env),
    ...(plan && { proposals: await openProposals(env, plan.id) }),
    plan: plan ? ((await handlers['plan/list']({}, signal)).find((one) => one.id === plan.id) ?? null) : null,
  };
}
