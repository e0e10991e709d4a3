/** Programs that run other things by name: package scripts, make targets, local tools, modules. */
import { buildRunners } from './build-runners.js';
import { lookupPathOf } from './fold-path.js';
import { PASSED_ON, SCRIPT_NAME } from './known-commands.js';
import { judgePath } from './judge-path.js';
import { matchGrammar } from './match-grammar.js';
import { askForScript, judgePackageScript } from './package-scripts.js';
import { isPrintingAwk, isPrintingSed } from './text-filters.js';
import { allow, ask, strictest, type CommandContext, type Verdict, type Word, because } from './types.js';
import { wordsOf } from './words.js';

type Again = (inner: readonly Word[]) => Verdict;
type Runner = (args: readonly Word[], context: CommandContext, again: Again, name: string) => Verdict | undefined;

/** undefined: the program is none of these, or is used in another way that its grammar may know. */
export function judgeRunner(
  name: string,
  args: readonly Word[],
  context: CommandContext,
  again: Again,
): Verdict | undefined {
  const only = args.length === 1 ? (args[0]?.text ?? '') : '';
  if (SAYS_VERSION.has(name) && ['--version', '-version', '-V', '-v'].includes(only))
    return allow('command.read-only', because`${name} says its version`, 'read');
  if (Object.hasOwn(buildRunners, name)) return buildRunners[name]?.(args, context, name);
  return Object.hasOwn(runners, name) ? runners[name]?.(args, context, again, name) : undefined;
}

const runners: Readonly<Record<string, Runner>> = {
  npm: packageManager,
  pnpm: packageManager,
  yarn: packageManager,
  bun: packageManager,
  npx: localTool,
  pnpx: localTool,
  bunx: localTool,
  make: make,
  gmake: make,
  just: make,
  task: make,
  python: pythonModule,
  python3: pythonModule,
  'manage.py': (args, context) =>
    matchGrammar(
      'manage.py',
      {
        ...PASSED_ON,
        operands: 'text',
        flags: wordsOf('djangoTestFlags'),
        values: new Set(['-v', '--verbosity', '--tag', '--exclude-tag', '-k', '--settings']),
      },
      args,
      context,
    ),
  go: (args) =>
    args.some((word) => /@/.test(word.text ?? '')) ? ask('command.install', 'go may fetch that version') : undefined,
  php,
  ruby: (args, context, _again, name) =>
    args[0]?.text === '-c' ? syntaxOnly(name, args.slice(1), context) : undefined,
  coverage,
  pip: pipReads,
  pip3: pipReads,
  uvx: localTool,
  awk: awkPrint,
  gawk: awkPrint,
  mawk: awkPrint,
  date,
  command: lookUp,
  type: lookUp,
  tee,
  poetry: runOf,
  uv: runOf,
  pipenv: runOf,
  hatch: runOf,
  rye: runOf,
  pdm: runOf,
  bundle: runOf,
  composer: composer,
  sed: sedPrint,
};

const QUIET = wordsOf('packageManagerFlags');
/** Interpreters and compilers that are asked about, but not for their version. */
const SAYS_VERSION = wordsOf('versionSayers');
/** Options of package managers that name the folder of the package. */
const FOLDERS = new Set(['--prefix', '-C', '--dir', '--cwd']);
const SCOPED = new Set(['-w', '--workspace', '--filter', '-F']);

