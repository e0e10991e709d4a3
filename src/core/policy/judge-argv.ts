/** One command, as a vector: which program it really is, what it takes apart into, and what its words touch. */
import { once } from '../../base/once.js';
import { hasHidden, showText } from '../text/harmless.js';
import { foldPath, lookupPathOf } from './fold-path.js';
import { judgePath, targetAt } from './judge-path.js';
import { knownCommands, type Family, type Grammar } from './known-commands.js';
import { matchGrammar } from './match-grammar.js';
import { isToolFile } from './protected-paths.js';
import {
  ASKED_PROGRAMS,
  DENIED_PROGRAMS,
  FETCHERS,
  FIRM_PROGRAMS,
  HARMLESS_VARIABLE,
  type NamedRule,
  SHELLS,
  WRAPPERS,
  WRITING_PROGRAMS,
} from './risky-commands.js';
import { BUILD_WRAPPERS } from './build-runners.js';
import { judgeRunner } from './runners.js';
import { judgeShell } from './shells.js';
import {
  allow,
  ask,
  askFirmly,
  asWord,
  deny,
  strictest,
  type CommandContext,
  type Facts,
  type Verdict,
  type Word,
  because,
  said,
} from './types.js';
import { wordsOf } from './words.js';

export const MAX_WORDS = 1000;
export const MAX_COMMAND_LENGTH = 20_000;
const MAX_DEPTH = 8;

const byName = <T>(entries: readonly T[], names: (entry: T) => Iterable<string>): Map<string, T> =>
  new Map(entries.flatMap((entry) => [...names(entry)].map((name): [string, T] => [name, entry])));
const tools = once(() => byName<Grammar>(knownCommands().tools, (tool) => tool.names));
const families = once(() => byName<Family>(knownCommands().families, (family) => family.names));
const named = (list: readonly NamedRule[]) => byName(list, (rule) => rule.names);
const denied = named(DENIED_PROGRAMS);
const firm = named(FIRM_PROGRAMS);
const asked = named(ASKED_PROGRAMS);
const wrappers = byName(WRAPPERS, (wrapper) => wrapper.names);

/** Folders of the system from which a program counts under its own name, and those where package managers put tools. */
const SYSTEM_FOLDER = /^(?:\/usr(?:\/local)?)?\/s?bin\/[^/]+$|^\/opt\/(?:homebrew|local)\/bin\/[^/]+$/;
const TOOL_FOLDER = /(?:^|\/)(?:node_modules\/\.bin|\.venv\/(?:bin|scripts)|venv\/(?:bin|scripts)|vendor\/bin)\/[^/]+$/;

export function judgeArgv(words: readonly Word[], context: CommandContext): Verdict {
  const within = context.within?.facts === context.facts ? context.within.verdicts : undefined;
  if (!within) return judgeWords(words, context);
  const key = [
    context.depth,
    context.piped,
    context.folder,
    ...words.map(({ text, source }) => (text === undefined ? `$${source}` : `=${text}`)),
  ]
    .map((part) => `${String(part).length}:${part}`)
    .join('');
  const known = within.get(key);
  if (known) return known;
  const verdict = judgeWords(words, context);
  within.set(key, verdict);
  return verdict;
}

function judgeWords(words: readonly Word[], context: CommandContext): Verdict {
  if (words.length > MAX_WORDS || words.reduce((sum, word) => sum + word.source.length, 0) > MAX_COMMAND_LENGTH)
    return deny('command.too-long', 'the command is longer than can be judged');
  if (context.depth > MAX_DEPTH) return deny('command.too-deep', 'the command is wrapped in itself too often');
  const first = words[0];
  if (!first || first.text === '') return deny('command.empty', 'there is no program to run');
  const verdict = judgeProgram(first, words.slice(1), context);
  if (context.within) return verdict;
  const hidden = words.find((word) => hasHidden(word.source) || /[\r\n]|(?! )\p{Zs}| {40}/u.test(word.source));
  if (hidden)
    return strictest(
      verdict,
      askFirmly(
        'command.hidden',
        because`a word has characters that cannot be seen, line ends or long gaps: ${showText(hidden.source).slice(0, 80)}`,
      ),
    );
  return verdict;
}

function judgeProgram(program: Word, args: readonly Word[], context: CommandContext): Verdict {
  if (program.text === undefined)
    return askFirmly(
      'command.run-time-program',
      because`which program runs is known only at run time: ${program.source.slice(0, 60)}`,
    );
  const where = locate(program.text, context);
  if (where.verdict)
    return where.verdict.effect === 'deny'
      ? where.verdict
      : strictest(where.verdict, judgeKnown(where.name, args, context));
  return judgeKnown(where.name, args, context);
}

