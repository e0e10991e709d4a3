/** The stored events of a run, and a step of it as a person names it. */
import { OpenExecError } from '../core/errors.js';
import type { OpenExec } from '../core/facade.js';
import type { RunEvent } from '../core/model/event.js';
import { eventPages } from '../core/view/feed.js';

export async function allEvents(openexec: OpenExec, run: string): Promise<RunEvent[]> {
  const all: RunEvent[] = [];
  for await (const page of eventPages((after, limit) => openexec.request('run/events', { run, after, limit })))
    all.push(...page);
  return all;
}

/** A whole key, or the beginning or the end of one that fits a single step. Errors: usage, step-not-found. */
export async function findStep(openexec: OpenExec, run: string, named: string): Promise<string> {
  const steps = new Set(
    (await allEvents(openexec, run)).flatMap((event) => (event.type === 'stage-started' ? [event.step] : [])),
  );
  if (steps.has(named)) return named;
  const fits = [...steps].filter(
    (step) => step.endsWith(`/${named}`) || step.slice(run.length + 1).startsWith(`${named}/`),
  );
  const [only] = fits;
  if (only !== undefined && fits.length === 1) return only;
  if (fits.length > 1)
    throw new OpenExecError('usage', {
      problem: `“${named}” fits ${fits.length} steps: ${fits.slice(0, 8).join(', ')}${fits.length > 8 ? ', …' : ''}`,
    });
  throw new OpenExecError('step-not-found', { step: named });
}
