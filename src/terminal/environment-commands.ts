/** The project's own programs: which there are, whether commands use them, and a person's yes or no to them. */
import type { OpenExec } from '../core/facade.js';
import type { EnvironmentHere } from '../core/model/environment.js';
import { environmentLine } from '../core/view/environment-name.js';
import { EXIT, type Context, type ExitCode } from './context.js';
import { oneLine } from './style.js';

const waits = ({ state }: EnvironmentHere): boolean => state === 'new' || state === 'changed';

export async function environments(context: Context, options: { use?: boolean; decline?: boolean }): Promise<ExitCode> {
  const openexec = await context.openexec();
  const before = (await openexec.request('environment/list', {})).environments;
  if (options.use || options.decline)
    await openexec.request('environment/settle', {
      hashes: before.filter((one) => one.asks).map((one) => one.hash),
      use: options.decline !== true,
    });
  const { environments: now } = await openexec.request('environment/list', {});
  if (context.json) {
    context.document({ environments: now });
    return EXIT.done;
  }
  if (now.length === 0) context.line('The project brings no programs of its own: commands find those on your PATH.');
  printEnvironments(context, now);
  if (now.some(waits))
    context.note('openexec environment --use lets commands use them; --decline has them go on without.');
  return EXIT.done;
}

export function printEnvironments(context: Context, found: readonly EnvironmentHere[]): void {
  for (const one of found) {
    const line = oneLine(environmentLine(one), 500);
    context.line(waits(one) || one.state === 'missing' ? context.style.yellow(line) : line);
  }
}

/** Where a person is there: asked once, before commands would. Nothing is said where nothing is to be decided. */
export async function offerEnvironments(context: Context, openexec: OpenExec): Promise<void> {
  if (!context.asks || context.json) return;
  const open = (await openexec.request('environment/list', {})).environments.filter(waits);
  if (open.length === 0) return;
  printEnvironments(context, open);
  const said = (await context.terminal.ask('Use them? [y/n, Enter decides later] ', context.signal))?.trim() ?? '';
  if (/^y(es)?$/i.test(said) || /^no?$/i.test(said))
    await openexec.request('environment/settle', {
      hashes: open.map((one) => one.hash),
      use: /^y/i.test(said),
    });
}
