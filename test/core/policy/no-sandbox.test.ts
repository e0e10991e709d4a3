import { expect, it } from 'vitest';
import { argv, line, script } from './check.js';

it('asks about what runs the workspace’s code where no sandbox holds it, once this run changed something', async () => {
  const facts = { unsandboxed: true, changedFiles: ['src/a.ts'] };
  expect(argv(line('npm test'), {}, facts)).toMatchObject({ effect: 'ask', rule: 'command.no-sandbox' });
  expect(argv(line('npm test'), { approval: 'risky' }, facts).effect).toBe('ask');
  expect(argv(line('cat src/a.ts'), {}, facts).effect).toBe('allow');
  expect(argv(line('npm test'), {}, { unsandboxed: true, changedFiles: [] }).effect).toBe('allow');
  expect(argv(line('npm test'), {}, { changedFiles: ['src/a.ts'] }).effect).toBe('allow');
  expect(argv(line('npm test'), { sandbox: 'full-access' }, facts).effect).toBe('allow');
  expect((await script('npm test', {}, facts)).effect).toBe('ask');
});
