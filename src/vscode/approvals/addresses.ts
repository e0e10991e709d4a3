/** Names of the two sides of a review: which folder, which approval, which file. Plain text in, plain values out. */
import * as vscode from 'vscode';
import { schemes } from '../contributions.js';

export interface ReviewAddress {
  side: 'base' | 'proposal';
  /** Path of the workspace folder. */
  root: string;
  approval: string;
  path: string;
}

/**
 * Ids stand in the query: an approval's may hold slashes. `state` makes another address of the same text:
 * a diff tab keeps the title it was opened with, so a new title needs a new tab.
 */
export const addressOf = ({ side, root, approval, path }: ReviewAddress, state?: string): vscode.Uri =>
  vscode.Uri.from({
    scheme: schemes[side],
    path: `/${shownName(path)}`,
    query: new URLSearchParams({ root, approval, file: path, ...(state === undefined ? {} : { state }) }).toString(),
  });

/**
 * A notebook's diff editor has no lenses and would write its own form of the file:
 * notebooks are reviewed as the text they are.
 */
const shownName = (path: string): string => (/\.ipynb$/i.test(path) ? `${path}.json` : path);

export function parseAddress(uri: vscode.Uri): ReviewAddress | undefined {
  const side = uri.scheme === schemes.base ? 'base' : uri.scheme === schemes.proposal ? 'proposal' : undefined;
  const query = new URLSearchParams(uri.query);
  const [root, approval, path] = [query.get('root'), query.get('approval'), query.get('file') ?? uri.path.slice(1)];
  return side && root && approval && path !== '' ? { side, root, approval, path } : undefined;
}
