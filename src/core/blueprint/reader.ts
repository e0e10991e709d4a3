/**
 * Reads values out of a YAML document and remembers where each one stood. It walks the syntax tree only as deep as a
 * blueprint goes and follows each alias in one look-up, so a file of nested or numberless aliases cannot blow up.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Alias,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import type { BlueprintProblem, BlueprintProblemCode, Span } from '../model/blueprint.js';

/** A value and the place it was read from. */
export interface At<T> {
  value: T;
  span: Span;
}

export interface Entry {
  key: At<string>;
  node: Node | null;
}

export interface Reader {
  readonly problems: BlueprintProblem[];
  readonly contents: Node | null;
  /** From the first character to the end of the first line: for what is missing altogether. */
  readonly top: Span;
  /** Every problem says what to write instead. */
  report(
    code: BlueprintProblemCode,
    span: Span,
    message: string,
    hint: string,
    severity?: BlueprintProblem['severity'],
  ): void;
  spanOf(node: Node | null, fallback: Span): Span;
  /** The pairs of a mapping, in order; undefined when it is none. */
  entries(node: Node | null): Entry[] | undefined;
  items(node: Node | null): (Node | null)[] | undefined;
  /** Nothing, null, or a text of spaces. */
  isEmpty(node: Node | null): boolean;
  text(entry: Entry): At<string> | undefined;
  texts(entry: Entry): At<string>[];
  whole(entry: Entry, min: number, max: number): At<number> | undefined;
  flag(entry: Entry): At<boolean> | undefined;
  /** `500ms`, `30s`, `10m`, `1h30m`: milliseconds. */
  duration(entry: Entry): At<number> | undefined;
}

/** One slip early in a file often makes hundreds of errors after it. */
const MAX_SYNTAX_ERRORS = 10;

