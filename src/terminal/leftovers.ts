/** Asks about files that a run left half way, where somebody is there to answer; else says them and what takes them back. */
import type { OpenExec } from '../core/facade.js';
import { leftoverQuestion } from '../core/view/leftovers.js';
import type { Context } from './context.js';
import { rollback } from './rollback-command.js';
import { oneLine } from './style.js';

/** `run`: of that one alone; absent = before the next run. False = it was not decided, and nothing should begin. */
export async function settleLeftovers(context: Context, openexec: OpenExec, run?: string): Promise<boolean> {
  for (const left of await openexec.request('run/leftovers', run === undefined ? {} : { run })) {
    const question = leftoverQuestion(left);
    const command = `openexec rollback ${left.run} --task ${left.task}`;
    const said = `${question.title} ${question.detail}`;
    if (!context.asks) {
      context.note(oneLine(`${said}. It stays; ${command} takes it back.`, 1000));
      continue;
    }
    context.line(oneLine(said, 1000));
    context.line(`  k  ${question.keep.label}: ${question.keep.detail}`);
    context.line(`  r  ${question.rollBack.label}: ${question.rollBack.detail}`);
    const typed = (await context.terminal.ask('[k]eep or [r]oll back? ', context.signal))?.trim().toLowerCase();
    if (typed === undefined) return false;
    if (typed === 'r') await rollback(context, left.run, { task: left.task });
  }
  return true;
}
