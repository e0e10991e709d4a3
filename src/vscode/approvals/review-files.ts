/**
 * The two file systems of a review.
 * The left is read-only; a save on the right goes to the store, never to the workspace.
 */
import * as vscode from 'vscode';
import { encodeUtf8 } from '../../base/bytes.js';
import type { FileReview } from '../../core/view/review.js';
import { schemes } from '../contributions.js';
import type { ErrorReporter } from '../report-errors.js';
import { refuse } from '../pages/page-files.js';
import { parseAddress, type ReviewAddress } from './addresses.js';
import { sideText, type Review, type Reviews } from './reviews.js';

export function registerReviewFiles(reviews: Reviews, reporter: ErrorReporter): vscode.Disposable {
  const changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();

  async function find(uri: vscode.Uri): Promise<{ address: ReviewAddress; review: Review; file: FileReview }> {
    const address = parseAddress(uri);
    if (!address) throw vscode.FileSystemError.FileNotFound(uri);
    const review = await reviews.load(address.root, address.approval).catch((error: unknown) => {
      reporter.log.warn('a review could not be opened', { approval: address.approval, error: String(error) });
      // The tab says so: the question was answered, or is another folder's
      throw vscode.FileSystemError.FileNotFound(uri);
    });
    const file = review.files.get(address.path);
    if (!file) throw vscode.FileSystemError.FileNotFound(uri);
    return { address, review, file };
  }

  const provider: vscode.FileSystemProvider = {
    onDidChangeFile: changed.event,
    watch: () => new vscode.Disposable(() => undefined),
    async stat(uri) {
      const { address, review, file } = await find(uri);
      const readOnly = address.side === 'base' || file.level === 'file';
      return {
        type: vscode.FileType.File,
        ctime: 0,
        mtime: address.side === 'base' ? 0 : (review.changedAt.get(address.path) ?? review.loadedAt),
        size: encodeUtf8(sideText(file, address.side)).length,
        ...(readOnly ? { permissions: vscode.FilePermission.Readonly } : {}),
      };
    },
    async readFile(uri) {
      const { address, file } = await find(uri);
      return encodeUtf8(sideText(file, address.side));
    },
    async writeFile(uri, content) {
      const { address, review } = await find(uri);
      if (address.side === 'base') refuse(uri);
      await reviews.store(review, address.path, content);
    },
    readDirectory: () => [],
    createDirectory: refuse,
    delete: refuse,
    rename: refuse,
  };

  return vscode.Disposable.from(
    changed,
    vscode.workspace.registerFileSystemProvider(schemes.base, provider, { isCaseSensitive: true, isReadonly: true }),
    vscode.workspace.registerFileSystemProvider(schemes.proposal, provider, { isCaseSensitive: true }),
  );
}
