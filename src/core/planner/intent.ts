/**
 * Reads an intent: a sentence, or a document with sections such as INTENT.md. The text itself is kept byte for byte.
 */
export interface IntentItem {
  /** As written before the text, e.g. G-001 or REQ-2; '' when there is none. */
  id: string;
  text: string;
  /** A ticked box. */
  done: boolean;
  /** Lines below it. */
  details: string[];
}

export interface Intent {
  raw: string;
  /** 'Untitled' when there is no `# ` line. */
  title: string;
  goals: IntentItem[];
  requirements: IntentItem[];
  constraints: IntentItem[];
  /** Stated as `Flow: refactor`, alone on its line or as a list item; never inferred. */
  flow?: 'greenfield' | 'refactor' | 'existing';
  /** Stated as `Scope: surgical`. */
  scope?: 'epic' | 'surgical';
}

type Section = 'goals' | 'requirements' | 'constraints';

const sections: Readonly<Record<string, Section>> = {
  goal: 'goals',
  goals: 'goals',
  objective: 'goals',
  objectives: 'goals',
  requirement: 'requirements',
  requirements: 'requirements',
  'functional requirements': 'requirements',
  'user stories': 'requirements',
  stories: 'requirements',
  features: 'requirements',
  constraint: 'constraints',
  constraints: 'constraints',
  'technical constraints': 'constraints',
  'non functional': 'constraints',
  'non functional requirements': 'constraints',
  nfr: 'constraints',
  nfrs: 'constraints',
};

/** Lower case, trimmed, `-` and `_` as spaces, without numbering and colon. */
export const sectionName = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[-_]/g, ' ')
    .replace(/^\s*\d+[.)]\s*/, '')
    .replace(/[:*\s]+$/, '')
    .replace(/\s+/g, ' ')
    .trim();

export function parseIntent(raw: string): Intent {
  const intent: Intent = { raw, title: 'Untitled', goals: [], requirements: [], constraints: [] };
  let section: Section | undefined;
  let item: IntentItem | undefined;
  let fence: string | undefined;
  let titled = false;
  for (const line of raw.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const mark = /^\s*(```+|~~~+)/.exec(line)?.[1];
    if (mark && (fence === undefined || mark.startsWith(fence))) fence = fence === undefined ? mark : undefined;
    if (fence !== undefined || mark) continue;
    stated(line, intent);

    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line) ?? /^()\*\*([^*]+)\*\*\s*:?\s*$/.exec(line);
    if (heading) {
      const [, level = '', text = ''] = heading;
      if (level === '#' && !titled) {
        intent.title = text.replace(/^intent\s*:\s*/i, '').trim() || 'Untitled';
        titled = true;
      }
      const name = sectionName(text);
      const known = Object.hasOwn(sections, name) ? sections[name] : undefined;
      // A deeper heading inside a section is one of its items: "### US-001: Log in".
      if (!known && section && level.length > 2) item = add(intent[section], text);
      else [section, item] = [known, undefined];
      continue;
    }
    if (!section) continue;
    const bullet = /^(\s*)(?:[-*+•]|\d+[.)])\s+(.*)$/.exec(line);
    if (bullet && (bullet[1] ?? '').length < 2) item = add(intent[section], bullet[2] ?? '');
    else if (item && line.trim() !== '') item.details.push((bullet?.[2] ?? line).trim());
  }
  return intent;
}

function stated(line: string, intent: Intent): void {
  const found = /^\s*(?:[-*+]\s+)?\**(flow|scope)\**\s*:\s*\**\s*`?([a-z]+)`?\**\s*\.?\s*$/i.exec(line);
  const value = found?.[2]?.toLowerCase();
  if (found?.[1]?.toLowerCase() === 'flow' && (value === 'greenfield' || value === 'refactor' || value === 'existing'))
    intent.flow ??= value;
  if (found?.[1]?.toLowerCase() === 'scope' && (value === 'epic' || value === 'surgical')) intent.scope ??= value;
}

/** The first of two that differ only in case stays. */
function add(items: IntentItem[], written: string): IntentItem | undefined {
  const box = /^\[([ xX])\]\s*(.*)$/.exec(written.trim());
  const plain = (box?.[2] ?? written).trim();
  const named = /^\**((?:G|REQ|R|US|C|NFR|FR|AC)-?\d+)\**\s*[:.)–-]+\s*(.+)$/i.exec(plain);
  const text = (named?.[2] ?? plain).replace(/^\*\*(.+)\*\*$/, '$1').trim();
  if (text === '' || items.some((item) => item.text.toLowerCase() === text.toLowerCase())) return undefined;
  const item: IntentItem = { id: named?.[1] ?? '', text, done: box?.[1]?.toLowerCase() === 'x', details: [] };
  items.push(item);
  return item;
}

/** A name for what is planned: the title, else the first words of the text. */
export function intentName(intent: Intent): string {
  if (intent.title !== 'Untitled') return intent.title.slice(0, 80);
  const line =
    intent.raw
      .split('\n')
      .map((one) => one.replace(/[\p{Cc}]/gu, ' ').trim())
      .find((one) => one !== '') ?? 'New plan';
  const sentence = /^[^.!?\n]{3,}/.exec(line)?.[0] ?? line;
  return sentence.length <= 60 ? sentence : `${sentence.slice(0, 60).replace(/\s+\S*$/, '')}…`;
}