function packageManager(args: readonly Word[], outer: CommandContext, again: Again, name: string): Verdict | undefined {
  const texts = args.map((word) => word.text);
  // At the top of the workspace
  if (name === 'pnpm' && texts[0] === '-w') return packageManager(args.slice(1), outer, again, name);
  const start = skipOptions(texts, 0, outer);
  if (start === undefined) return ask('command.unknown-option', because`${name} has an option that is not on the list`);
  if (start.verdict) return start.verdict;
  let { at, context } = start;
  let sub = texts[at];
  if (sub === undefined)
    return at === 0 || args.length > at
      ? ask('command.install', because`${name} alone installs packages`)
      : ask('command.unknown-use', because`${name} names no command`);
  if (args.length === at + 1 && ['--version', '-v', '--help', '-h'].includes(sub))
    return allow('command.read-only', because`${name} says its version`, 'read');
  // `yarn workspace NAME …`: which folder that is, is in its own lists; the script's name alone decides.
  if (name === 'yarn' && (sub === 'workspace' || sub === 'workspaces')) {
    at += sub === 'workspace' ? 2 : 1;
    while (
      sub === 'workspaces' &&
      ['foreach', '-A', '--all', '-p', '--parallel', '-t', '-v', '--verbose'].includes(texts[at] ?? '')
    )
      at += 1;
    sub = texts[at];
    context = { ...context, facts: { ...context.facts, packages: NO_PACKAGES } };
    if (sub === undefined) return ask('command.install', 'yarn names no command');
  }
  let script: string | undefined;
  if (sub === 'run' || sub === 'run-script') {
    const named = skipOptions(texts, at + 1, context);
    if (named === undefined)
      return ask('command.unknown-option', because`${name} run has an option that is not on the list`);
    if (named.verdict) return named.verdict;
    ({ at, context } = named);
    if (args.length === at) return allow('command.read-only', because`${name} run lists the scripts`, 'read');
    script = texts[at];
  } else if (['test', 't', 'tst'].includes(sub)) script = 'test';
  else if (name === 'bun' && sub === 'build') return undefined;
  else if (sub === 'exec' || sub === 'x' || (sub === 'dlx' && name !== 'npm')) {
    if (sub !== 'exec' || name === 'bun')
      return sub === 'x' && name === 'bun'
        ? localTool(args.slice(at + 1), context, again, name)
        : ask('command.install', because`${name} ${sub} may fetch and run a package`);
    return localTool(args.slice(at + 1), context, again, name);
  } else if (['ls', 'list', 'why', 'explain'].includes(sub) || (sub === 'pkg' && texts[at + 1] === 'get'))
    return matchGrammar(
      `${name} ${sub}`,
      {
        ...PASSED_ON,
        kind: 'read',
        operands: 'text',
        flags: new Set(['--all', '-a', '--json', '--long', '--prod', '--dev', '--parseable', '-r']),
        values: new Set(['--depth']),
      },
      args.slice(at + 1),
      context,
    );
  else if (name !== 'npm' && SCRIPT_NAME.test(sub)) script = sub;
  else if (name === 'yarn' || name === 'pnpm') {
    const inner = again(args.slice(at));
    return inner.effect === 'allow' && inner.commandKind === 'check'
      ? inner
      : strictest(
          ask('command.install', because`${name} ${sub} is not on the list of commands that run unasked`),
          ...(inner.effect === 'deny' ? [inner] : []),
        );
  } else
    return ask('command.install', because`${name} ${sub.slice(0, 40)} may fetch packages, run their code or publish`);
  if (script === undefined) return ask('command.run-time-value', 'which script runs is known only at run time');
  // Until `--` npm reads options itself.
  // Options before the script choose the package: of those it is not known which script it is.
  const own = skipOptions(texts, at + 1, context);
  const scoped = texts.slice(0, own?.at ?? at).some((text) => SCOPED.has(text?.split('=')[0] ?? ''));
  if (own?.verdict) return own.verdict;
  const verdict = judgePackageScript(
    script,
    own?.context.folder ?? context.folder,
    scoped ? { ...context, facts: { ...context.facts, packages: NO_PACKAGES } } : context,
  );
  if (!verdict) return askForScript(script);
  return verdict.effect === 'allow'
    ? passedOn(`the package script ${script}`, args.slice(own?.at ?? at + 1), own?.context ?? context)
    : verdict;
}

const NO_PACKAGES = { get: () => null } as unknown as ReadonlyMap<string, null>;

interface Skipped {
  at: number;
  context: CommandContext;
  verdict?: Verdict;
}

/** Past the options that are known; one of them may name the folder of the package. */
function skipOptions(texts: readonly (string | undefined)[], from: number, outer: CommandContext): Skipped | undefined {
  let at = from;
  let context = outer;
  for (; at < texts.length; at += 1) {
    const text = texts[at];
    if (text === undefined || !text.startsWith('-') || text === '--') return { at, context };
    if (QUIET.has(text)) continue;
    const name = text.split('=')[0] ?? '';
    if (FOLDERS.has(name)) {
      const folder = text.includes('=') ? text.slice(text.indexOf('=') + 1) : texts[(at += 1)];
      const verdict =
        folder === undefined
          ? ask('command.run-time-value', 'the folder is known only at run time')
          : judgePath('read', folder, context.facts, { folder: context.folder });
      if (verdict.effect !== 'allow') return { at, context, verdict };
      context = { ...context, folder: lookupPathOf(folder ?? '', context.folder, context.facts.root).key };
    } else if (SCOPED.has(name)) at += text.includes('=') ? 0 : 1;
    else if (['--version', '-v', '--help', '-h'].includes(text)) return { at, context };
    else return undefined;
  }
  return { at, context };
}

