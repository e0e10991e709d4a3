import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRepository } from '../adapters/node/git/repository.js';
import { createFakeGit } from '../fakes/git.js';
import { fakeRoot } from '../fakes/workspace.js';
import { gitContract } from './git.js';

gitContract('the git program', async (first) => {
  const repository = createRepository();
  repository.put(first.path, first.text);
  repository.call('add', '.');
  repository.call('commit', '-qm', 'First');
  return {
    git: repository.git,
    root: repository.root,
    become: async (state) => {
      if (state === 'detached') repository.call('checkout', '-q', '--detach');
      else if (state === 'merge')
        writeFileSync(join(repository.root, '.git/MERGE_HEAD'), `${repository.call('rev-parse', 'HEAD')}`);
      else if (state === 'no-identity') repository.call('config', '--remove-section', 'user');
      else rmSync(join(repository.root, '.git'), { recursive: true });
    },
    dispose: async () => repository.dispose(),
  };
});

gitContract('fake', async (first) => {
  const git = createFakeGit({ files: { [first.path]: first.text } });
  return {
    git,
    root: fakeRoot,
    become: async (state) => {
      if (state === 'detached') git.become({ branch: null });
      else if (state === 'merge') git.become({ inProgress: 'merge' });
      else if (state === 'no-identity') git.become({ identity: false });
      else git.become({ kind: 'none' });
    },
    dispose: async () => undefined,
  };
});
