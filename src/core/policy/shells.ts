/** `bash -c '…'` and its kin: the script inside is taken apart like any other; what is not there to be read asks. */
import { judgePath } from './judge-path.js';
import { allow, ask, askFirmly, strictest, type CommandContext, type Verdict, type Word, because } from './types.js';

/** They read a script as the grammar does; what the others make of it may differ. */
const POSIX_SHELLS = new Set(['sh', 'bash', 'dash', 'ash']);
const OTHER_SHELLS = new Set(['zsh', 'ksh', 'fish', 'csh', 'tcsh']);
const LONG_FLAGS = new Set(['--login', '--norc', '--noprofile', '--posix', '--verbose']);

/** undefined: not one of these shells. */
export function judgeShell(name: string, args: readonly Word[], context: CommandContext): Verdict | undefined {
  if (!POSIX_SHELLS.has(name) && !OTHER_SHELLS.has(name)) return undefined;
  let at = 0;
  let command = false;
  let check = false;
  for (; at < args.length; at += 1) {
    const text = args[at]?.text;
    if (text === undefined || !/^[-+]./.test(text)) break;
    if (LONG_FLAGS.has(text)) continue;
    if (!/^[-+][celnuvxof]+$/.test(text))
      return ask('command.code', because`${name} has an option that is not on the list: ${text.slice(0, 40)}`);
    if (text.startsWith('-') && text.includes('c')) command = true;
    else if (text.includes('c'))
      return ask('command.code', because`${name} has an option that is not on the list: ${text}`);
    if (text.startsWith('-') && text.includes('n')) check = true;
    if (text.includes('o')) at += 1;
  }
  const first = args[at];
  if (args.length === 1 && first === undefined && args[0]?.text === '--version')
    return allow('command.read-only', because`${name} says its version`, 'read');
  if (!first)
    return context.piped
      ? askFirmly('command.piped-code', because`${name} would run what is piped into it`)
      : ask('command.code', because`${name} would run what it is given on its standard input`);
  if (first.text === undefined)
    return askFirmly(
      'command.run-time-value',
      because`what ${name} runs is known only at run time: ${first.source.slice(0, 60)}`,
    );
  if (!command) {
    const file = judgePath('read', first.text, context.facts, { folder: context.folder });
    return check
      ? file.effect === 'allow'
        ? allow('command.read-only', because`${name} only checks the script’s spelling`, 'read')
        : file
      : strictest(ask('command.code', because`${name} runs a script: what is in it is not looked at`), file);
  }
  const verdict = judgeInside(first.text, context);
  return POSIX_SHELLS.has(name)
    ? verdict
    : strictest(ask('command.code', because`${name} may read the script in its own way`), verdict);
}

/** The verdict about a script that stands inside a command. */
export function judgeInside(text: string, context: CommandContext): Verdict {
  const { scripts, missing } = context.facts;
  const parsed = scripts?.get(text);
  if (!parsed) {
    missing?.scripts.add(text);
    return ask('command.code', 'the script inside it was not looked at');
  }
  return context.script(text, parsed, { ...context, depth: context.depth + 1 });
}
