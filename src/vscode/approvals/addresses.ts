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

/** `state` makes another address of the same text: a diff tab keeps the title it was opened with, so a new title needs a new tab. */
export const addressOf = ({ side, root, approval, path }: ReviewAddress, state?: string): vscode.Uri =>
  vscode.Uri.from({ scheme: schemes[side], path: `/${approval}/${path}`, query: `root=${encodeURIComponent(root)}${state === undefined ? '' : `&state=${state}`}` });

export function parseAddress(uri: vscode.Uri): ReviewAddress | undefined {
  const side = uri.scheme === schemes.base ? 'base' : uri.scheme === schemes.proposal ? 'proposal' : undefined;
  const match = /^\/([^/]+)\/(.+)$/.exec(uri.path);
  const root = new URLSearchParams(uri.query).get('root');
  return side && match?.[1] && match[2] && root ? { side, root, approval: match[1], path: match[2] } : undefined;
}
