/**
 * What a package script does, from the package.json of its folder:
 * its name lets it run unasked, its text can take that back.
 */
import { SCRIPT_NAME } from './known-commands.js';
import { judgeInside } from './shells.js';
import { allow, ask, type CommandContext, type Verdict, because, said } from './types.js';

/**
 * What a person looks at also in a script whose name would let it run:
 * it leaves the machine, fetches code, or destroys.
 */
const TAKES_BACK = new Set([
  'command.network',
  'command.install',
  'command.piped-code',
  'command.privilege',
  'command.schedule',
  'command.git-destructive',
  'command.destructive',
  'command.system',
  'command.hidden',
]);

/**
 * `script` as npm would run it, with what runs before and after it.
 * undefined: neither its name nor its text lets it run unasked.
 */
export function judgePackageScript(script: string, folder: string, context: CommandContext): Verdict | undefined {
  const byName = SCRIPT_NAME.test(script);
  const scripts = scriptsOf(folder, context.facts);
  const named = byName
    ? allow('command.package-script', because`the package script ${script} runs unasked by its name`, 'check')
    : undefined;
  if (!scripts) return named;
  const texts = [`pre${script}`, script, `post${script}`].flatMap((name) =>
    Object.hasOwn(scripts, name) ? [scripts[name] ?? ''] : [],
  );
  if (texts.length === 0) return named;
  let inside: Verdict | undefined;
  for (const text of texts) {
    if (context.depth > 4) break;
    const verdict = judgeInside(text, { ...context, folder, piped: false, depth: context.depth + 1 });
    if (verdict.effect !== 'allow' && TAKES_BACK.has(verdict.rule))
      return { ...verdict, reason: because`the package script ${script} says: ${said(verdict.reason)}` };
    if (verdict.effect !== 'allow') inside = verdict;
  }
  if (named) return named;
  return inside
    ? undefined
    : allow('command.package-script', because`what the package script ${script} says runs unasked`, 'check');
}

/** Of the nearest package.json, as package managers look for it; above the root it is not looked for. */
function scriptsOf(
  folder: string,
  { packages, missing }: CommandContext['facts'],
): Readonly<Record<string, string>> | undefined {
  for (let at = folder; ; at = at.includes('/') ? at.slice(0, at.lastIndexOf('/')) : '') {
    const found = packages?.get(at);
    if (found) return found;
    if (found === undefined) missing?.packages.add(at);
    if (at === '') return undefined;
  }
}

export const askForScript = (script: string): Verdict =>
  ask(
    'command.package-script',
    because`the package script ${script.slice(0, 60)} is not named test, lint, build, check or typecheck`,
  );
