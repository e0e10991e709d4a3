/**
 * The programs that run unasked, as data: for each, the options that are known and what its other words are. An option
 * that is not listed asks, so abbreviations (`--upload-pa`), options that execute (`--pre`, `-exec`) and options of
 * later versions do too. Sources: the programs' own manuals.
 */
import { z } from 'zod';
import { once } from '../../base/once.js';
import shipped from './rules/known-commands.json' with { type: 'json' };
import { wordsOf } from './words.js';

const words = z
  .array(z.string())
  .default([])
  .transform((list): ReadonlySet<string> => new Set(list));

const flat = z.object({
  /**
   * `read`: changes nothing. `check`: test, lint, build, type tools;
   * they write their own output and run the workspace's code.
   */
  kind: z.enum(['read', 'check']),
  /** Options without a value; single letters may be joined (`-la`). */
  flags: words,
  /** Options with a value, as the next word, joined (`-n5`, `--n=5`). */
  values: words,
  /** The same, and the value is a path that is read. */
  paths: words,
  /** The value is a path that is written. */
  writes: words,
  /**
   * `paths`; `text`: words that name nothing; `pattern`:
   * the first is a search pattern, unless one of `patternFlags` gave it; `none`.
   */
  operands: z.enum(['paths', 'text', 'pattern', 'none']).default('paths'),
  patternFlags: words,
  /** What it prints is the content of files: which ones must then be known. */
  prints: z.boolean().default(false),
  /** `-5` is a number of lines. */
  numbers: z.boolean().default(false),
  /** Single letters may be joined (`-la`); not where options are words after one dash (`-exec`). */
  joined: z.boolean().default(true),
  /** What follows `--` are options of what it runs, to be known as well. */
  passes: z.boolean().default(false),
  /** Options in any case, on Windows. */
  powershell: z.boolean().default(false),
  /** Any other option is text as well. */
  free: z.boolean().default(false),
  /** What it says of a file is not its content: which files may then be known only at run time. */
  anyPath: z.boolean().default(false),
  /** Options whose value is a file of configuration: one that goes by a tool's usual name. */
  configs: words,
  /** Options whose value must look like this (a regular expression). */
  only: z.record(z.string(), z.string()).default({}),
  /** The pattern must not have this (a regular expression): it would reach beyond the files that are named. */
  never: z.string().default(''),
  /** Operands at most: the next would be written. */
  most: z.number().int().default(Infinity),
  /** Without any word it only reads. */
  alone: z.boolean().default(false),
  /** At least one of these must be there; without it the command asks. */
  needs: words,
});
const grammar = flat.extend({ names: words });
const family = z.object({
  names: words,
  /** Options before the sub-command. */
  flags: words,
  values: words,
  paths: words,
  subs: z.array(grammar),
});
export type Grammar = z.infer<typeof grammar>;
export type Family = z.infer<typeof family>;

export const knownCommands = once((): { tools: readonly Grammar[]; families: readonly Family[] } => {
  const data = z
    .object({ tools: z.array(z.object({ commands: z.array(grammar) })), families: z.array(family) })
    .parse(shipped);
  return { tools: data.tools.flatMap(({ commands }) => commands), families: data.families };
});

/** Package scripts, make targets and their like that run unasked: by the first word of their name. */
const SCRIPT_BEGINS = ['test', 'lint', 'build', 'check', 'typecheck', 'type-check'];
const SCRIPT_IS = [
  '(?:fmt|format|prettier|style|types?|code|unit|ci|js|ts)[-_:](?:check|tests?|lint)',
  'unit',
  'verify',
  'compile',
  'coverage',
  'types',
  'tsc',
  'eslint',
  'vet',
];
export const SCRIPT_NAME = new RegExp(`^(?:${SCRIPT_BEGINS.join('|')})|^(?:${SCRIPT_IS.join('|')})$`);

/**
 * Options whose value may be a module that is loaded:
 * a plain name is one of the tool's own or an installed one, a path is anything.
 */
export const LOADING_OPTIONS = wordsOf('loadingOptions');
export const PLAIN_NAME = /^[A-Za-z][\w-]*(?:[:=;,][\w:=;,-]*)?$/;

/** Options of `npm run test -- …` and their like that tools know and that load no code. */
export const PASSED_ON = flat.parse({
  kind: 'check',
  joined: false,
  flags: [...wordsOf('passedOnFlags')],
  values: [...wordsOf('passedOnValues')],
  operands: 'paths',
});
