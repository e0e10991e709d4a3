/** What binds an approval to a command, and what a person is told a script may do. */
import { showText } from '../text/harmless.js';
import type { Sandbox } from '../model/policy.js';
import type { Hash } from '../model/primitives.js';
import type { ShellParse } from '../ports/ports.js';
import { FETCHERS } from './judge-argv.js';
import { ASKED_PROGRAMS, WRITING_PROGRAMS } from './risky-commands.js';

/** sha256(text \n folder \n sandbox): a yes to one is no yes to the same text elsewhere, or with more freedom. */
export const scriptHash = (text: string, folder: string, sandbox: Sandbox, sha256: (data: string) => Hash): Hash =>
  sha256(`${text}\n${folder === '.' ? '' : folder}\n${sandbox}`);

/** The same for a vector: its JSON, so that no two vectors share a text. */
export const argvHash = (
  argv: readonly string[],
  folder: string,
  sandbox: Sandbox,
  sha256: (data: string) => Hash,
): Hash => scriptHash(JSON.stringify(argv), folder, sandbox, sha256);

const network = new Set([
  ...FETCHERS,
  ...(ASKED_PROGRAMS.find(({ rule }) => rule === 'command.network')?.names ?? []),
  ...(ASKED_PROGRAMS.find(({ rule }) => rule === 'command.install')?.names ?? []),
]);

/** One line each, for the approval sheet. `needsNetwork`: the task declared it, so the sandbox lets it through. */
export function explainMay(parsed: ShellParse, needsNetwork = false): string[] {
  const lines: string[] = [];
  if (parsed.ok) {
    const names = [
      ...new Set(
        parsed.commands.map(({ words }) => words[0]?.text).filter((name) => name !== undefined && name !== '['),
      ),
    ];
    if (names.length > 0) lines.push(`runs ${names.map((name) => showText(name ?? '')).join(', ')}`);
    for (const { words, redirects } of parsed.commands) {
      for (const { op, target } of redirects)
        if (
          op.includes('>') &&
          !(op.includes('&') && /^[\d-]+$/.test(target.text ?? '')) &&
          target.text !== '/dev/null'
        )
          lines.push(`writes to ${showText(target.text ?? target.source)}`);
      if (WRITING_PROGRAMS.has(words[0]?.text ?? ''))
        lines.push(`changes files: ${words.map((word) => showText(word.text ?? word.source)).join(' ')}`);
    }
    const unknown = parsed.commands.some(
      ({ words, redirects }) =>
        words.some((word) => word.text === undefined && !/^[\w./*?-]+$/.test(word.source)) ||
        redirects.some(({ target }) => target.text === undefined),
    );
    if (unknown) lines.push('depends on values known only at run time');
    if (!needsNetwork && names.some((name) => network.has(name ?? ''))) lines.push('wants the network, which is off');
  } else lines.push(`cannot be taken apart with certainty: ${parsed.reason}`);
  return [...new Set([...lines, needsNetwork ? 'network: on' : 'network: off'])];
}
