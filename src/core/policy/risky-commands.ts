/**
 * What is asked or denied by name, as data, with the sentence a person reads.
 * Everything that is in no list asks as unknown.
 */
import { because, type Because } from './types.js';
import { z } from 'zod';
import shipped from './rules/risky-commands.json' with { type: 'json' };
import { oneOf, wordsOf } from './words.js';

export interface NamedRule {
  rule: string;
  reason: string;
  names: readonly string[];
}
const named = z.array(z.object({ rule: z.string(), reason: z.string(), names: z.array(z.string()) }));
const data = z.object({ deny: named, alwaysAsk: named, ask: named }).parse(shipped);

/** Never, in any mode. */
export const DENIED_PROGRAMS: readonly NamedRule[] = data.deny;

/** Asked also at `never` and full-access: nothing stands between them and the machine. */
export const FIRM_PROGRAMS: readonly NamedRule[] = data.alwaysAsk;

export const ASKED_PROGRAMS: readonly NamedRule[] = data.ask;

/** Programs whose operands are written or removed: the floor holds for those too. */
export const WRITING_PROGRAMS = wordsOf('writingPrograms');
/** Interpreters: what comes to them by a pipe is run. */
export const SHELLS = wordsOf('interpreters');
export const FETCHERS = wordsOf('fetchers');

/**
 * Taken apart: what they run is judged in their place.
 * `values`: options with a value; `words`: words of their own before the command. Sources: their own manuals.
 */
export const WRAPPERS: readonly {
  names: readonly string[];
  flags: readonly string[];
  values: readonly string[];
  words: number;
  more?: boolean;
}[] = [
  {
    names: ['time', 'command', 'exec', 'nohup', 'setsid', 'ionice', 'chrt', 'caffeinate'],
    flags: ['-p'],
    values: [],
    words: 0,
  },
  {
    names: ['c8', 'nyc'],
    flags: ['--all', '--check-coverage', '--silent'],
    values: ['--lines', '--branches', '--functions', '--statements'],
    words: 0,
  },
  { names: ['nice'], flags: [], values: ['-n', '--adjustment'], words: 0 },
  {
    names: ['timeout', 'gtimeout'],
    flags: ['--preserve-status', '--foreground', '-v', '--verbose'],
    values: ['-k', '-s', '--kill-after', '--signal'],
    words: 1,
  },
  { names: ['stdbuf'], flags: [], values: ['-o', '-e', '-i'], words: 0 },
  {
    names: ['xargs'],
    flags: ['-0', '-r', '-t', '--null', '--no-run-if-empty'],
    values: ['-n', '-P', '-L', '-I', '-d', '-s', '--max-args', '--max-procs', '--delimiter'],
    words: 0,
    more: true,
  },
];

/** Options that load or run code, whatever the program: asked with this reason instead of "unknown". */
export const EXECUTING_OPTIONS: Readonly<Record<string, Because>> = Object.fromEntries(
  [...wordsOf('executingOptions')].map((name) => [name, because`the option ${name} can run code or write files`]),
);

/** Variables that change how a program looks or speaks, not what it runs. */
export const HARMLESS_VARIABLE = oneOf(wordsOf('harmlessVariables'));
/** Plain variables of a script itself. */
export const LOCAL_VARIABLE = /^(?!.*_proxy$)[a-z_][a-z0-9_]*$/;
