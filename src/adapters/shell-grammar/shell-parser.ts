/**
 * Takes a shell line apart with tree-sitter's grammars (bash; PowerShell for lines of Windows): every command it could
 * run, however deep. What the grammar and `/bin/sh` might read differently (line continuations inside words, bash-only
 * forms, functions, eval) is refused, because the text that is judged is later given to the shell as it stands.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Parser } from 'web-tree-sitter';
import type { ShellParse, ShellParser } from '../../core/ports/ports.js';
import { collectCommands } from './collect-commands.js';
import { collectPowerShell, forGrammar } from './collect-powershell.js';
import { Unsure } from './shell-word.js';

export interface ShellGrammarOptions {
  /** Folder that holds web-tree-sitter.wasm, tree-sitter-bash.wasm and tree-sitter-powershell.wasm. */
  wasmDir: string;
  /** Characters; longer scripts are refused unread. */
  maxLength?: number;
}

/** Also Unicode's other spaces: a shell takes them for letters, a reader for a gap. */
const UNREADABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;

/** The grammar is loaded at the first call. `parse` fails only when its files cannot be read. */
export function createShellParser({ wasmDir, maxLength = 20_000 }: ShellGrammarOptions): ShellParser {
  const loading = new Map<Grammar, Promise<Parser>>();
  const parserOf = (grammar: Grammar): Promise<Parser> => {
    const known = loading.get(grammar);
    if (known) return known;
    const parser = load(wasmDir, grammar).catch((error: unknown) => {
      loading.delete(grammar); // the next call tries again
      throw error;
    });
    loading.set(grammar, parser);
    return parser;
  };
  return {
    async parse(script, language = 'posix'): Promise<ShellParse> {
      if (script.length > maxLength) return { ok: false, reason: `it is longer than ${maxLength} characters` };
      if (UNREADABLE.test(script.replace(/[\n\t]/g, '')))
        return { ok: false, reason: 'it has control or invisible characters' };
      const parser = await parserOf(language === 'powershell' ? 'powershell' : 'bash');
      const tree = parser.parse(language === 'powershell' ? forGrammar(script) : script);
      if (!tree) return { ok: false, reason: 'it could not be read' };
      try {
        return {
          ok: true,
          commands:
            language === 'powershell'
              ? collectPowerShell(tree.rootNode, script)
              : collectCommands(tree.rootNode, script),
        };
      } catch (error) {
        if (error instanceof Unsure) return { ok: false, reason: error.message };
        throw error;
      } finally {
        tree.delete();
      }
    },
  };
}

type Grammar = 'bash' | 'powershell';
let runtime: Promise<typeof import('web-tree-sitter')> | undefined;

async function load(wasmDir: string, name: Grammar): Promise<Parser> {
  runtime ??= start(wasmDir).catch((error: unknown) => {
    runtime = undefined;
    throw error;
  });
  const [{ Parser, Language }, grammar] = await Promise.all([
    runtime,
    readFile(path.join(wasmDir, `tree-sitter-${name}.wasm`)),
  ]);
  const parser = new Parser();
  parser.setLanguage(await Language.load(new Uint8Array(grammar)));
  return parser;
}

/** Once a process: all grammars run in it. */
async function start(wasmDir: string): Promise<typeof import('web-tree-sitter')> {
  const [library, wasmBinary] = await Promise.all([
    import('web-tree-sitter'),
    readFile(path.join(wasmDir, 'web-tree-sitter.wasm')),
  ]);
  await library.Parser.init({ wasmBinary } as unknown as Parameters<typeof library.Parser.init>[0]);
  return library;
}
