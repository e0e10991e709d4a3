/** A stored event as lines of a terminal: the view's words, indented by whose they are and painted by their tone. */
import { plain } from '../core/view/translate.js';
import type { RunEvent } from '../core/model/event.js';
import { duration, money } from '../core/view/amounts.js';
import { auditOf } from '../core/view/audit.js';
import { describeEvent, type EventView, type FileView } from '../core/view/events.js';
import type { Tone } from '../core/view/looks.js';
import { indent, oneLine, type Style } from './style.js';

const TAIL_LINES = 8;
const INDENT: Record<EventView['level'], string> = { run: '', task: '', stage: '  ', call: '    ' };

/** undefined for what only a closer look needs. */
export function eventLine(event: RunEvent, style: Style): string | undefined {
  const view = describeEvent(event, plain);
  if (view.minor) return undefined;
  const by = INDENT[view.level];
  const lines = [
    by + headOf(event, view, style),
    ...(listed(event, view) ? view.files.map((file) => `${by}  ${fileLine(file, style)}`) : []),
    ...view.left.map((path) => style.yellow(`${by}  left as it is: ${oneLine(path)}`)),
  ];
  const tail = view.output.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  if (tail !== '') lines.push(style.dim(indent(tail, `${by}  `)));
  return lines.join('\n');
}

/** Of a change of one file its own line says all. */
const listed = (event: RunEvent, view: EventView): boolean =>
  view.files.length > 1 || (view.files.length === 1 && event.type !== 'changes-applied');

function headOf(event: RunEvent, view: EventView, style: Style): string {
  // Below a task a success is the rule; the list of files says what the detail would.
  const word = view.tone === 'good' && view.level !== 'task' ? '' : view.word;
  const detail = listed(event, view) ? '' : oneLine(view.detail);
  const amounts = [
    view.durationMs === undefined ? '' : duration(view.durationMs, plain),
    view.costUsd === undefined ? '' : money(view.costUsd, plain),
    view.checkpoint ? 'checkpoint' : '',
  ];
  const rest = (...parts: string[]): string => parts.filter((part) => part !== '').join(' · ');
  if (view.wordFirst) return style.yellow(rest(`${view.word}: ${oneLine(view.label)}`, detail, ...amounts));
  const label = `${event.type === 'command-run' ? '$ ' : ''}${oneLine(view.label)}`;
  const text = rest(detail, paintWord(view, word, style), ...amounts);
  if (view.level === 'run') {
    const said = `${label.charAt(0).toUpperCase()}${label.slice(1)}`;
    return view.tone === 'care' ? style.yellow(rest(said, text)) : rest(style.bold(said), text);
  }
  const head = text === '' ? label : `${view.level === 'task' ? style.bold(label) : label}  ${text}`;
  return view.level === 'call' && view.tone === 'plain' && event.type !== 'command-run' ? style.dim(head) : head;
}

const SIGN: Record<Tone, string> = { good: '✓ ', bad: '✗ ', care: '? ', dim: '– ', live: '', plain: '' };
const PAINT: Partial<Record<Tone, 'green' | 'red' | 'yellow'>> = { good: 'green', bad: 'red', care: 'yellow' };

function paintWord({ tone, level }: EventView, word: string, style: Style): string {
  const paint = PAINT[tone];
  const said = level === 'task' && word !== '' ? SIGN[tone] + word : word;
  return paint ? style[paint](said) : said;
}

const fileLine = (file: FileView, style: Style): string =>
  `${file.op} ${oneLine(file.path)}  ${style.green(`+${file.added}`)} ${style.red(`−${file.removed}`)}`;

/** What an audit asks of an event: when, what was decided or done, who, rule, hash; undefined where it asks nothing. */
export function auditLine(event: RunEvent, style: Style): string | undefined {
  const at = style.dim(new Date(event.at).toISOString());
  const lines = auditOf(event, plain).map(({ verb, what, notes }) =>
    [at, verb.padEnd(8), oneLine(what), ...notes.map((note) => oneLine(note))].join('  '),
  );
  return lines.length > 0 ? lines.join('\n') : undefined;
}
