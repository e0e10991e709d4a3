/** A shell line, judged as a whole: every command in it, every redirect, every variable. */
import type { ShellCommand, ShellParse } from '../ports.js';
import { FETCHERS, judgeArgv, judgeVariable } from './judge-argv.js';
import { placeOf } from './fold-path.js';
import { judgePath } from './judge-path.js';
import { LOCAL_VARIABLE, SHELLS } from './risky-commands.js';
import { allow, ask, askFirmly, deny, strictest, type Facts, type Verdict } from './types.js';

export const MAX_SCRIPT_LENGTH = 20_000;
/** Beyond this a person would not read it either: denied, never "asked less". */
export const MAX_COMMANDS = 50;

const CONTROL_WORDS = new Set(['exit', 'return', 'break', 'continue', 'wait', 'shift', 'read']);

export function judgeScript(text: string, parsed: ShellParse, cwd: string, facts: Facts, each: (argv: string[], verdict: Verdict) => Verdict): Verdict {
  if (text.length > MAX_SCRIPT_LENGTH) return deny('script.too-long', `the script is longer than ${MAX_SCRIPT_LENGTH} characters`);
  if (!parsed.ok) return askFirmly('script.unreadable', `the script cannot be taken apart with certainty: ${parsed.reason}`);
  const { commands } = parsed;
  if (commands.length > MAX_COMMANDS) return deny('script.too-many-commands', `the script has ${commands.length} commands; more than ${MAX_COMMANDS} are never run`);
  if (commands.length === 0) return allow('script.empty', 'it runs nothing', 'read');
  const verdicts: Verdict[] = [];
  let folders = [cwd];
  for (const [index, command] of commands.entries()) {
    const moved = changeFolder(command, index, folders[0] ?? '', facts);
    if (moved) {
      verdicts.push(moved.verdict);
      // After `cd x;` the rest may run in either folder: it stays where it was when there is no x.
      folders = [...new Set([moved.folder, ...(commands[index + 1]?.within.includes('and') ? [] : folders)])];
      continue;
    }
    for (const folder of folders) verdicts.push(judgeCommand(command, folder, facts, each));
  }
  return strictest(pipedCode(commands) ?? (verdicts[0] as Verdict), ...verdicts);
}

function judgeCommand(command: ShellCommand, folder: string, facts: Facts, each: (argv: string[], verdict: Verdict) => Verdict): Verdict {
  const { words, assignments, redirects, within } = command;
  const verdicts: Verdict[] = [];
  for (const { name } of assignments) verdicts.push(words.length === 0 && LOCAL_VARIABLE.test(name) ? allow('script.variable', 'it is a variable of the script', 'read') : judgeVariable(name));
  for (const redirect of redirects) verdicts.push(judgeRedirect(redirect, folder, facts));
  if (words.length > 0) {
    const name = words[0]?.text ?? '';
    const rest = words.slice(1);
    const control = CONTROL_WORDS.has(name) || (name === 'set' && rest.every((word) => /^(?:[-+][euxofn]+|pipefail|errexit|nounset|xtrace)$/.test(word.text ?? '')));
    const exported = name === 'export' && rest.length > 0;
    const verdict = control
      ? allow('script.control', `${name} steers the script itself`, 'read')
      : exported
        ? rest.map((word) => judgeVariable(/^[A-Za-z_]\w*/.exec(word.source)?.[0] ?? '')).reduce((worst, next) => strictest(worst, next))
        : judgeArgv(words, { folder, facts, piped: within.includes('pipe') || redirects.some(({ op }) => op.startsWith('<')), depth: 0 });
    verdicts.push(words.every((word) => word.text !== undefined) ? each(words.map((word) => word.text ?? ''), verdict) : verdict.effect === 'deny' ? verdict : each(words.map((word) => word.text ?? '\0'), verdict));
  }
  const [first, ...others] = verdicts;
  return first ? strictest(first, ...others) : allow('script.empty', 'it runs nothing', 'read');
}

function judgeRedirect({ op, target }: ShellCommand['redirects'][number], folder: string, facts: Facts): Verdict {
  if (op.startsWith('<<')) return allow('script.here-document', 'its input stands in the script', 'read');
  const text = target.text;
  if (text === undefined) return askFirmly('script.redirect', `where ${op} leads is known only at run time: ${target.source.slice(0, 60)}`);
  if (op.includes('&') && /^(?:\d+|-)$/.test(text)) return allow('script.redirect', 'it joins two outputs', 'read');
  if (text === '/dev/null') return allow('script.redirect', 'nothing is kept', 'read');
  if (op === '<') return judgePath('read', text, facts, { folder });
  return strictest(ask('script.redirect', `it writes to ${text.slice(0, 100)} without a review by hunk`), judgePath('write', text, facts, { folder }));
}

/** `cd` first and on its own level moves all that follows; anywhere else it is asked about. */
function changeFolder(command: ShellCommand, index: number, folder: string, facts: Facts): { folder: string; verdict: Verdict } | undefined {
  const name = command.words[0]?.text;
  if (name !== 'cd' && name !== 'pushd' && name !== 'popd' && name !== 'chdir') return undefined;
  const to = command.words[1]?.text;
  const plain = name === 'cd' && index === 0 && command.words.length === 2 && command.within.length === 0 && command.redirects.length === 0 && command.assignments.length === 0;
  if (to === undefined || to === '-' || to === '' || !plain) {
    const outside = to === undefined || to === '' || to === '-' ? undefined : judgePath('read', to, facts, { folder });
    return { folder, verdict: outside?.effect === 'deny' ? outside : askFirmly('script.folder', 'it changes the folder in a way that is not followed') };
  }
  const verdict = judgePath('read', to, facts, { folder });
  return { folder: placeOf(to, folder, facts.root).key, verdict: verdict.effect === 'allow' ? { ...verdict, commandKind: 'read' } : verdict };
}

/** Something fetched and something that runs code in one pipe. */
function pipedCode(commands: readonly ShellCommand[]): Verdict | undefined {
  const piped = commands.filter((command) => command.within.some((how) => how === 'pipe' || how === 'substitution')).map((command) => command.words[0]?.text ?? '');
  const all = commands.map((command) => command.words[0]?.text ?? '');
  const fetcher = piped.find((name) => FETCHERS.has(name));
  const shell = all.find((name) => SHELLS.has(name));
  return fetcher && shell ? askFirmly('command.piped-code', `${shell} would run what ${fetcher} fetches`) : undefined;
}
