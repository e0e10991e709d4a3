/** Programs that run other things by name: package scripts, make targets, local tools, modules. */
import { PASSED_ON, SCRIPT_NAME } from './known-commands.js';
import { judgePath } from './judge-path.js';
import { matchGrammar } from './match-grammar.js';
import { allow, ask, asWord, strictest, type CommandContext, type Verdict, type Word } from './types.js';

type Again = (inner: readonly Word[]) => Verdict;
type Runner = (args: readonly Word[], context: CommandContext, again: Again, name: string) => Verdict | undefined;

/** undefined: the program is none of these, or is used in another way that its grammar may know. */
export function judgeRunner(name: string, args: readonly Word[], context: CommandContext, again: Again): Verdict | undefined {
  return Object.hasOwn(runners, name) ? runners[name]?.(args, context, again, name) : undefined;
}

const runners: Readonly<Record<string, Runner>> = {
  npm: packageManager, pnpm: packageManager, yarn: packageManager, bun: packageManager, npx: localTool, pnpx: localTool, bunx: localTool,
  make: make, gmake: make, just: make, task: make,
  python: pythonModule, python3: pythonModule,
  poetry: runOf, uv: runOf, pipenv: runOf, hatch: runOf, rye: runOf, pdm: runOf, bundle: runOf, composer: composer,
  sed: sedPrint,
};

const QUIET = new Set('--silent -s --quiet -q --if-present --workspaces -ws --include-workspace-root -r --recursive --no-bail --parallel --stream --no-color --color --offline --no-progress --no-fund --no-audit'.split(' '));
const SCOPED = new Set('-w --workspace --filter -F'.split(' '));

function packageManager(args: readonly Word[], context: CommandContext, again: Again, name: string): Verdict | undefined {
  const texts = args.map((word) => word.text);
  let at = skipOptions(texts, 0);
  if (at === undefined) return ask('command.unknown-option', `${name} has an option that is not on the list`);
  const sub = texts[at];
  if (sub === undefined) return at === 0 || args.length > at ? ask('command.install', `${name} alone installs packages`) : ask('command.unknown-use', `${name} names no command`);
  if (args.length === at + 1 && ['--version', '-v', '--help', '-h'].includes(sub)) return allow('command.read-only', `${name} says its version`, 'read');
  let script: string | undefined;
  if (sub === 'run' || sub === 'run-script') {
    const named = skipOptions(texts, at + 1);
    if (named === undefined) return ask('command.unknown-option', `${name} run has an option that is not on the list`);
    at = named;
    if (args.length === at) return allow('command.read-only', `${name} run lists the scripts`, 'read');
    script = texts[at];
  } else if (['test', 't', 'tst'].includes(sub)) script = 'test';
  else if (name === 'bun' && sub === 'build') return undefined;
  else if (sub === 'exec' || sub === 'x' || (sub === 'dlx' && name !== 'npm')) {
    if (sub !== 'exec' || name === 'bun') return sub === 'x' && name === 'bun' ? localTool(args.slice(at + 1), context, again, name) : ask('command.install', `${name} ${sub} may fetch and run a package`);
    return localTool(args.slice(at + 1), context, again, name);
  } else if (['ls', 'list', 'why', 'explain'].includes(sub)) return matchGrammar(`${name} ${sub}`, { ...PASSED_ON, kind: 'read', operands: 'text', flags: new Set('--all -a --json --long --prod --dev --parseable'.split(' ')), values: new Set(['--depth']) }, args.slice(at + 1), context);
  else if (name !== 'npm' && SCRIPT_NAME.test(sub)) script = sub;
  else if (name === 'yarn' || name === 'pnpm') {
    const inner = again(args.slice(at));
    return inner.effect === 'allow' && inner.commandKind === 'check' ? inner : strictest(ask('command.install', `${name} ${sub} is not on the list of commands that run unasked`), ...(inner.effect === 'deny' ? [inner] : []));
  } else return ask('command.install', `${name} ${sub.slice(0, 40)} may fetch packages, run their code or publish`);
  if (script === undefined) return ask('command.run-time-value', 'which script runs is known only at run time');
  if (!SCRIPT_NAME.test(script)) return ask('command.package-script', `the package script ${script.slice(0, 60)} is not named test, lint, build, check or typecheck`);
  // Until `--` npm reads options itself.
  const own = skipOptions(texts, at + 1) ?? at + 1;
  return passedOn(`the package script ${script}`, args.slice(own), context);
}

function skipOptions(texts: readonly (string | undefined)[], from: number): number | undefined {
  let at = from;
  for (; at < texts.length; at += 1) {
    const text = texts[at];
    if (text === undefined || !text.startsWith('-')) return at;
    if (QUIET.has(text)) continue;
    const name = text.split('=')[0] ?? '';
    if (SCOPED.has(name)) at += text.includes('=') ? 0 : 1;
    else if (['--version', '-v', '--help', '-h'].includes(text)) return at;
    else return undefined;
  }
  return at;
}

