import { createRunnerHarness } from '../adapters/node/harness.js';
import { createFakeCommandRunner } from '../fakes/command-runner.js';
import { fakeRoot } from '../fakes/workspace.js';
import { commandRunnerContract } from './command-runner.js';

commandRunnerContract('processes', async () => {
  const harness = createRunnerHarness();
  return {
    runner: harness.runner,
    root: harness.root,
    answer: () => undefined,
    dispose: async () => harness.dispose(),
  };
});

commandRunnerContract('fake', async () => {
  const runner = createFakeCommandRunner();
  return {
    runner,
    root: fakeRoot,
    answer: (command, answer) => runner.on(command, answer),
    dispose: async () => undefined,
  };
});
