/** Compares a known program's words with its grammar: every option known, every path inside and unprotected. */
import { LOADING_OPTIONS, PLAIN_NAME, type Grammar } from './known-commands.js';
import { foldPath, lookupPathOf } from './fold-path.js';
import { judgePath } from './judge-path.js';
import { isToolFile } from './protected-paths.js';
import { EXECUTING_OPTIONS } from './risky-commands.js';
import { allow, ask, strictest, type CommandContext, type PathOp, type Verdict, type Word, because } from './types.js';

export type Options = Omit<Grammar, 'names'>;

/** In `facts.walked`: there is more than can be looked at. */
export const TOO_MANY = '…';
/** Before a folder's name in `facts.walked`: also where its links lead. No path begins so. */
export const FOLLOWING = '\0';

// eslint-disable-next-line max-lines-per-function -- one pass over the words of a command: what each word is depends on what was seen of those before it
export function matchGrammar(
  name: string,
  options: Options,
  args: readonly Word[],
  context: CommandContext,
  revisions = false,
): Verdict {
  const verdicts: Verdict[] = [];
  const walkedFolders: string[] = [];
  let onlyOperands = false;
  let operands = 0;
  let patternSeen = options.operands !== 'pattern';
  let needed = options.needs.size === 0 || (options.alone && args.length === 0);
  const path = (op: PathOp, word: Word | undefined) => {
    if (word) verdicts.push(judgeWord(op, word, options, context, revisions, name));
  };
  const takes = (option: string, value: () => Word | undefined): boolean => {
    if (options.patternFlags.has(option)) patternSeen = true;
    if (options.values.has(option)) {
      const given = value();
      if (
        options.kind === 'check' &&
        !name.startsWith('go ') &&
        LOADING_OPTIONS.has(option) &&
        !PLAIN_NAME.test(given?.text ?? '')
      )
        verdicts.push(
          ask(
            'command.loads-code',
            because`the value of ${option} can name a file that ${name} loads: ${(given?.source ?? '').slice(0, 60)}`,
          ),
        );
    } else if (Object.hasOwn(options.only, option)) {
      const given = value();
      if (!new RegExp(options.only[option] ?? '', 'u').test(given?.text ?? ''))
        verdicts.push(
          ask(
            'command.loads-code',
            because`this value of ${option} is not on the list: ${(given?.source ?? '').slice(0, 60)}`,
          ),
        );
    } else if (options.configs.has(option)) {
      const given = value();
      const folded = given?.text === undefined ? undefined : foldPath(given.text, context.folder, context.facts.root);
      if (folded?.kind === 'inside' && isToolFile(folded.segments)) path('read', given);
      else
        verdicts.push(
          ask(
            'command.loads-code',
            because`${option} can name a file that ${name} loads: ${(given?.source ?? '').slice(0, 60)}`,
          ),
        );
    } else if (options.paths.has(option)) path('read', value());
    else if (options.writes.has(option)) path('write', value());
    else return false;
    return true;
  };
  for (let i = 0; i < args.length; i += 1) {
    const word = args[i] as Word;
    const text = word.text;
    const next = () => args[(i += 1)];
    if (!onlyOperands && text !== undefined) {
      if (options.needs.has(text) || options.needs.has(text.split('=')[0] ?? '')) needed = true;
      if (text === '--') {
        onlyOperands = !options.passes;
        continue;
      }
      if (options.flags.has(text)) {
        if (options.patternFlags.has(text)) patternSeen = true;
        continue;
      }
      if (text.startsWith('-') && text !== '-') {
        if (options.numbers && /^-\d+$/.test(text)) continue;
        const equals = text.indexOf('=');
        const option = equals > 0 ? text.slice(0, equals) : text;
        if (takes(option, equals > 0 ? () => plain(text.slice(equals + 1)) : next)) continue;
        if (options.free) continue;
        if (options.joined && /^-[A-Za-z0-9]./.test(text) && joined(text, options, takes, next)) continue;
        return strictest(
          ask(
            'command.unknown-option',
            EXECUTING_OPTIONS[option] ?? because`${name} has an option that is not on the list: ${option.slice(0, 60)}`,
          ),
          ...verdicts,
        );
      }
    }
    if (text === undefined && !onlyOperands) {
      // `--include=*.ts`: a shell would put files of that very name there; there are none.
      const option = /^(--?[\w-]+)=(?:[\w.*?/@-]+|\*\.\{\w+(?:,\w+)*\})$/.exec(word.source);
      if (option && options.values.has(option[1] ?? '')) continue;
    }
    if (
      text === undefined &&
      options.anyPath &&
      (word.source === '$words-from-standard-input' || /^"\$\w+"$/.test(word.source))
    )
      continue;
    if (text === undefined && !onlyOperands && /^["']?\$|^["']?`|^-/.test(word.source) && options.operands !== 'text')
      return strictest(
        ask(
          'command.run-time-value',
          because`${name} gets a word that is known only at run time: ${word.source.slice(0, 60)}`,
        ),
        ...verdicts,
      );
    if (!patternSeen) {
      patternSeen = true;
      if (options.never !== '' && new RegExp(options.never, 'u').test(text ?? word.source))
        verdicts.push(
          ask('command.code', because`${name} can reach beyond its files with ${(text ?? word.source).slice(0, 60)}`),
        );
    } else if (options.operands === 'none') {
      if (!options.needs.has(text ?? ''))
        return strictest(
          ask('command.unknown-word', because`${name} has a word that is not on the list: ${word.source.slice(0, 60)}`),
          ...verdicts,
        );
    } else if (options.operands !== 'text') {
      path('read', word);
      operands += 1;
      if (operands > options.most)
        return strictest(ask('command.writes', because`${name} would write to its second file`), ...verdicts);
      if (text !== undefined) walkedFolders.push(text);
    }
  }
  verdicts.push(...judgeWalks(name, options, args, walkedFolders, context));
  if (!needed)
    return strictest(
      ask('command.unknown-use', because`${name} is known only with one of ${[...options.needs].join(', ')}`),
      ...verdicts,
    );
  return strictest(
    allow(
      options.kind === 'read' ? 'command.read-only' : 'command.known-tool',
      options.kind === 'read'
        ? because`${name} only reads`
        : because`${name} is a known test, lint, type or build tool`,
      options.kind,
    ),
    ...verdicts,
  );
}

const plain = (text: string): Word => ({ text, source: text });

/** `-rn`, `-n5`, `-C3`: every letter known, the first that takes a value takes the rest. */
function joined(
  text: string,
  options: Options,
  takes: (option: string, value: () => Word | undefined) => boolean,
  next: () => Word | undefined,
): boolean {
  for (let i = 1; i < text.length; i += 1) {
    const option = `-${text[i]}`;
    if (options.flags.has(option)) continue;
    const rest = text.slice(i + 1);
    return takes(option, rest === '' ? next : () => plain(rest));
  }
  return true;
}

/** `src/**\/*.{ts,tsx}`: braces of endings only; what else stands in braces could be any path. */
const ENDINGS =
  /^(?:\.\/)?(?:[\w@+-]+\/)*(?:\*\*\/)?\*\.\{(?!(?:\w+,)*(?:env|pem|key|p12|pfx)\b)[a-z]{1,4}(?:,[a-z]{1,4})*\}$/;

/** A path among the words. Globs stand for names in known folders; what they name is not known. */
function judgeWord(
  op: PathOp,
  word: Word,
  options: Options,
  context: CommandContext,
  revision: boolean,
  name: string,
): Verdict {
  const { folder, facts } = context;
  const glob =
    word.text === undefined &&
    (/^[\w@%+=:,./*?-]+$/.test(word.source) || (options.kind === 'check' && ENDINGS.test(word.source))) &&
    !word.source.startsWith('~');
  const text = word.text ?? (glob ? word.source : undefined);
  if (text === undefined)
    return ask('command.run-time-value', because`a path is known only at run time: ${word.source.slice(0, 60)}`);
  if (text === '-' || text === '') return allow('path.inside', 'standard input');
  if (text === '/dev/null') return allow('path.null', 'nothing is kept');
  if (glob && (options.prints || op !== 'read'))
    return op === 'read'
      ? judgeGlob(text, name, context)
      : ask('command.run-time-value', because`which files ${text} names is known only at run time`);
  // `./...` is Go's way to say: this folder and all below it.
  const verdict = judgePath(op, text.replace(/(^|\/)\.\.\.$/, '$1.'), facts, { folder, revision });
  const colon = revision ? text.indexOf(':') : -1;
  // What checks can also rewrite: the always-asked set is asked about here too.
  const written =
    options.kind === 'check' && op === 'read' && !/^(?:\.\/?)*$/.test(text)
      ? judgePath('write', text, facts, { folder })
      : undefined;
  if (verdict.effect === 'allow' && written?.effect === 'ask' && written.rule.startsWith('floor.')) return written;
  return colon > 0 && colon < text.length - 1
    ? strictest(verdict, judgePath(op, text.slice(colon + 1), facts, { folder }))
    : verdict;
}

/** The files a pattern stands for now, each judged like one that is named. */
function judgeGlob(pattern: string, name: string, { folder, facts }: CommandContext): Verdict {
  const inside = judgePath('read', pattern, facts, { folder });
  if (inside.effect !== 'allow') return inside;
  const key = lookupPathOf(pattern, folder, facts.root).key;
  const files = pattern.includes('..') ? null : facts.globs?.get(key);
  if (files === undefined) facts.missing?.globs.add(key);
  if (!files) return ask('command.run-time-value', because`which files ${pattern} names is known only at run time`);
  const [first, ...rest] = files.map((file) => judgePath('read', file, facts));
  return first ? strictest(first, ...rest) : allow('path.inside', because`${name} is given no file`);
}

/** A pattern that names no protected file, whatever stands before it. */
const PLAIN_SUFFIX = /^\*\.(?:[a-z]{1,4}|\{[a-z]{1,4}(?:,[a-z]{1,4})*\})$/i;

/** Whether a program that walks folders would print a file that may not be read. */
function judgeWalks(
  name: string,
  options: Options,
  args: readonly Word[],
  given: readonly string[],
  context: CommandContext,
): Verdict[] {
  const walks =
    name === 'rg' ||
    (/^[ef]?grep$/.test(name) &&
      args.some((word) => /^(?:-[a-zA-Z]*[rR][a-zA-Z]*|--recursive)$/.test(word.text ?? '')));
  // `-R` goes where links lead.
  const follows = name !== 'rg' && args.some((word) => /^-[a-zA-Z]*R/.test(word.text ?? ''));
  if (
    !walks ||
    !options.prints ||
    (!follows &&
      args.some((word) =>
        /^(?:-[a-zA-Z]*[lc]|--files(?:-with-matches|-without-match)?|--count)$/.test(word.text ?? ''),
      ))
  )
    return [];
  // `--include=*.ts` leaves what is protected out by its name.
  const only = args.flatMap(
    (word) => /^--include=(.+)$/.exec(word.text ?? word.source.replace(/["']/g, ''))?.[1] ?? [],
  );
  if (
    !follows &&
    only.length > 0 &&
    only.every(
      (pattern) => PLAIN_SUFFIX.test(pattern) && !/env|pem|key|p12|pfx|jks|kdbx|ppk|asc|gpg|age/i.test(pattern),
    )
  )
    return [];
  const { facts } = context;
  const verdicts: Verdict[] = [];
  for (const folder of given.length > 0 ? given : context.piped && name === 'rg' ? [] : ['.']) {
    const key = lookupPathOf(folder, context.folder, facts.root).key;
    const found = facts.walked?.get(follows ? `${FOLLOWING}${key}` : key);
    if (found === undefined) facts.missing?.walked.add(follows ? `${FOLLOWING}${key}` : key);
    // rg passes over hidden files, and over what .gitignore names.
    const printed = found?.find(
      (path) =>
        name !== 'rg' ||
        (path !== TOO_MANY &&
          !path
            .slice(key.length)
            .split('/')
            .some((part) => part.startsWith('.'))),
    );
    if (printed !== undefined)
      verdicts.push(
        ask(
          'command.walks-protected',
          printed === TOO_MANY
            ? because`${name} would walk more files than can be looked at first`
            : because`${name} would print what is in ${printed}`,
        ),
      );
  }
  return verdicts;
}