interface Located {
  name: string;
  verdict?: Verdict;
}

/** The program's name, and what its place says about it. */
function locate(program: string, { folder, facts }: CommandContext): Located {
  const last = program.replaceAll('\\', '/').split('/').at(-1) ?? '';
  const name = last.toLowerCase().replace(/\.exe$/, '');
  if (/\.(?:cmd|bat|ps1|vbs|com)$/.test(name))
    return {
      name: name.replace(/\.\w+$/, ''),
      verdict: askFirmly(
        'command.batch-file',
        because`${showText(program)} is a batch file: a shell would read its arguments anew`,
      ),
    };
  if (/[/\\]/.test(program)) {
    const folded = foldPath(program, folder, facts.root);
    if (folded.kind === 'invalid') return { name, verdict: deny('floor.path-invalid', folded.problem) };
    if (folded.kind === 'inside')
      return { name, ...inWorkspace(program, folded.segments.join('/'), name, facts.changedFiles) };
    if (!SYSTEM_FOLDER.test(program))
      return {
        name,
        verdict: ask('command.program-path', because`${showText(program)} is not in a folder of system programs`),
      };
  }
  const found = facts.programs?.get(program);
  if (found === undefined) facts.missing?.programs.add(program);
  if (found?.workspacePath !== undefined)
    return { name, ...inWorkspace(program, found.workspacePath.toLowerCase(), name, facts.changedFiles) };
  if (facts.platform !== 'win32' && last !== name && last !== `${name}.exe`)
    return {
      name,
      verdict: ask('command.program-name', because`${showText(program)} is not how the program is spelled`),
    };
  return { name };
}

function inWorkspace(
  program: string,
  path: string,
  name: string,
  changed: readonly string[] = [],
): { verdict?: Verdict } {
  // Put there by Gradle and Maven; what they read is the project's own anyway.
  if (
    BUILD_WRAPPERS.has(path.split('/').at(-1) ?? '') &&
    /^\.\/|^[^/]+\//.test(program) &&
    !changed.some((file) => file.toLowerCase() === path)
  )
    return {};
  if (!TOOL_FOLDER.test(path))
    return {
      verdict: askFirmly('command.planted', because`${showText(program)} is a program of the workspace itself`),
    };
  if (changed.some((file) => file.toLowerCase() === path))
    return { verdict: askFirmly('command.planted', because`${showText(program)} was changed by this run`) };
  const known =
    tools().get(name)?.kind === 'check' || (families().has(name) && name !== 'git') || /^python3?$/.test(name);
  return known
    ? {}
    : {
        verdict: askFirmly('command.planted', because`${showText(program)} lies in the workspace and is no known tool`),
      };
}

