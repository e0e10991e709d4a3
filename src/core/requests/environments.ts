/** The project's own environments, for the doors. */
import type { EnvironmentHere } from '../model/environment.js';
import type { Handlers } from '../model/requests.js';
import { environmentsHere, settleEnvironments } from '../record/environments.js';
import type { Environment } from './environment.js';

export function environmentHandlers(env: Environment): Pick<Handlers, 'environment/list' | 'environment/settle'> {
  return {
    'environment/list': async () => ({ environments: await environmentsNow(env) }),
    'environment/settle': async ({ hashes, use }) => {
      await settleEnvironments(env.ports, env.root, hashes, use);
      return {};
    },
  };
}

export const environmentsNow = async (env: Environment): Promise<EnvironmentHere[]> =>
  (await environmentsHere(env.ports, env.root)).map(({ here }) => here);
