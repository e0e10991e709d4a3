/**
 * A run as JSON, in pieces: joined, they are one document with the report's data, every event and every row.
 * No piece holds more than a page.
 */
import { OpenExecError } from '../errors.js';
import type { RunRecord } from '../model/run.js';
import type { Store } from '../ports/ports.js';
import type { ReportData } from './report-data.js';

const PAGE = 1000;

export interface JsonPiece {
  text: string;
  /** Names the next piece; null after the last. */
  next: string | null;
}

/** `from` is what the piece before named; absent = the first. Errors: request-invalid. */
export async function exportJson(
  store: Store,
  run: RunRecord,
  from: string | undefined,
  data: () => Promise<ReportData>,
  redact: (text: string) => string,
): Promise<JsonPiece> {
  const clean = (value: unknown): string =>
    JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'string' ? redact(inner) : inner));
  const list = (rows: readonly unknown[], first: boolean): string =>
    rows.map((row, index) => `${first && index === 0 ? '' : ',\n'}${clean(row)}`).join('');
  if (from === undefined) {
    const { root: _root, ...record } = run;
    return {
      text: `{"format":"openexec-run","version":1,\n"run":${clean(record)},\n"report":${clean(await data())},\n"events":[`,
      next: 'events/0',
    };
  }
  const [part, at] = from.split('/');
  const index = Number(at);
  if (!Number.isInteger(index) || index < 0)
    throw new OpenExecError('request-invalid', { problem: `there is no part ${from}` });
  if (part === 'events') {
    const events = await store.events(run.id, index, PAGE);
    const last = events.at(-1)?.seq;
    const text = list(events, index === 0);
    return events.length < PAGE || last === undefined
      ? { text: `${text}],\n"steps":[`, next: 'steps/0' }
      : { text, next: `events/${last}` };
  }
  if (part === 'steps') return await stepsOf(store, run, index, list);
  if (part === 'rows') {
    const rows = {
      approvals: await store.approvals(run.id),
      changeSets: await store.changeSets(run.id),
      fileImages: await store.fileImages(run.id),
      commits: await store.commits(run.id),
    };
    const withoutRoot = <T extends { root?: unknown }>(items: readonly T[]) =>
      items.map(({ root: _root, ...row }) => row);
    return {
      text: `"approvals":[${list(rows.approvals, true)}],\n"changeSets":[${list(withoutRoot(rows.changeSets), true)}],\n"fileImages":[${list(withoutRoot(rows.fileImages), true)}],\n"commits":[${list(rows.commits, true)}]}\n`,
      next: null,
    };
  }
  throw new OpenExecError('request-invalid', { problem: `there is no part ${from}` });
}

/**
 * One task with its steps, each with its calls.
 * What was worked on beside the tasks (a story's check) comes last, under no name.
 */
async function stepsOf(
  store: Store,
  run: RunRecord,
  index: number,
  list: (rows: readonly unknown[], first: boolean) => string,
): Promise<JsonPiece> {
  const task = run.tasks[index];
  const named = new Set(run.tasks);
  const steps =
    task === undefined
      ? (await store.steps(run.id)).filter((step) => !named.has(step.task))
      : await store.steps(run.id, task);
  const rows: unknown[] = [];
  for (const step of steps) rows.push({ ...step, calls: await store.calls(step.key) });
  const text = list([{ task: task ?? '', steps: rows }], index === 0);
  return task === undefined ? { text: `${text}],\n`, next: 'rows/0' } : { text, next: `steps/${index + 1}` };
}
