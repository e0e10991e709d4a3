/** A run looked at again from a terminal: replayed exactly, begun anew from a step, compared with another, written as a report. */
import type { Divergence } from '../core/model/requests.js';
import { finishedRun } from '../core/model/status.js';
import { chooseRun } from './choose.js';
import { EXIT, type Context, type ExitCode } from './context.js';
import { oneLine } from './style.js';
import { plural } from './words.js';

const none = 'There is no run yet. Start one with openexec run.';

/** Exit 0: equal. 1: it diverged. */
export async function replay(context: Context, name: string | undefined): Promise<ExitCode> {
  const openexec = await context.openexec();
  const record = await chooseRun(openexec, name, () => true, none);
  const shown = context.terminal.out.isTTY && !context.json ? openexec.onProgress((progress) => {
    if (progress.run === record.id && progress.stage === 'replay') context.terminal.err.write(`\r${progress.text} events`);
  }) : undefined;
  let result;
  try {
    result = await openexec.request('run/replay', { run: record.id }, context.signal);
  } finally {
    if (shown) context.terminal.err.write('\r\u001b[K');
    shown?.dispose();
  }
  if (context.json) context.document({ run: record.id, ...result });
  else {
    const { style } = context;
    const what = `${oneLine(record.title)} (${record.id})`;
    if (result.divergence) {
      context.line(`${style.red('different')}  ${what}: the first ${plural(result.events, 'event')} were said again, then not.`);
      printDivergence(context, result.divergence);
    } else {
      context.line(`${style.green('equal')}  ${what}: ${plural(result.events, 'event')} said again, the state compared after each of ${plural(result.steps, 'step')}.`);
      context.line(style.dim(`state ${result.stateHash}${finishedRun(record.status) ? '' : ` · the run is ${record.status}; this is as far as its record goes`}`));
    }
  }
  return result.equal ? EXIT.done : EXIT.failed;
}

function printDivergence(context: Context, found: Divergence): void {
  const { style } = context;
  context.line(`  ${oneLine(found.what, 300)}`);
  const place = [`event ${found.seq}`, found.call ?? found.step ?? found.task].filter(Boolean).join(' · ');
  context.line(style.dim(`  ${oneLine(place, 300)}`));
  context.line(`  then  ${oneLine(found.then, 700)}`);
  context.line(`  now   ${oneLine(found.now, 700)}`);
}