/** Words handed on to a script. */
function passedOn(what: string, args: readonly Word[], context: CommandContext): Verdict {
  const rest = args[0]?.text === '--' ? args.slice(1) : args;
  const verdict = matchGrammar(what, PASSED_ON, rest, context);
  return verdict.effect === 'allow' ? allow('command.package-script', `${what} runs unasked by its name`, 'check') : verdict;
}

/** `npx eslint`: only tools on the list, and no option that fetches. */
function localTool(args: readonly Word[], _context: CommandContext, again: Again, name: string): Verdict {
  let at = 0;
  while (args[at]?.text === '--no-install' || args[at]?.text === '--no' || args[at]?.text === '--' || args[at]?.text === '--bun' || args[at]?.text === '--offline') at += 1;
  const inner = args.slice(at);
  const tool = inner[0]?.text;
  if (tool === undefined || tool.startsWith('-')) return ask('command.install', `${name} may fetch and run a package`);
  const verdict = again(inner);
  if (verdict.effect === 'allow' && verdict.commandKind === 'check') return verdict;
  return strictest(ask('command.install', `${name} may fetch ${tool.slice(0, 60)} and run it`), ...(verdict.effect === 'allow' ? [] : [verdict]));
}

function make(args: readonly Word[], context: CommandContext, _again: Again, name: string): Verdict {
  const targets: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const text = args[at]?.text;
    if (text === undefined) return ask('command.run-time-value', `${name} gets a word that is known only at run time`);
    if (/^-(?:[kBsnij]|j\d+)$|^--(?:silent|keep-going|dry-run|no-print-directory|always-make|quiet)$/.test(text)) continue;
    if (text === '-C' && args[at + 1]) {
      const verdict = judgePath('read', args[at + 1]?.text ?? '', context.facts, { folder: context.folder });
      if (verdict.effect !== 'allow') return verdict;
      at += 1;
    } else if (text.startsWith('-') || text.includes('=')) return ask('command.unknown-option', `${name} has an option or a variable that can change what runs: ${text.slice(0, 60)}`);
    else targets.push(text);
  }
  const other = targets.find((target) => !SCRIPT_NAME.test(target) && target !== 'all');
  if (targets.length === 0 || other !== undefined) return ask('command.make-target', other === undefined ? `${name} without a target runs the first one` : `the target ${other.slice(0, 60)} is not named test, lint, build, check or typecheck`);
  return allow('command.make-target', `the target ${targets.join(' ')} runs unasked by its name`, 'check');
}

function pythonModule(args: readonly Word[], _context: CommandContext, again: Again, name: string): Verdict | undefined {
  if (args.length === 1 && ['--version', '-V'].includes(args[0]?.text ?? '')) return allow('command.read-only', `${name} says its version`, 'read');
  if (args[0]?.text !== '-m' || args[1]?.text === undefined) return undefined;
  const verdict = again(args.slice(1));
  return verdict.effect === 'allow' && verdict.commandKind === 'check' ? verdict : strictest(ask('command.code', `${name} -m ${args[1].text.slice(0, 60)} runs a module that is not on the list`), ...(verdict.effect === 'allow' ? [] : [verdict]));
}

/** `poetry run pytest`, `bundle exec rspec`. */
function runOf(args: readonly Word[], _context: CommandContext, again: Again, name: string): Verdict {
  const verb = name === 'bundle' ? 'exec' : 'run';
  if (args[0]?.text !== verb || args[1]?.text === undefined || args[1].text.startsWith('-')) return ask('command.install', `${name} may fetch packages or run their code`);
  return again(args.slice(1));
}

function composer(args: readonly Word[], context: CommandContext): Verdict {
  const at = args[0]?.text === 'run' || args[0]?.text === 'run-script' ? 1 : 0;
  const script = args[at]?.text;
  if (script !== undefined && SCRIPT_NAME.test(script)) return passedOn(`the package script ${script}`, args.slice(at + 1), context);
  return ask('command.install', 'composer may fetch packages or run their code');
}

/** `sed -n 10,20p file` prints lines; any other script of sed may write files or run commands. */
function sedPrint(args: readonly Word[], context: CommandContext): Verdict | undefined {
  if (args[0]?.text !== '-n' || !/^(?:\d+|\$)(?:,(?:\d+|\$|\+\d+))?p$/.test(args[1]?.text ?? '')) return undefined;
  return matchGrammar('sed', { ...PASSED_ON, kind: 'read', flags: new Set(), values: new Set(), operands: 'paths', prints: true }, args.slice(2).some((word) => word.text?.startsWith('-')) ? [asWord('--unknown')] : args.slice(2), context);
}