/** Words handed on to a script. */
function passedOn(what: string, args: readonly Word[], context: CommandContext): Verdict {
  const rest = args[0]?.text === '--' ? args.slice(1) : args;
  const verdict = matchGrammar(what, PASSED_ON, rest, context);
  return verdict.effect === 'allow'
    ? allow('command.package-script', because`${what} runs unasked by its name`, 'check')
    : verdict;
}

/** `npx eslint`: only tools on the list, and no option that fetches. */
function localTool(args: readonly Word[], _context: CommandContext, again: Again, name: string): Verdict {
  let at = 0;
  while (
    args[at]?.text === '--no-install' ||
    args[at]?.text === '--no' ||
    args[at]?.text === '--' ||
    args[at]?.text === '--bun' ||
    args[at]?.text === '--offline'
  )
    at += 1;
  const [head, ...more] = args.slice(at);
  const tool = head?.text === '@biomejs/biome' ? 'biome' : head?.text;
  const inner = head && tool !== undefined ? [{ text: tool, source: tool }, ...more] : args.slice(at);
  if (tool === undefined || tool.startsWith('-'))
    return ask('command.install', because`${name} may fetch and run a package`);
  const verdict = again(inner);
  if (verdict.effect === 'allow' && verdict.commandKind === 'check') return verdict;
  return strictest(
    ask('command.install', because`${name} may fetch ${tool.slice(0, 60)} and run it`),
    ...(verdict.effect === 'allow' ? [] : [verdict]),
  );
}

/** Beside the names of package scripts. */
const MAKE_TARGET = /^(?:all|help)$/;

function make(args: readonly Word[], context: CommandContext, _again: Again, name: string): Verdict {
  const targets: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const text = args[at]?.text;
    if (text === undefined && /^-j"?\$\(nproc\)"?$/.test(args[at]?.source ?? '')) continue; // the number of processors
    if (text === undefined)
      return ask('command.run-time-value', because`${name} gets a word that is known only at run time`);
    if (/^-(?:[kBsnij]|j\d+)$|^--(?:silent|keep-going|dry-run|no-print-directory|always-make|quiet)$/.test(text))
      continue;
    if (text === '-C' && args[at + 1]) {
      const verdict = judgePath('read', args[at + 1]?.text ?? '', context.facts, { folder: context.folder });
      if (verdict.effect !== 'allow') return verdict;
      at += 1;
    } else if (/^(?:V|VERBOSE|Q)=\w*$/.test(text)) continue;
    else if (text.startsWith('-') || text.includes('='))
      return ask(
        'command.unknown-option',
        because`${name} has an option or a variable that can change what runs: ${text.slice(0, 60)}`,
      );
    else targets.push(text);
  }
  const other = targets.find((target) => !SCRIPT_NAME.test(target) && !MAKE_TARGET.test(target));
  if (targets.length === 0 || other !== undefined)
    return ask(
      'command.make-target',
      other === undefined
        ? because`${name} without a target runs the first one`
        : because`the target ${other.slice(0, 60)} is not named test, lint, build, check or typecheck`,
    );
  return allow('command.make-target', because`the target ${targets.join(' ')} runs unasked by its name`, 'check');
}

function pythonModule(args: readonly Word[], context: CommandContext, again: Again, name: string): Verdict | undefined {
  if (args.length === 1 && ['--version', '-V'].includes(args[0]?.text ?? ''))
    return allow('command.read-only', because`${name} says its version`, 'read');
  // Django's own runner: a file of the project, like the tests it runs.
  if (/^(?:\.\/)?manage\.py$/.test(args[0]?.text ?? '') && ['test', 'check'].includes(args[1]?.text ?? ''))
    return runners['manage.py']?.(args.slice(2), context, again, name);
  if (args[0]?.text !== '-m' || args[1]?.text === undefined) return undefined;
  const verdict = again(args.slice(1));
  return verdict.effect === 'allow' && (verdict.commandKind === 'check' || args[1].text === 'pip')
    ? verdict
    : strictest(
        ask('command.code', because`${name} -m ${args[1].text.slice(0, 60)} runs a module that is not on the list`),
        ...(verdict.effect === 'allow' ? [] : [verdict]),
      );
}

