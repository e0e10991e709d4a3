/** One question to the policy, text in and text out: `effect rule`. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createShellParser } from '../../../src/adapters/shell-grammar/shell-parser.js';
import { decide } from '../../../src/core/policy/decide.js';
import type { Facts, PathOp, Policy } from '../../../src/core/policy/types.js';

const require = createRequire(import.meta.url);
const wasmDir = mkdtempSync(path.join(tmpdir(), 'openexec-grammar-'));
for (const file of [
  'web-tree-sitter/web-tree-sitter.wasm',
  '@vscode/tree-sitter-wasm/wasm/tree-sitter-bash.wasm',
  '@vscode/tree-sitter-wasm/wasm/tree-sitter-powershell.wasm',
])
  cpSync(require.resolve(file), path.join(wasmDir, path.basename(file)));
process.on('exit', () => rmSync(wasmDir, { recursive: true, force: true }));
export const parser = createShellParser({ wasmDir });

export const DEFAULTS: Policy = { sandbox: 'workspace-write', approval: 'changes', trusted: true };
export const ROOT = '/p/app';

export const script = async (text: string, policy: Partial<Policy> = {}, facts: Facts = {}, cwd = '') =>
  decide(
    { kind: 'script', text, cwd, parsed: await parser.parse(text), hash: 'a'.repeat(64) },
    { ...DEFAULTS, ...policy },
    { root: ROOT, ...facts },
  );
export const argv = (words: readonly string[], policy: Partial<Policy> = {}, facts: Facts = {}, cwd = '') =>
  decide({ kind: 'argv', argv: words, cwd }, { ...DEFAULTS, ...policy }, { root: ROOT, ...facts });
export const onPath = (op: PathOp, given: string, policy: Partial<Policy> = {}, facts: Facts = {}) =>
  decide({ kind: 'path', op, path: given }, { ...DEFAULTS, ...policy }, { root: ROOT, ...facts });

/** Plain words of a line, for vectors without quotes. */
export const line = (text: string) => text.split(' ');
