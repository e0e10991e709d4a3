/**
 * Takes a POSIX shell script apart with tree-sitter's bash grammar: every command it could run, however deep. What the grammar
 * and `/bin/sh` might read differently (line continuations inside words, bash-only forms, functions, eval) is refused, because
 * the text that is judged is later given to the shell as it stands.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Parser } from 'web-tree-sitter';
import type { ShellParse, ShellParser } from '../../core/ports.js';
import { collectCommands } from './collect-commands.js';
import { Unsure } from './shell-word.js';

export interface ShellGrammarOptions {
  /** Folder that holds web-tree-sitter.wasm and tree-sitter-bash.wasm. */
  wasmDir: string;
  /** Characters; longer scripts are refused unread. */
  maxLength?: number;
}

/** Also Unicode's other spaces: a shell takes them for letters, a reader for a gap. */
const UNREADABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;

/** The grammar is loaded at the first call. `parse` fails only when its files cannot be read. */
export function createShellParser({ wasmDir, maxLength = 20_000 }: ShellGrammarOptions): ShellParser {
  let loading: Promise<Parser> | undefined;
  return {
    async parse(script, language = 'posix'): Promise<ShellParse> {
      if (language === 'powershell') return { ok: false, reason: 'PowerShell is not read here' };
      if (script.length > maxLength) return { ok: false, reason: `it is longer than ${maxLength} characters` };
      if (UNREADABLE.test(script.replace(/[\n\t]/g, ''))) return { ok: false, reason: 'it has control or invisible characters' };
      loading ??= load(wasmDir).catch((error: unknown) => {
        loading = undefined; // the next call tries again
        throw error;
      });
      const parser = await loading;
      const tree = parser.parse(script);
      if (!tree) return { ok: false, reason: 'it could not be read' };
      try {
        return { ok: true, commands: collectCommands(tree.rootNode, script) };
      } catch (error) {
        if (error instanceof Unsure) return { ok: false, reason: error.message };
        throw error;
      } finally {
        tree.delete();
      }
    },
  };
}

async function load(wasmDir: string): Promise<Parser> {
  const [{ Parser, Language }, runtime, grammar] = await Promise.all([
    import('web-tree-sitter'),
    readFile(path.join(wasmDir, 'web-tree-sitter.wasm')),
    readFile(path.join(wasmDir, 'tree-sitter-bash.wasm')),
  ]);
  await Parser.init({ wasmBinary: runtime } as unknown as Parameters<typeof Parser.init>[0]);
  const parser = new Parser();
  parser.setLanguage(await Language.load(new Uint8Array(grammar)));
  return parser;
}
