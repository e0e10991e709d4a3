/**
 * A shell line, judged as a whole: every command in it, every redirect, every variable, in every folder it may run in.
 */
import type { ShellCommand, ShellParse } from '../ports/ports.js';
import { foldPath, lookupPathOf } from './fold-path.js';
import { FETCHERS, judgeArgv, judgeVariable } from './judge-argv.js';
import { judgePath, targetAt } from './judge-path.js';
import { isToolFile } from './protected-paths.js';
import { LOCAL_VARIABLE, SHELLS } from './risky-commands.js';
import {
  allow,
  ask,
  askFirmly,
  deny,
  strictest,
  type CommandContext,
  type Facts,
  type Verdict,
  because,
} from './types.js';
import { wordsOf } from './words.js';

export const MAX_SCRIPT_LENGTH = 20_000;
/** Beyond this a person would not read it either: denied, never "asked less". */
export const MAX_COMMANDS = 50;
/** Places a command may run in after many `cd`; beyond it nobody follows. */
const MAX_FOLDERS = 8;

const CONTROL_WORDS = new Set(['exit', 'return', 'break', 'continue', 'wait', 'shift', 'read']);
/** In a script that cannot be taken apart: what would be denied if it could be, wherever it stands. */
const PLAINLY_DESTRUCTIVE =
  /(?:^|[\s;&|(){}'"`/\\])(?:mkfs|fdisk|wipefs|shutdown|reboot|diskpart)(?:[\s.;&|'")]|$)|>\s*\/dev\/(?:sd|nvme|hd|disk|mem)/i;
/** A word that removes, one that would be the machine's or a home folder, the end of a command. */
const REMOVAL_PARTS =
  /(?<=^|[\s;&|(){}'"`/\\])(?<removes>(?:rm|rmdir|del|rd|remove-item)["'\\]*)(?=\s)|(?<=\s)(?<machine>["']?(?:\/|~|[a-z]:[\\/]|\$\{?HOME))(?=["'\s;&|)*}/\\]|$)|[;&|\n]/gi;
/** Files that hold what a program said; made anew, nothing reads them by itself. */
const OUTPUT_FILE = /\.(?:log|out|tap|lcov|txt|json|xml|html|csv|sarif)$/i;

/** Their output is what their words say. */
const WRITERS = wordsOf('printingPrograms');

type Each = (argv: string[], verdict: Verdict) => Verdict;

export function judgeScript(text: string, parsed: ShellParse, context: CommandContext, each: Each): Verdict {
  if (text.length > MAX_SCRIPT_LENGTH)
    return deny('script.too-long', because`the script is longer than ${MAX_SCRIPT_LENGTH} characters`);
  if (!parsed.ok)
    return PLAINLY_DESTRUCTIVE.test(text) || removesMachine(text)
      ? deny('command.destructive', 'it would remove or overwrite what is not the workspace’s')
      : askFirmly('script.unreadable', because`the script cannot be taken apart with certainty: ${parsed.reason}`);
  const { commands } = parsed;
  if (commands.length > MAX_COMMANDS)
    return deny(
      'script.too-many-commands',
      because`the script has ${commands.length} commands; more than ${MAX_COMMANDS} are never run`,
    );
  if (commands.length === 0) return allow('script.empty', 'it runs nothing', 'read');
  const verdicts: Verdict[] = [];
  const follow = followFolders(context.folder);
  for (const command of commands) {
    const folders = follow.at(command);
    const moved = isFolderChange(command) ? changeFolders(command, folders, context.facts) : undefined;
    if (moved) {
      verdicts.push(moved.verdict);
      if (moved.folders.length > MAX_FOLDERS)
        return strictest(askFirmly('script.folder', 'it changes the folder too often to be followed'), ...verdicts);
      follow.move(moved.folders, moved.certain);
      continue;
    }
    for (const folder of folders) verdicts.push(judgeCommand(command, { ...context, folder }, each));
  }
  return strictest(pipedCode(commands) ?? (verdicts[0] as Verdict), ...verdicts);
}

/**
 * In one pass, as the text may be made of nothing but such words.
 * A line end right after the word that removes, or right before the other, may be one that a backslash takes away.
 */
function removesMachine(text: string): boolean {
  let words = -1; // where the words after the last removal begin
  let ends = [-1, -1]; // the last two ends of commands
  for (const { index, groups, 0: part } of text.matchAll(REMOVAL_PARTS)) {
    if (groups?.['removes'] !== undefined) words = index + part.length + 1;
    else if (groups?.['machine'] === undefined) ends = [ends[1] as number, index];
    else if (words !== -1 && (index === words || (ends[1] === index - 1 ? ends[0] : ends[1])! < words)) return true;
  }
  return false;
}

/**
 * Where each command may run. Along `&&` what came before has succeeded; anywhere else a `cd` may have been skipped,
 * have failed, or have been in a shell of its own, so all folders on the way count.
 */
function followFolders(start: string) {
  let possible = new Set([start]);
  let now = new Set([start]);
  let prefix: string | undefined;
  let first = true;
  return {
    at({ within }: ShellCommand): readonly string[] {
      const last = within.at(-1);
      const nesting = (last === 'and' || last === 'or' || last === 'sequence' ? within.slice(0, -1) : within).join(' ');
      const chained = last === 'and' && nesting === prefix;
      if (!chained) now = new Set(possible);
      first = !chained;
      prefix = nesting;
      return [...now];
    },
    move(folders: readonly string[], certain: boolean): void {
      now = new Set(folders);
      // The first of a chain always runs; in the script's own shell, into a folder that is there, it succeeds.
      possible = certain && first && prefix === '' ? new Set(folders) : new Set([...possible, ...folders]);
    },
  };
}

function judgeCommand(command: ShellCommand, context: CommandContext, each: Each): Verdict {
  const { words, assignments, redirects, within } = command;
  const verdicts: Verdict[] = [];
  for (const { name, value } of assignments)
    verdicts.push(
      words.length === 0 && LOCAL_VARIABLE.test(name)
        ? allow('script.variable', 'it is a variable of the script', 'read')
        : judgeVariable(name, value.text),
    );
  if (words.length > 0) {
    const name = words[0]?.text ?? '';
    const rest = words.slice(1);
    const control =
      (CONTROL_WORDS.has(name) &&
        (name !== 'read' || rest.every((word) => word.text === '-r' || LOCAL_VARIABLE.test(word.text ?? '')))) ||
      (name === 'set' &&
        rest.length > 0 &&
        rest.every((word) => /^(?:[-+][euxofn]+|pipefail|errexit|nounset|xtrace)$/.test(word.text ?? '')));
    const exported = name === 'export' && rest.length > 0;
    const verdict = control
      ? allow('script.control', because`${name} steers the script itself`, 'read')
      : exported
        ? rest
            .map((word) => judgeVariable(/^[A-Za-z_]\w*/.exec(word.source)?.[0] ?? ''))
            .reduce((worst, next) => strictest(worst, next))
        : judgeArgv(words, {
            ...context,
            piped: context.piped || within.includes('pipe') || redirects.some(({ op }) => op.startsWith('<')),
          });
    verdicts.push(
      words.every((word) => word.text !== undefined)
        ? each(
            words.map((word) => word.text ?? ''),
            verdict,
          )
        : verdict.effect === 'deny'
          ? verdict
          : each(
              words.map((word) => word.text ?? '\0'),
              verdict,
            ),
    );
  }
  const says = words.length === 0 || WRITERS.has(words[0]?.text ?? '');
  for (const redirect of redirects) verdicts.push(judgeRedirect(redirect, context, says));
  const [first, ...others] = verdicts;
  return first ? strictest(first, ...others) : allow('script.empty', 'it runs nothing', 'read');
}

/** `says`: what is written is in the command itself, so it would be an edit that nobody reviews. */
function judgeRedirect(
  { op, target }: ShellCommand['redirects'][number],
  { folder, facts }: CommandContext,
  says: boolean,
): Verdict {
  if (op.startsWith('<<')) return allow('script.here-document', 'its input stands in the script', 'read');
  const text = target.text;
  if (text === undefined)
    return askFirmly(
      'script.redirect',
      because`where ${op} leads is known only at run time: ${target.source.slice(0, 60)}`,
    );
  if (op.includes('&') && /^(?:\d+|-)$/.test(text)) return allow('script.redirect', 'it joins two outputs', 'read');
  if (text === '/dev/null' || text === '/dev/stdout' || text === '/dev/stderr')
    return allow('script.redirect', 'nothing is kept', 'read');
  if (op === '<') return judgePath('read', text, facts, { folder });
  const written = judgePath('write', text, facts, { folder });
  if (written.effect === 'allow' && !says && isOutputFile(text, folder, facts))
    return allow('script.output', because`what it says is kept in ${text.slice(0, 100)}`, 'check');
  return strictest(
    ask('script.redirect', because`it writes to ${text.slice(0, 100)} without a review by hunk`),
    written,
  );
}

/** A log, or a new file for output: nothing of the person's is lost, and no tool reads it by its name. */
function isOutputFile(text: string, folder: string, facts: Facts): boolean {
  if (!OUTPUT_FILE.test(text) || facts.targets === undefined) return false;
  const folded = foldPath(text, folder, facts.root);
  if (folded.kind !== 'inside' || isToolFile(folded.segments)) return false;
  const there = targetAt(lookupPathOf(text, folder, facts.root).key, facts);
  return there === undefined || (/\.(?:log|out|tap|lcov)$/i.test(text) && !there.viaLink && there.kind === 'file');
}

const isFolderChange = ({ words }: ShellCommand): boolean =>
  ['cd', 'pushd', 'popd', 'chdir'].includes(words[0]?.text ?? '');

/** Where `cd` leads from each folder it may start in. `certain`: the folder is there, so it does not fail. */
function changeFolders(
  { words, within, redirects, assignments }: ShellCommand,
  from: readonly string[],
  facts: Facts,
): { folders: string[]; certain: boolean; verdict: Verdict } {
  const to = words[1]?.text;
  const loops = within.includes('loop') && !within.slice(within.lastIndexOf('loop')).includes('subshell');
  const plain =
    words[0]?.text === 'cd' &&
    words.length === 2 &&
    to !== undefined &&
    to !== '' &&
    !to.startsWith('-') &&
    assignments.length === 0 &&
    redirects.every(({ target }) => target.text === '/dev/null' || /^[12]$/.test(target.text ?? '')) &&
    !loops;
  const verdicts =
    to === undefined || to === '' || to === '-' ? [] : from.map((folder) => judgePath('read', to, facts, { folder }));
  if (!plain) {
    const outside = verdicts.find((verdict) => verdict.effect === 'deny');
    return {
      folders: [...from],
      certain: false,
      verdict: outside ?? askFirmly('script.folder', 'it changes the folder in a way that is not followed'),
    };
  }
  const [first, ...rest] = verdicts;
  const verdict = strictest(first as Verdict, ...rest);
  const keys = from.map((folder) => lookupPathOf(to, folder, facts.root).key);
  const certain = keys.every((key) => key === '' || targetAt(key, facts)?.kind === 'directory');
  return {
    folders: [...new Set(keys)],
    certain,
    verdict: verdict.effect === 'allow' ? { ...verdict, commandKind: 'read' } : verdict,
  };
}

/** Something fetched and something that runs code in one pipe. */
function pipedCode(commands: readonly ShellCommand[]): Verdict | undefined {
  const piped = commands
    .filter((command) => command.within.some((how) => how === 'pipe' || how === 'substitution'))
    .map((command) => command.words[0]?.text ?? '');
  const all = commands.map((command) => command.words[0]?.text ?? '');
  const fetcher = piped.find((name) => FETCHERS.has(name));
  const shell = all.find((name) => SHELLS.has(name));
  return fetcher && shell
    ? askFirmly('command.piped-code', because`${shell} would run what ${fetcher} fetches`)
    : undefined;
}
