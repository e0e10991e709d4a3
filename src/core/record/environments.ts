/**
 * Which of a project's environments commands use. Programs that lie in the project count once a person approved exactly
 * what is there (`environment/<kind>/<place>`); they are looked at anew before each use, and what changed is asked about.
 * Those a person installed outside it count as the PATH does.
 */
import { because, inWords, said, type Said } from '../model/plain/said.js';
import type { EnvironmentHere, ProjectEnvironment } from '../model/environment.js';
import type { Decision } from '../model/policy.js';
import type { Root } from '../model/primitives.js';
import type { CommandRunner, Ports } from '../ports/ports.js';
import { readRow, writeRow } from './small-rows.js';
import { environmentName } from '../view/environment-name.js';

type World = Pick<Ports, 'store' | 'log' | 'clock' | 'environments'>;

interface Found {
  environment: ProjectEnvironment;
  here: EnvironmentHere;
}

const MAX_NAMED = 50;

const rowName = ({ kind, place }: Pick<ProjectEnvironment, 'kind' | 'place'>): string => `${kind}/${place}`;

export async function environmentsHere(world: World, root: Root): Promise<Found[]> {
  const found: Found[] = [];
  for (const environment of (await world.environments?.find(root)) ?? []) {
    const { programs, variables: _, ...rest } = environment;
    const row = environment.asks ? await readRow(world, 'environment', [rowName(environment)]) : undefined;
    const known = new Set(row?.programs);
    const now = new Set(programs);
    const changed = row !== undefined && row.use && row.hash !== environment.hash;
    found.push({
      environment,
      here: {
        ...rest,
        state: stateOf(environment, row),
        came: changed ? programs.filter((name) => !known.has(name)).slice(0, MAX_NAMED) : [],
        went: changed ? [...known].filter((name) => !now.has(name)).slice(0, MAX_NAMED) : [],
      },
    });
  }
  return found;
}

function stateOf(
  environment: ProjectEnvironment,
  row: { hash: string; use: boolean } | undefined,
): EnvironmentHere['state'] {
  if (environment.missing) return 'missing';
  if (environment.folders.length === 0) return 'named';
  if (!environment.asks) return 'used';
  if (row === undefined) return 'new';
  if (!row.use) return 'declined';
  return row.hash === environment.hash ? 'used' : 'changed';
}

/** `hashes`: what the person was shown. What has become another meanwhile stays to be asked about. */
export async function settleEnvironments(
  world: World,
  root: Root,
  hashes: readonly string[],
  use: boolean,
): Promise<void> {
  const shown = new Set(hashes);
  const settled = (await environmentsHere(world, root)).filter(
    ({ environment }) => environment.asks && shown.has(environment.hash),
  );
  if (settled.length > 0)
    await world.store.commit(
      settled.map(({ environment }) =>
        writeRow('environment', [rowName(environment)], {
          hash: environment.hash,
          programs: environment.programs,
          use,
          at: world.clock.now(),
        }),
      ),
    );
}

/** Those that a person has to be asked about before a command can use them, or go on without them. */
export const unsettled = (found: readonly Found[]): EnvironmentHere[] =>
  found.map(({ here }) => here).filter(({ state }) => state === 'new' || state === 'changed');

/** A command that is not refused waits until a person has said which programs it finds. */
export function withEnvironments(decision: Decision, found: readonly Found[]): Decision {
  const asked = unsettled(found);
  const [first] = asked;
  if (decision.effect === 'deny' || first === undefined) return decision;
  const reasons = [
    ...asked.map(whyAsked),
    ...(decision.effect === 'ask' ? [said(decision.because ?? decision.reason)] : []),
  ];
  const whole = reasons.reduce((before, one) => because`${before}; ${one}`);
  return {
    effect: 'ask',
    rule: asked.some(({ state }) => state === 'changed') ? 'environment.changed' : 'environment.new',
    reason: inWords(whole),
    because: whole,
  };
}

export const asksOfEnvironment = (rule: string): boolean => rule.startsWith('environment.');

function whyAsked(here: EnvironmentHere): Said {
  const name = environmentName(here);
  if (here.state === 'new') return because`a yes lets commands use ${name}, which nobody has approved yet`;
  const differences = [
    ...(here.came.length > 0 ? [because`new: ${here.came.join(', ')}`] : []),
    ...(here.went.length > 0 ? [because`gone: ${here.went.join(', ')}`] : []),
  ];
  const changed = because`a yes lets commands use ${name}, which changed since it was approved`;
  return differences.length === 0
    ? changed
    : because`${changed} (${differences.reduce((before, one) => because`${before}; ${one}`)})`;
}

const used = (found: readonly Found[]) =>
  found
    .filter(({ here }) => here.state === 'used')
    .map(({ environment: { folders, variables } }) => ({ folders, variables }));

/** Commands find what is approved of the project at `root`, in its worktrees, too. */
export function withProjectPrograms(ports: Ports, root: Root): Ports {
  return ports.environments ? { ...ports, commands: runWithEnvironments(ports, root) } : ports;
}

function runWithEnvironments(world: World & Pick<Ports, 'commands'>, root: Root): CommandRunner {
  const { commands } = world;
  const here = async () => await environmentsHere(world, root);
  return {
    ...commands,
    run: async (request, onOutput, signal) => {
      const found = await here();
      const protect = found.flatMap(({ environment: { asks, folders } }) => (asks ? folders : []));
      return await commands.run({ ...request, environments: used(found), protect }, onOutput, signal);
    },
    locate: async (at, name) => await commands.locate(at, name, used(await here())),
  };
}
