/** Programs that the project brings: used once a person has approved exactly them, asked about when they change. */
import { expect, it } from 'vitest';
import type { ProjectEnvironment } from '../../../src/core/model/environment.js';
import { createHasher } from '../../../src/adapters/node/hasher.js';
import { implementVerifyCommit } from './fixtures.js';
import { edits } from '../../fakes/model.js';
import { answer, createWorld, planOf, settled, startPlan, type World } from './harness.js';

const hashOf = (text: string) => createHasher().sha256(text);
const venv = (...programs: string[]): ProjectEnvironment => ({
  kind: 'venv',
  language: 'Python',
  version: '3.11.2',
  place: '.venv',
  folders: ['/workspace/.venv/bin'],
  variables: { VIRTUAL_ENV: '/workspace/.venv' },
  programs,
  asks: true,
  missing: false,
  hash: hashOf(programs.join(' ')),
});

async function worldWith(found: ProjectEnvironment[]): Promise<World> {
  return await createWorld({
    blueprint: implementVerifyCommit,
    model: { implement: [...edits('a.txt', 'two', '2'), ...edits('a.txt', 'one', '1')] },
    run: async (script, read) => ({
      exitCode: !script.startsWith('check') || (await read('a.txt')).includes('2') ? 0 : 1,
    }),
    environments: { find: async () => found },
  });
}
const questions = (world: World) =>
  world.events.flatMap((event) => (event.type === 'approval-requested' && event.kind === 'command' ? [event.why] : []));
const usedBy = (world: World) => world.commands.asked.map((request) => request.environments?.length ?? 0);

it('asks once, uses them for every command from then on, and replays to the same without looking', async () => {
  const world = await worldWith([venv('pytest')]);
  const run = await startPlan(world, planOf({ T1: {} }));
  expect(await settled(world, run)).toBe('completed');
  expect(questions(world)).toEqual(['a yes lets commands use Python 3.11 from .venv, which nobody has approved yet']);
  expect(usedBy(world).length).toBeGreaterThan(1);
  expect(new Set(usedBy(world))).toEqual(new Set([1]));
  expect(await world.openexec.request('run/replay', { run })).toMatchObject({ equal: true });
  expect((await world.openexec.request('status', {})).environments).toMatchObject([{ place: '.venv', state: 'used' }]);
});

it('says what came and went when they changed, and uses nothing of it before a yes', async () => {
  const found = [venv('pytest', 'ruff')];
  const world = await worldWith(found);
  await world.openexec.request('environment/settle', { hashes: [hashOf('pytest ruff')], use: true });
  found[0] = venv('pytest', 'evil');
  const run = await startPlan(world, planOf({ T1: {} }), { onAsk: 'pause' });
  expect(await settled(world, run)).toBe('paused');
  expect(usedBy(world)).toEqual([]);
  expect(questions(world)).toEqual([
    'a yes lets commands use Python 3.11 from .venv, which changed since it was approved (new: evil; gone: ruff)',
  ]);
  // While the question waits it becomes a third: what was shown is not there any more.
  found[0] = venv('pytest', 'worse');
  await answer(world, { status: 'accepted' });
  await settled(world, run);
  expect(usedBy(world)).toEqual([]);
});

it('is approved by starting from the sheet that showed it, and by nothing else', async () => {
  const world = await worldWith([venv('pytest')]);
  await world.openexec.request('environment/settle', { hashes: [hashOf('another')], use: true });
  expect((await world.openexec.request('environment/list', {})).environments).toMatchObject([{ state: 'new' }]);
  const { plan } = await world.openexec.request('plan/import', { json: JSON.stringify(planOf({ T1: {} })), name: 'P' });
  const shown = await world.openexec.request('plan/scripts', { plan: plan.id });
  const { iteration } = plan;
  await world.openexec.request('plan/approve', { plan: plan.id, iteration, hashes: shown.map((one) => one.hash) });
  const sheet = await world.openexec.request('run/preview', { plan: plan.id });
  const { run } = await world.openexec.request('run/start', {
    plan: plan.id,
    onAsk: 'accept',
    environments: sheet.environments.map((one) => one.hash),
  });
  expect(await settled(world, run)).toBe('completed');
  expect(questions(world)).toEqual([]);
  expect(new Set(usedBy(world))).toEqual(new Set([1]));
});

it('goes on without them where a person declined, and says so', async () => {
  const world = await worldWith([venv('pytest')]);
  await world.openexec.request('environment/settle', { hashes: [hashOf('pytest')], use: false });
  const run = await startPlan(world, planOf({ T1: {} }));
  expect(await settled(world, run)).toBe('completed');
  expect(new Set(usedBy(world))).toEqual(new Set([0]));
  expect((await world.openexec.request('environment/list', {})).environments).toMatchObject([{ state: 'declined' }]);
});

it('gives an installation that a person said yes to the network and its own cache, and nothing else', async () => {
  const world = await createWorld({
    blueprint: implementVerifyCommit,
    model: {
      implement: [
        { tools: [{ name: 'run_command', input: { argv: ['npm', 'install', 'left-pad'] } }] },
        { tools: [{ name: 'run_command', input: { argv: ['ls'] } }] },
        ...edits('a.txt', 'two', '2'),
      ],
    },
    run: async (script, read) => ({
      exitCode: !script.startsWith('check') || (await read('a.txt')).includes('2') ? 0 : 1,
    }),
  });
  const run = await startPlan(world, planOf({ T1: {} }));
  expect(await settled(world, run)).toBe('completed');
  expect(questions(world)).toEqual([expect.stringContaining('as an installation it has the network')]);
  const got = world.commands.asked.map(({ argv, script, network, installation = false }) => [
    argv?.join(' ') ?? script,
    network,
    installation,
  ]);
  expect(got).toContainEqual(['npm install left-pad', true, true]);
  expect(got.filter(([, network, installation]) => network || installation)).toHaveLength(1);
  expect(await world.openexec.request('run/replay', { run })).toMatchObject({ equal: true });
});
