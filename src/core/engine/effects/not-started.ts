/** A program that a model named and that cannot be started is the model's mistake: it is told what to write instead. */
import { nearest } from '../../blueprint/nearest.js';
import { isOpenExecError } from '../../errors.js';
import { sentenceOf } from '../../view/sentences.js';
import type { StepContext } from '../../record/step-context.js';
import { showLine } from '../../text/harmless.js';

/** As a shell would say it: 127 not found, 126 not to be started. undefined: another kind of failure. */
export async function notStarted(
  ctx: StepContext,
  error: unknown,
  { argv, cwd }: { argv: readonly string[]; cwd: string },
): Promise<{ exitCode: 126 | 127; text: string } | undefined> {
  if (isOpenExecError(error, 'command-not-found')) return { exitCode: 127, text: await missing(ctx, argv, cwd) };
  if (
    isOpenExecError(error, 'command-denied') ||
    isOpenExecError(error, 'path-outside') ||
    isOpenExecError(error, 'request-invalid')
  )
    return { exitCode: 126, text: sentenceOf(error.code, error.params) };
  return undefined;
}

/** Words of a shell that are no programs. */
const OF_A_SHELL = new Set(
  'cd source . export set unset alias eval exec type pushd popd shopt local declare'.split(' '),
);
/** Files that are looked through for a name that is near. */
const LOOKED_AT = 20_000;

async function missing(ctx: StepContext, argv: readonly string[], cwd: string): Promise<string> {
  const [name = '', ...rest] = argv;
  const said = `The program “${showLine(name)}” was not found.`;
  if (cwd !== '' && !(await isFolder(ctx, cwd)))
    return `There is no folder ${showLine(cwd)}: cwd is a folder of the project.`;
  if (OF_A_SHELL.has(name))
    return `${said} It is a word of a shell, and commands are started without one.${name === 'cd' ? ` Give the folder as cwd${rest[0] ? `: ${JSON.stringify(rest[0])}` : ''}.` : ''}`;
  if (/[|&;<>`$]/.test(name) || (/\s/.test(name.trim()) && /["']/.test(name)))
    return `${said} A command is a list of one program and its arguments, and no shell reads it: no quotes, pipes, && or variables.`;
  if (/\s/.test(name.trim()))
    return `${said} Each argument is an item of its own: ${JSON.stringify([...name.trim().split(/\s+/), ...rest])}.`;
  if (!/[/\\]/.test(name)) return `${said} It is not installed here, or its name is another.`;
  return `${said}${await nearPath(ctx, name, cwd)}`;
}

async function isFolder({ run, root }: StepContext, path: string): Promise<boolean> {
  try {
    return (await run.ports.workspace.stat(root, path))?.kind === 'directory';
  } catch {
    return false; // a path that cannot be
  }
}

/** What is there, and what is near. O(files of the project), at most LOOKED_AT. */
async function nearPath({ run, root, signal }: StepContext, name: string, cwd: string): Promise<string> {
  const wanted = [...cwd.split('/'), ...name.replaceAll('\\', '/').split('/')].filter(
    (part) => part !== '' && part !== '.',
  );
  const path = wanted.join('/');
  const { paths } = await run.ports.workspace.files(root, LOOKED_AT, signal);
  if (paths.includes(path))
    return ` The file is there and may not be executed: start it by its interpreter, as in ["sh", ${JSON.stringify(name)}].`;
  const file = wanted.at(-1) ?? '';
  const same = paths.filter((other) => other.endsWith(`/${file}`) || other === file);
  const close = same.length > 0 ? same : [nearest(path, paths) ?? []].flat();
  return close.length === 0 ? '' : ` There is: ${close.slice(0, 5).map(showLine).join(', ')}.`;
}
