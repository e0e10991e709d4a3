import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createDiskWorkspace } from '../../src/adapters/node/files/workspace.js';
import { asRoot } from '../../src/core/model/primitives.js';
import { createFakeWorkspace, fakeRoot } from '../fakes/workspace.js';
import { workspaceContract } from './workspace.js';

workspaceContract('disk', async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'workspace-')));
  return {
    workspace: createDiskWorkspace(),
    root: asRoot(folder),
    put: async (path, text) => {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    },
    dump: async () => {
      const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
      const paths = files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
      return Object.fromEntries(
        await Promise.all(paths.map(async (path) => [path, await readFile(join(folder, path), 'utf8')] as const)),
      );
    },
    dispose: () => rm(folder, { recursive: true }),
  };
});

workspaceContract('fake', async () => {
  const workspace = createFakeWorkspace();
  return {
    workspace,
    root: fakeRoot,
    put: async (path, text) => workspace.set(path, text),
    dump: async () => workspace.dump(),
    dispose: async () => undefined,
  };
});
