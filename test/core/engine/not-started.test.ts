/** A program that a model named and that is not there is told to the model; the run goes on. */
import { expect, it } from 'vitest';
import { OpenExecError } from '../../../src/core/errors.js';
import { lookWith } from './fixtures.js';
import { answer, createWorld, planOf, settled, startPlan } from './harness.js';

it.each<[argv: string[], cwd: string, told: string]>([
  [['no-such-prog'], '', 'The program “no-such-prog” was not found. It is not installed here, or its name is another.'],
  [['npm test'], '', 'Each argument is an item of its own: ["npm","test"].'],
  [['npm run', 'lint'], '', 'Each argument is an item of its own: ["npm","run","lint"].'],
  [['cd', 'src'], '', 'Give the folder as cwd: "src".'],
  [['npm test && echo ok'], '', 'no quotes, pipes, && or variables'],
  [['./missing.sh'], '', 'The program “./missing.sh” was not found. There is: bin/missing.sh.'],
  [
    ['./tool.sh'],
    'bin',
    'The file is there and may not be executed: start it by its interpreter, as in ["sh", "./tool.sh"].',
  ],
  [['ls'], 'nowhere', 'There is no folder nowhere: cwd is a folder of the project.'],
])('%j in “%s”', async (argv, cwd, told) => {
  const world = await createWorld({
    files: { 'bin/missing.sh': '', 'bin/tool.sh': '' },
    blueprint: lookWith('coding'),
    model: {
      work: [
        { tools: [{ name: 'run_command', input: { argv, cwd } }] },
        { tools: [{ name: 'submit_result', input: { summary: 'looked' } }] },
      ],
    },
    commands: { [argv.join(' ')]: [{ throws: new OpenExecError('command-not-found', { program: argv[0]! }) }] },
  });
  const run = await startPlan(world, planOf({ T1: { pins: true } }));
  for (let asked = 0; (await settled(world, run)) === 'paused' && asked < 2; asked += 1)
    await answer(world, { status: 'accepted', scope: 'once' });
  expect(await settled(world, run)).toBe('completed');
  const result = world.model.asked
    .at(-1)!
    .messages.flatMap((message) => message.content)
    .at(-1);
  expect(result).toMatchObject({ type: 'tool-result', isError: true });
  expect(JSON.stringify(result)).toContain(JSON.stringify(told).slice(1, -1));
  expect(world.events.find((event) => event.type === 'command-run')).toMatchObject({ exitCode: 127, purpose: 'tool' });
});