/** `poetry run pytest`, `bundle exec rspec`. */
function runOf(args: readonly Word[], context: CommandContext, again: Again, name: string): Verdict {
  const sub = args[0]?.text;
  if (name === 'bundle' && ['check', 'list', 'show', 'info'].includes(sub ?? ''))
    return matchGrammar(
      `bundle ${sub}`,
      { ...PASSED_ON, kind: 'read', operands: 'text', flags: new Set(), values: new Set() },
      args.slice(1),
      context,
    );
  if ((name === 'hatch' || name === 'rye') && sub === 'test')
    return matchGrammar(`${name} test`, { ...PASSED_ON, operands: 'paths' }, args.slice(1), context);
  if (name === 'hatch' && sub === 'run' && SCRIPT_NAME.test(args[1]?.text ?? ''))
    return matchGrammar('hatch run', { ...PASSED_ON, operands: 'paths' }, args.slice(2), context);
  const verb = name === 'bundle' ? 'exec' : 'run';
  if (sub !== verb || args[1]?.text === undefined || args[1].text.startsWith('-'))
    return ask('command.install', because`${name} may fetch packages or run their code`);
  return again(args.slice(1));
}

function composer(args: readonly Word[], context: CommandContext): Verdict {
  const at = args[0]?.text === 'run' || args[0]?.text === 'run-script' ? 1 : 0;
  const script = args[at]?.text;
  if (script !== undefined && SCRIPT_NAME.test(script))
    return passedOn(`the package script ${script}`, args.slice(at + 1), context);
  if (['validate', 'show', 'licenses'].includes(args[0]?.text ?? '')) return composerSays(args.slice(1), context);
  return ask('command.install', 'composer may fetch packages or run their code');
}

function composerSays(args: readonly Word[], context: CommandContext): Verdict {
  return matchGrammar(
    'composer',
    {
      ...PASSED_ON,
      kind: 'read',
      operands: 'text',
      flags: new Set([
        '--strict',
        '--no-check-all',
        '--no-check-lock',
        '--installed',
        '--tree',
        '--direct',
        '-D',
        '-t',
        '--locked',
        '--format=json',
      ]),
      values: new Set(),
    },
    args,
    context,
  );
}

function coverage(args: readonly Word[], context: CommandContext, again: Again): Verdict | undefined {
  const sub = args[0]?.text ?? '';
  if (sub === 'run') {
    const rest = args
      .slice(1)
      .filter((word) => !/^(?:--branch|--parallel-mode|-p|--append|-a|--source=[\w./,-]+)$/.test(word.text ?? ''));
    return pythonModule(rest, context, again, 'python') ?? ask('command.code', 'coverage runs a program');
  }
  if (!['report', 'xml', 'html', 'json', 'lcov', 'combine'].includes(sub)) return undefined;
  return matchGrammar(
    `coverage ${sub}`,
    {
      ...PASSED_ON,
      operands: 'paths',
      flags: new Set(['-m', '--show-missing', '--skip-covered', '-q', '-i']),
      values: new Set(['--fail-under', '--include', '--omit', '--precision']),
      writes: new Set(['-o', '-d']),
    },
    args.slice(1),
    context,
  );
}

function pipReads(args: readonly Word[], context: CommandContext, _again: Again, name: string): Verdict | undefined {
  const sub = args[0]?.text ?? '';
  return ['list', 'show', 'freeze', 'check'].includes(sub)
    ? matchGrammar(
        `${name} ${sub}`,
        {
          ...PASSED_ON,
          kind: 'read',
          operands: 'text',
          flags: new Set(['-l', '--local', '--user', '-f', '--files', '--not-required', '--format=json']),
          values: new Set(['--format']),
        },
        args.slice(1),
        context,
      )
    : undefined;
}

const syntaxOnly = (name: string, files: readonly Word[], context: CommandContext): Verdict =>
  matchGrammar(
    name,
    { ...PASSED_ON, kind: 'read', flags: new Set(), values: new Set(), operands: 'paths' },
    files,
    context,
  );

