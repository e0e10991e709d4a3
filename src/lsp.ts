/**
 * The language server as a process of its own:
 * on its pipes, or on the channel of the editor that forked it. Only wires.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { createConnection, IPCMessageReader, IPCMessageWriter, ProposedFeatures } from 'vscode-languageserver/node';
import type { BlueprintFile } from './core/blueprint/catalog.js';
import { startServer } from './lsp/server.js';

/** Beside the bundle, as in the installed product. */
async function shipped(): Promise<BlueprintFile[]> {
  const folder = path.join(path.dirname(__dirname), 'blueprints');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort();
  return Promise.all(
    names.map(async (file) => ({
      file,
      text: await readFile(path.join(folder, file), 'utf8'),
      origin: 'shipped' as const,
    })),
  );
}

/**
 * Never resolves: the connection ends the process when the other side says so, or is gone.
 * Rejects when the signal aborts, where whoever called has taken the process's own.
 */
export function serve(args: readonly string[], signal?: AbortSignal): Promise<never> {
  if (signal?.aborted) return Promise.reject(signal.reason as Error);
  const connection = args.includes('--node-ipc')
    ? createConnection(ProposedFeatures.all, new IPCMessageReader(process), new IPCMessageWriter(process))
    : createConnection(ProposedFeatures.all, process.stdin, process.stdout);
  startServer(connection, shipped);
  return new Promise<never>((_, reject) =>
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );
}

// Forked by an editor; the command line loads this file and calls `serve` itself.
if (typeof require !== 'undefined' && path.basename(require.main?.filename ?? '') === 'lsp.js')
  void serve(process.argv.slice(2));
