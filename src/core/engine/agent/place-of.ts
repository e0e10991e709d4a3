/**
 * Where a name leads: through links that stay inside, to the file itself. An edit is then one of that file, the link
 * stays, and what the person is asked about names it. What cannot be written through is a sentence for the model, said
 * when the tool is called: a yes of the person must not end where nothing can go on.
 */
import type { Root } from '../../model/primitives.js';
import type { Workspace } from '../../ports/ports.js';

export interface Placed {
  path: string;
  /** Why nothing can be written there, or what stands there be removed. */
  refused?: string;
}

type Looks = Pick<Workspace, 'stat' | 'list'>;

export async function placeOf(
  workspace: Looks,
  root: Root,
  path: string,
  use: 'read' | 'write' | 'remove',
): Promise<Placed> {
  const real = await realPathOf(workspace, root, path);
  // Outside: the policy has its own words for it.
  if (real === undefined || use === 'read') return { path: real ?? path };
  const stat = await workspace.stat(root, path);
  if (!stat)
    return (await isLinkToNothing(workspace, root, real)) ? { path, refused: toNothing(path) } : { path: real };
  if (!stat.viaLink) return { path };
  if (real === path) return { path, refused: `${path} is linked into this worktree. It cannot be written here.` };
  const itself =
    (await realPathOf(workspace, root, folderOf(path))) !== folderOf(real) || nameOf(path) !== nameOf(real);
  if (use === 'remove' && itself)
    return {
      path,
      refused: `${path} is a symbolic link to ${real}. A link is not removed or renamed here; name ${real} to do it to the file.`,
    };
  return { path: real };
}

/** undefined = it leads out of the root. Of what is not there yet, where its folder leads. */
async function realPathOf(workspace: Looks, root: Root, path: string): Promise<string | undefined> {
  if (path === '') return '';
  const stat = await workspace.stat(root, path);
  if (stat) return stat.viaLink ? stat.realPath : path;
  const folder = await realPathOf(workspace, root, folderOf(path));
  if (folder === undefined) return undefined;
  return folder === '' ? nameOf(path) : `${folder}/${nameOf(path)}`;
}

/** Nothing is there for a reader, and yet its folder has the name. */
const isLinkToNothing = async (workspace: Looks, root: Root, path: string): Promise<boolean> =>
  (await workspace.stat(root, folderOf(path)))?.kind === 'directory' || folderOf(path) === ''
    ? (await workspace.list(root, folderOf(path))).includes(nameOf(path))
    : false;

const toNothing = (path: string): string =>
  `${path} is a symbolic link that leads to nothing. Nothing is written through it; name the file itself.`;
const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