function judgeKnown(given: string, words: readonly Word[], context: CommandContext): Verdict {
  const windows = context.facts.platform === 'win32';
  const name = windows && given === 'type' ? 'get-content' : given;
  const args =
    windows && tools().get(name)?.powershell
      ? words.map((word) => (/^-[A-Za-z]+$/.test(word.text ?? '') ? { ...word, text: word.text?.toLowerCase() } : word))
      : words;
  const again = (inner: readonly Word[], piped = context.piped) =>
    judgeArgv(inner, { ...context, piped, depth: context.depth + 1 });
  const within = (inner: readonly Word[]) => denialWithin(inner, context);
  const never = denied.get(name) ?? [...denied.entries()].find(([key]) => name.startsWith(`${key}.`))?.[1];
  if (never) return deny(never.rule, because`${name}: ${said(never.reason)}`);
  if (name === 'rm' || name === 'rmdir' || name === 'shred' || name === 'unlink')
    return judgeRemoval(name, args, context);
  if (name === 'dd' && args.some((word) => /^of=\/dev\//.test(word.text ?? word.source)))
    return deny('command.system', 'dd would overwrite a device');
  const firmly = firm.get(name);
  if (firmly) return strictest(askFirmly(firmly.rule, because`${name}: ${said(firmly.reason)}`), ...within(args));
  if (name === 'env') return judgeEnv(args, again, within);
  const wrapper = wrappers.get(name);
  if (wrapper) {
    const inner = unwrap(wrapper, args);
    if (name === 'command' && /^-[vV]$/.test(args[0]?.text ?? ''))
      return judgeRunner(name, args, context, again) ?? ask('command.unknown-use', 'command names no program');
    if (inner === undefined)
      return strictest(
        ask('command.unknown-option', because`${name} has an option that is not on the list`),
        ...within(args),
      );
    if (inner.length === 0) return ask('command.unknown-use', because`${name} names no command`);
    return again(
      wrapper.more ? [...inner, { text: undefined, source: '$words-from-standard-input' }] : inner,
      wrapper.more ? true : context.piped,
    );
  }
  const shell = judgeShell(name, args, context);
  if (shell) return shell;
  if (context.piped && SHELLS.has(name)) {
    const reads =
      args.every((word) => (word.text ?? '').startsWith('-')) &&
      !args.some((word) => ['--version', '-v', '--test', '--help'].includes(word.text ?? ''));
    if (reads) return askFirmly('command.piped-code', because`${name} would run what is piped into it`);
  }
  const runner = judgeRunner(name, args, context, again);
  const exec =
    name === 'find' ? args.findIndex((word) => /^-(?:exec|execdir|ok|okdir|delete)$/.test(word.text ?? '')) : -1;
  if (exec >= 0) return judgeFindExec(args, exec, context);
  if (runner) return sinceChanged(runner, context);
  const tool = tools().get(name);
  const family = families().get(name);
  const known = tool
    ? matchGrammar(name, tool, args, context)
    : family
      ? judgeFamily(name, family, args, context)
      : undefined;
  if (known && (known.effect !== 'ask' || !asked.has(name))) return sinceChanged(known, context);
  const risky = asked.get(name);
  const verdict = risky
    ? ask(risky.rule, because`${name}: ${said(risky.reason)}`)
    : (known ?? ask('command.unknown', because`${showText(name).slice(0, 60)} is not a program OpenExec knows`));
  return strictest(
    verdict,
    ...(context.within ? [] : floorOf(name, args, context)),
    ...(CARRIERS.has(name) ? within(args) : []),
  );
}

/** Programs that run what their words say, somewhere or somehow: what would be denied here is denied there. */
const CARRIERS = wordsOf('carriers');

/**
 * A command somewhere among words whose meaning is not known: only what is never run counts, so the
 * first of it ends the search. The same words are reached by many ways (`sudo sudo sudo …`): each
 * end of them is judged once at each depth.
 */
function denialWithin(args: readonly Word[], context: CommandContext): Verdict[] {
  const within =
    context.within?.facts === context.facts
      ? context.within
      : { facts: context.facts, verdicts: new Map<string, Verdict>() };
  for (const [at, word] of args.slice(0, 12).entries()) {
    if (word.text === undefined || word.text.startsWith('-')) continue;
    // `ssh host "rm -rf /"`: one word that is a line.
    const words = args.slice(at);
    const line = words.length === 1 ? word.text.split(/\s+/).filter(Boolean).map(asWord) : words;
    if (line.length === 0) continue;
    const verdict = judgeArgv(line, { ...context, within, depth: context.depth + 1 });
    if (verdict.effect === 'deny' && NEVER_RUN.has(verdict.rule)) return [verdict];
  }
  return [];
}
const NEVER_RUN = new Set(['command.destructive', 'command.system', 'command.too-deep']);

/** `find … -exec`: what it finds is known only at run time; where it looks, and what is never run, is judged. */
function judgeFindExec(args: readonly Word[], at: number, context: CommandContext): Verdict {
  const places = args
    .slice(
      0,
      Math.max(
        args.findIndex((word) => word.text?.startsWith('-')),
        0,
      ),
    )
    .map((word) => judgePath('read', word.text ?? '.', context.facts, { folder: context.folder }));
  const removes = args.some((word) => word.text === '-delete' || word.text === 'rm');
  const outside = places.find((verdict) => verdict.effect === 'deny');
  const end = args.findIndex((word, index) => index > at && (word.text === ';' || word.text === '+'));
  const inner = args.slice(at + 1, end === -1 ? undefined : end);
  const verdict =
    removes && outside
      ? deny('command.destructive', because`find would remove what is outside: ${said(outside.reason)}`)
      : ask('command.executes', 'find runs a command for, or removes, what it finds');
  return strictest(verdict, ...places, ...denialWithin(inner, context));
}

/** What a program nobody knows is given: nothing protected, and what writes stays inside. */
function floorOf(name: string, args: readonly Word[], { folder, facts }: CommandContext): Verdict[] {
  const writes = WRITING_PROGRAMS.has(name);
  const verdicts: Verdict[] = [];
  for (const word of args) {
    const text = word.text ?? '';
    const value = text.startsWith('-') ? text.slice(text.indexOf('=') + 1) : text;
    if (value === '' || value.startsWith('-') || /\s/.test(value) || value.length > 4096 || value === '/dev/null')
      continue;
    const verdict = judgePath(writes ? 'write' : 'read', value, facts, { folder });
    // Absolute paths of other programs' arguments may be anything; what is protected by name is not theirs to have.
    if (
      verdict.effect !== 'allow' &&
      (writes || !['floor.outside', 'floor.path-invalid', 'floor.short-name'].includes(verdict.rule))
    )
      verdicts.push(verdict);
  }
  return verdicts;
}

/** The disk, a folder at its top, a home folder, a drive. */
const MACHINE_PATH =
  /^(?:[/\\]+(?:\.{0,2}|\*|[\w.-]+)[/\\]*(?:\.|\*)?|~[^/]*[/\\]*\*?|[a-z]:[/\\]*(?:\*|windows.*|users.*)?)$/i;

function judgeRemoval(name: string, args: readonly Word[], context: CommandContext): Verdict {
  const { folder, facts } = context;
  const verdicts: Verdict[] = [];
  let onlyOperands = false;
  for (const word of args) {
    const text = word.text;
    if (!onlyOperands && text === '--') onlyOperands = true;
    else if (!onlyOperands && text?.startsWith('-') && text !== '-') {
      if (text === '--no-preserve-root') verdicts.push(deny('command.destructive', 'it would remove the whole disk'));
    } else if (text === undefined) {
      const source = word.source.replace(/["']/g, '');
      if (/^(?:~|\/|\$\{?(?:HOME|USERPROFILE|PWD|OLDPWD)\b)/.test(source))
        verdicts.push(deny('command.destructive', because`${name} would remove ${source.slice(0, 60)}`));
      else if (/^(?:\.\/)?\*/.test(source))
        verdicts.push(askFirmly('command.destructive', because`${name} would remove everything in the folder`));
      else
        verdicts.push(
          askFirmly(
            'command.destructive',
            because`what ${name} would remove is known only at run time: ${source.slice(0, 60)}`,
          ),
        );
    } else
      verdicts.push(
        MACHINE_PATH.test(text)
          ? deny('command.destructive', because`${name} would remove ${showText(text).slice(0, 60)}`)
          : judgePath('delete', text, facts, { folder }),
      );
  }
  return strictest(ask('command.removes', because`${name} removes files without a review by hunk`), ...verdicts);
}

function judgeEnv(
  args: readonly Word[],
  again: (inner: readonly Word[]) => Verdict,
  within: (inner: readonly Word[]) => Verdict[],
): Verdict {
  let at = 0;
  const verdicts: Verdict[] = [];
  for (; at < args.length; at += 1) {
    const text = args[at]?.text ?? '';
    const set = /^([A-Za-z_]\w*)=/.exec(text);
    if (set) verdicts.push(judgeVariable(set[1] as string, text.slice(text.indexOf('=') + 1)));
    else if (text.startsWith('-')) {
      // -i, -u and above all -S (which splits a string into a command) change what runs.
      return strictest(
        askFirmly('command.environment', because`env ${text.slice(0, 40)} changes how the command is run`),
        ...(at + 1 < args.length ? [again(args.slice(at + 1))] : []),
        ...within(args.slice(at)),
      );
    } else break;
  }
  const inner = args.slice(at);
  return strictest(
    inner.length > 0 ? again(inner) : ask('command.environment', 'env shows the environment'),
    ...verdicts,
  );
}

/** A variable put before a command. */
export const judgeVariable = (name: string, value?: string): Verdict =>
  HARMLESS_VARIABLE.test(name) ||
  (name === 'NODE_OPTIONS' &&
    /^(?:--(?:max-old-space-size=\d+|no-warnings|trace-warnings|experimental-vm-modules) ?)+$/.test(value ?? '')) ||
  (name === 'RUSTFLAGS' && /^(?:-[DWAF] ?[\w-]+ ?)+$/.test(value ?? ''))
    ? allow('command.variable', because`${name} only changes how the program speaks`, 'read')
    : askFirmly('command.variable', because`the variable ${name} can change what runs`);

function unwrap(
  { flags, values, words }: (typeof WRAPPERS)[number],
  args: readonly Word[],
): readonly Word[] | undefined {
  let at = 0;
  for (; at < args.length; at += 1) {
    const text = args[at]?.text;
    if (text === undefined || !text.startsWith('-')) break;
    if (text === '--') {
      at += 1;
      break;
    }
    const name = text.split('=')[0] ?? '';
    if (flags.includes(text) || (values.includes(name) && text.includes('='))) continue;
    if (values.includes(text)) at += 1;
    else if (!values.some((value) => /^-[A-Za-z]$/.test(value) && text.startsWith(value)) && !/^-\d+$/.test(text))
      return undefined;
  }
  return args.slice(at + words);
}

function judgeFamily(name: string, family: Family, args: readonly Word[], context: CommandContext): Verdict {
  let folder = context.folder;
  let at = 0;
  for (; at < args.length; at += 1) {
    const text = args[at]?.text;
    if (text === undefined)
      return ask('command.run-time-value', because`${name} gets a word that is known only at run time`);
    if (!text.startsWith('-') || family.subs.some((sub) => sub.names.has(text))) break;
    const value = args[at + 1]?.text;
    if (family.flags.has(text) || family.values.has(text.split('=')[0] ?? '')) {
      if (family.values.has(text)) at += 1;
    } else if (family.paths.has(text) && value !== undefined) {
      const verdict = judgePath('read', value, context.facts, { folder });
      if (verdict.effect !== 'allow') return verdict;
      folder = lookupPathOf(value, folder, context.facts.root).key;
      at += 1;
    } else
      return ask(
        'command.unknown-option',
        because`${name} has an option before its command that can change what runs: ${text.slice(0, 60)}`,
      );
  }
  const sub = args[at]?.text;
  if (sub === undefined)
    return at > 0
      ? allow('command.read-only', because`${name} says its version`, 'read')
      : ask('command.unknown-use', because`${name} without a command`);
  if (
    name === 'git' &&
    sub === 'push' &&
    args.some((word) => /^(?:-f|--force.*|--mirror|--delete|-d|\+.*)$/.test(word.text ?? ''))
  )
    return askFirmly('command.git-destructive', 'it overwrites or deletes what is on the server');
  if (
    name === 'git' &&
    ((sub === 'branch' && args.some((word) => /^(?:-[dDmMfcC]|--delete|--force|--move)$/.test(word.text ?? ''))) ||
      [
        'reset',
        'clean',
        'rebase',
        'filter-branch',
        'filter-repo',
        'gc',
        'prune',
        'update-ref',
        'reflog',
        'checkout',
        'restore',
        'switch',
      ].includes(sub))
  )
    if (sub !== 'reflog' || args[at + 1]?.text === 'expire' || args[at + 1]?.text === 'delete')
      return ask('command.git-destructive', because`git ${sub} can lose work`);
  if (name === 'git' && hasOwnRepository(folder, context.facts))
    return ask(
      'command.git-nested',
      because`${showText(folder)} lies in a repository of its own, whose configuration may run programs`,
    );
  const grammar = family.subs.find((candidate) => candidate.names.has(sub));
  if (!grammar)
    return ask(
      'command.unknown-command',
      because`${name} ${showText(sub).slice(0, 40)} is not on the list of commands that run unasked`,
    );
  const rest =
    name === 'gradle' || name === 'gradlew' || name === 'mvn' || name === 'mvnw' || name === 'mvnd'
      ? args.slice(at + 1).filter((word) => !grammar.names.has(word.text ?? ''))
      : args.slice(at + 1);
  return matchGrammar(`${name} ${sub}`, grammar, rest, { ...context, folder }, name === 'git');
}

/**
 * Below the root: a `.git`, or a folder that looks like a bare repository,
 * which git takes for one wherever it finds it.
 */
function hasOwnRepository(folder: string, facts: Facts): boolean {
  for (let at = folder; at !== ''; at = at.includes('/') ? at.slice(0, at.lastIndexOf('/')) : '') {
    const [own, head, objects] = ['.git', 'HEAD', 'objects'].map((name) => targetAt(`${at}/${name}`, facts));
    if (own || (head && objects)) return true;
  }
  return false;
}

/**
 * Known tools and scripts are what they were when the run began; after a change of what defines them, a person looks.
 */
function sinceChanged(verdict: Verdict, { facts }: CommandContext): Verdict {
  if (verdict.effect !== 'allow' || verdict.commandKind !== 'check') return verdict;
  return changedTools(facts) ?? verdict;
}

/** An ask that names the changed file; undefined when this run changed nothing that defines commands. */
export function changedTools(facts: Facts): Verdict | undefined {
  const changed = facts.changedFiles?.find((file) => {
    const folded = foldPath(file);
    return folded.kind === 'inside' && isToolFile(folded.segments);
  });
  return changed === undefined
    ? undefined
    : ask(
        'command.changed-tools',
        because`this run changed ${showText(changed)}, so the command may no longer be what it was`,
      );
}

export const argvWords = (argv: readonly string[]): Word[] => argv.map(asWord);
export { FETCHERS };