// eslint-disable-next-line max-lines-per-function -- one method for each kind of value that a blueprint holds, over one parsed text and its problems
export function createReader(source: string): Reader {
  const lines = new LineCounter();
  const document: Document = parseDocument(source, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    merge: false,
  });
  const problems: BlueprintProblem[] = [];

  const span = (from: number, to: number): Span => {
    const start = lines.linePos(from);
    const end = lines.linePos(Math.max(to, from));
    return {
      line: Math.max(1, start.line),
      column: Math.max(1, start.col),
      endLine: Math.max(1, end.line),
      endColumn: Math.max(1, end.col),
    };
  };
  const spanOf = (node: Node | null, fallback: Span): Span =>
    node?.range ? span(node.range[0], node.range[1]) : fallback;
  const report: Reader['report'] = (code, at, message, hint, severity = 'error') => {
    problems.push({ code, severity, ...at, message, hint });
  };
  let targets: ReadonlyMap<Alias, Node> | undefined;
  const followed = (node: Node | null): Node | null => {
    if (!isAlias(node)) return node;
    targets ??= aliasTargets(document);
    return targets.get(node) ?? null;
  };

  const wrong = (entry: Entry, wanted: string, example: string): undefined => {
    report(
      'wrong-type',
      spanOf(entry.node, entry.key.span),
      `“${entry.key.value}” is ${wanted}.`,
      `${entry.key.value}: ${example}`,
    );
    return undefined;
  };
  const scalar = (node: Node | null): unknown => {
    const value = followed(node);
    return isScalar(value) ? value.value : undefined;
  };
  const at = <T>(entry: Entry, value: T): At<T> => ({ value, span: spanOf(entry.node, entry.key.span) });

  for (const error of document.errors.slice(0, MAX_SYNTAX_ERRORS))
    report('yaml-syntax', span(error.pos[0], error.pos[1]), sentence(error.message), syntaxHint(error.code));

  const endOfFirstLine = source.indexOf('\n');
  return {
    problems,
    contents: document.contents as Node | null,
    top: span(0, endOfFirstLine < 0 ? source.length : endOfFirstLine),
    report,
    spanOf,
    entries(node) {
      const map = followed(node);
      if (!isMap(map)) return undefined;
      return (map as YAMLMap).items.map((pair: Pair) => {
        const key = pair.key as Node | null;
        const name = isScalar(key) ? String(key.value) : '';
        return { key: { value: name, span: spanOf(key, span(0, 0)) }, node: pair.value as Node | null };
      });
    },
    items(node) {
      const list = followed(node);
      return isSeq(list) ? (list.items as (Node | null)[]) : undefined;
    },
    isEmpty(node) {
      const value = followed(node);
      return value === null || (isScalar(value) && String(value.value ?? '').trim() === '');
    },
    text(entry) {
      const value = scalar(entry.node);
      return typeof value === 'string'
        ? at(entry, value)
        : typeof value === 'number'
          ? at(entry, String(value))
          : wrong(entry, 'a text', '…');
    },
    texts(entry) {
      const list = followed(entry.node);
      if (typeof scalar(entry.node) === 'string') return [at(entry, String(scalar(entry.node)))];
      if (!isSeq(list)) {
        wrong(entry, 'a list of texts', '[first, second]');
        return [];
      }
      const found: At<string>[] = [];
      for (const item of list.items as (Node | null)[]) {
        const value = scalar(item);
        if (typeof value === 'string') found.push({ value, span: spanOf(item, entry.key.span) });
        else
          report(
            'wrong-type',
            spanOf(item, entry.key.span),
            `“${entry.key.value}” is a list of texts.`,
            'Put quotes around what YAML takes for something else.',
          );
      }
      return found;
    },
    whole(entry, min, max) {
      const value = scalar(entry.node);
      if (typeof value !== 'number' || !Number.isInteger(value)) return wrong(entry, 'a whole number', String(min));
      if (value >= min && value <= max) return at(entry, value);
      report(
        'bad-value',
        spanOf(entry.node, entry.key.span),
        `“${entry.key.value}” is from ${min} to ${max}.`,
        `${entry.key.value}: ${Math.min(max, 3)}`,
      );
      return undefined;
    },
    flag(entry) {
      const value = scalar(entry.node);
      return typeof value === 'boolean' ? at(entry, value) : wrong(entry, 'true or false', 'true');
    },
    duration(entry) {
      const value = scalar(entry.node);
      const ms = typeof value === 'string' ? parseDuration(value) : undefined;
      if (ms === undefined) return wrong(entry, 'a time with its unit, such as 30s, 10m or 1h30m', '10m');
      if (ms >= 100 && ms <= 24 * 3_600_000) return at(entry, ms);
      report(
        'bad-value',
        spanOf(entry.node, entry.key.span),
        `“${entry.key.value}” is from 100ms to 24h.`,
        `${entry.key.value}: 10m`,
      );
      return undefined;
    },
  };
}

/**
 * Which node each alias stands for: the nearest anchor of its name before it.
 * In one walk; the library looks through the whole document for each.
 */
function aliasTargets(document: Document): Map<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Alias(_key, alias) {
      const node = anchors.get(alias.source);
      if (node) targets.set(alias, node);
    },
    Value(_key, node) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `1h30m` → milliseconds; undefined when it is no such thing. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(ms|s|m|h))+$/.test(text.trim())) return undefined;
  return [...text.matchAll(/(\d+)(ms|s|m|h)/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0),
    0,
  );
}

const sentence = (message: string): string => {
  const first = (message.split('\n')[0]?.trim() ?? message).replace(/closing ["']quote/, 'closing quote');
  return /[.!?]$/.test(first) ? first : `${first}.`;
};

const syntaxHints: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'Remove one of the two, or give it another name.',
  TAB_AS_INDENT: 'Indent with spaces.',
  BAD_INDENT: 'Indent what belongs together by the same number of spaces.',
  MISSING_CHAR: 'Close what was opened: a quote, a bracket or a brace.',
  BAD_ALIAS: 'Name an anchor that stands before it.',
  RESOURCE_EXHAUSTION: 'A blueprint is four levels deep.',
};
const syntaxHint = (code: string): string =>
  syntaxHints[code] ?? 'Look at this line and the one before it: YAML goes by indentation and colons.';