function php(args: readonly Word[], context: CommandContext, _again: Again, name: string): Verdict | undefined {
  if (args[0]?.text === '-l') return syntaxOnly(name, args.slice(1), context);
  if (args[0]?.text === 'artisan' && args[1]?.text === 'test')
    return matchGrammar('artisan test', { ...PASSED_ON, operands: 'paths' }, args.slice(2), context);
  return undefined;
}

/** `command -v node`, `type node`: where a program is. */
function lookUp(args: readonly Word[], _context: CommandContext, _again: Again, name: string): Verdict | undefined {
  const rest = name === 'command' ? args.slice(1) : args.filter((word) => !/^-[aptP]$/.test(word.text ?? ''));
  if (name === 'command' && !/^-[vV]$/.test(args[0]?.text ?? '')) return undefined;
  return rest.length > 0 && rest.every((word) => /^[\w.+-]+$/.test(word.text ?? '') && !word.text?.startsWith('-'))
    ? allow('command.read-only', because`${name} says where a program is`, 'read')
    : undefined;
}

function date(args: readonly Word[]): Verdict {
  const known = args.every(
    (word, at) =>
      /^(?:-u|-R|-I\w*|--utc|--iso-8601(?:=\w+)?|--rfc-3339=\w+|-d|--date(?:=.*)?)$/.test(word.text ?? '') ||
      word.text?.startsWith('+') ||
      (at > 0 && ['-d', '--date'].includes(args[at - 1]?.text ?? '')),
  );
  return known
    ? allow('command.read-only', 'date says what time it is', 'read')
    : ask('command.unknown-option', 'date can also set the clock');
}

/** Only where nothing is kept. */
function tee(args: readonly Word[], context: CommandContext): Verdict | undefined {
  const files = args.filter((word) => word.text !== '-a');
  // What a command says, kept in a log.
  const log =
    files.length === 1 && context.piped && /^[\w./-]+\.log$/.test(files[0]?.text ?? '')
      ? judgePath('write', files[0]?.text ?? '', context.facts, { folder: context.folder })
      : undefined;
  if (log?.effect === 'allow') return allow('script.output', 'what is said is kept in a log', 'check');
  return args.length > 0 && args.every((word) => word.text === '/dev/null')
    ? allow('command.read-only', 'nothing is kept', 'read')
    : undefined;
}

/**
 * `sed -n 10,20p file`, `sed 's/a/b/'`: prints.
 * A script that may write files or run commands, and `-i`, are asked about.
 */
function sedPrint(args: readonly Word[], context: CommandContext): Verdict | undefined {
  let at = 0;
  let given = false;
  for (; at < args.length; at += 1) {
    const text = args[at]?.text;
    if (text === undefined || !text.startsWith('-') || text === '-') break;
    if (/^-[nErsuz]+$|^--(?:quiet|silent|regexp-extended|null-data|posix|debug=no)$/.test(text)) continue;
    if (text !== '-e' && text !== '--expression') return undefined;
    if (!isPrintingSed(args[(at += 1)]?.text ?? '')) return undefined;
    given = true;
  }
  if (!given && !isPrintingSed(args[at]?.text ?? '')) return undefined;
  return filterFiles('sed', given ? args.slice(at) : args.slice(at + 1), context);
}

function awkPrint(args: readonly Word[], context: CommandContext, _again: Again, name: string): Verdict | undefined {
  let at = 0;
  for (; at < args.length; at += 1) {
    const text = args[at]?.text;
    if (text === undefined || !text.startsWith('-')) break;
    if (text === '-F' || text === '-v') at += 1;
    else if (!/^-F.+$|^-v\w+=/.test(text)) return undefined;
  }
  if (!isPrintingAwk(args[at]?.text ?? 'getline')) return undefined;
  return filterFiles(name, args.slice(at + 1), context);
}

const filterFiles = (name: string, files: readonly Word[], context: CommandContext): Verdict | undefined =>
  files.some((word) => word.text?.startsWith('-') && word.text !== '-')
    ? undefined
    : matchGrammar(
        name,
        { ...PASSED_ON, kind: 'read', flags: new Set(), values: new Set(), operands: 'paths', prints: true },
        files,
        context,
      );
