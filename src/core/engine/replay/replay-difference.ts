/** What differs between a run and its replay, in words and with both values. Pure. */
import { canonicalJson } from '../../../base/canonical.js';
import type { EventBody, RunEvent } from '../../model/event.js';
import type { CallRecord } from '../../model/records.js';
import type { Write } from '../../ports/ports.js';

const MAX = 600;
const short = (text: string): string => (text.length > MAX ? `${text.slice(0, MAX)}…` : text);
const hidden = new Set(['v', 'run', 'seq', 'at', 'durationMs']);

/** The event's type and, beside another of the same type, only the fields in which they differ. */
export function describeEvent(event: EventBody | RunEvent, other?: EventBody | RunEvent): string {
  const fields = Object.entries(event).filter(([name]) => name !== 'type' && !hidden.has(name));
  const beside = other?.type === event.type ? (other as unknown as Record<string, unknown>) : undefined;
  const differing = beside
    ? fields.filter(([name, value]) => canonicalJson(value ?? null) !== canonicalJson(beside[name] ?? null))
    : fields;
  const shown = (differing.length > 0 ? differing : fields).map(
    ([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return short(`${event.type} { ${shown.join(', ')} }`);
}

export const describeGap = (how: RunEvent | undefined): string =>
  how ? `nothing more: ${describeEvent(how)}` : 'nothing: the record ends here';

/** A call's row and what it told the timeline must say the same. `turn`: the model's answer as stored. */
export function checkCall(
  call: CallRecord,
  told: readonly EventBody[],
  journal: readonly Write[],
  turn: unknown,
): { kind: 'call'; what: string; then: string; now: string } | undefined {
  const result = (typeof call.result === 'object' && call.result !== null ? call.result : {}) as Record<
    string,
    unknown
  >;
  const pairs: [string, unknown, unknown][] = [];
  for (const event of told) {
    if (event.type === 'model-called' && event.call === call.key) {
      const { content = [], stop } = (turn ?? {}) as { content?: { type: string; name?: string }[]; stop?: string };
      const used = content.flatMap((block) => (block.type === 'tool-use' ? [block.name] : []));
      pairs.push(
        ['the request', call.input, event.request],
        ['the answer', result['response'], event.response],
        ['tokens', call.usage, event.usage],
        ['the cost', call.costUsd ?? null, event.costUsd],
        ['how it stopped', stop, event.stop],
        ['the tools it used', used, event.tools],
      );
    } else if (event.type === 'command-run' && event.call === call.key) {
      pairs.push(
        ['the exit code', result['exitCode'], event.exitCode],
        ['the time limit', result['timedOut'], event.timedOut],
        ['the duration', result['durationMs'], event.durationMs],
        ['the size of the output', result['bytes'], event.bytes],
        ['the log', result['log'], event.log],
      );
    } else if (event.type === 'tool-called' && event.call === call.key) {
      const content = typeof result['content'] === 'string' ? result['content'] : '';
      pairs.push(
        ['the tool', call.name, event.tool],
        ['the outcome', result['outcome'], event.outcome],
        ['the result', (content.split('\n')[0] ?? '').slice(0, 200), event.summary],
      );
    } else if (event.type === 'commit-made' && call.kind === 'commit') {
      pairs.push(['the commit', result['sha'], event.sha]);
    } else if (event.type === 'changes-applied' && call.kind === 'apply') {
      const images = journal.flatMap((write) =>
        write.table === 'file_images' ? [[write.row.path, write.row.before, write.row.after]] : [],
      );
      pairs.push(
        ['whether it was applied', result['outcome'], 'applied'],
        ['the files', images, event.files.map((file) => [file.path, file.before, file.after])],
      );
    }
  }
  const odd = pairs.find(([, row, event]) => canonicalJson(row ?? null) !== canonicalJson(event ?? null));
  return (
    odd && {
      kind: 'call',
      what: `${odd[0]} of ${call.kind} ${call.name}: its record and the timeline`,
      then: short(canonicalJson(odd[2] ?? null)),
      now: short(canonicalJson(odd[1] ?? null)),
    }
  );
}
