/**
 * Reads values out of a YAML document and remembers where each one stood. It walks the syntax tree only as deep as a blueprint
 * goes, so a file of nested aliases cannot blow up.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node, type Pair, type YAMLMap } from 'yaml';
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
  report(code: BlueprintProblemCode, span: Span, message: string, hint?: string, severity?: BlueprintProblem['severity']): void;
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

export function createReader(source: string): Reader {
  const lines = new LineCounter();
  const document: Document = parseDocument(source, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, merge: false });
  const problems: BlueprintProblem[] = [];

  const span = (from: number, to: number): Span => {
    const start = lines.linePos(from);
    const end = lines.linePos(Math.max(to, from));
    return { line: Math.max(1, start.line), column: Math.max(1, start.col), endLine: Math.max(1, end.line), endColumn: Math.max(1, end.col) };
  };
  const spanOf = (node: Node | null, fallback: Span): Span => (node?.range ? span(node.range[0], node.range[1]) : fallback);
  const report: Reader['report'] = (code, at, message, hint, severity = 'error') => {
    problems.push({ code, severity, ...at, message, ...(hint ? { hint } : {}) });
  };
  const followed = (node: Node | null): Node | null => (isAlias(node) ? (node.resolve(document) ?? null) : node);

  const wrong = (entry: Entry, wanted: string): undefined => {
    report('wrong-type', spanOf(entry.node, entry.key.span), `“${entry.key.value}” is ${wanted}.`);
    return undefined;
  };
  const scalar = (node: Node | null): unknown => {
    const value = followed(node);
    return isScalar(value) ? value.value : undefined;
  };
  const at = <T>(entry: Entry, value: T): At<T> => ({ value, span: spanOf(entry.node, entry.key.span) });

  for (const error of document.errors) report('yaml-syntax', span(error.pos[0], error.pos[1]), sentence(error.message));

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
      return typeof value === 'string' ? at(entry, value) : typeof value === 'number' ? at(entry, String(value)) : wrong(entry, 'a text');
    },
    texts(entry) {
      const list = followed(entry.node);
      if (typeof scalar(entry.node) === 'string') return [at(entry, String(scalar(entry.node)))];
      if (!isSeq(list)) {
        wrong(entry, 'a list of texts');
        return [];
      }
      const found: At<string>[] = [];
      for (const item of list.items as (Node | null)[]) {
        const value = scalar(item);
        if (typeof value === 'string') found.push({ value, span: spanOf(item, entry.key.span) });
        else report('wrong-type', spanOf(item, entry.key.span), `“${entry.key.value}” is a list of texts.`);
      }
      return found;
    },
    whole(entry, min, max) {
      const value = scalar(entry.node);
      if (typeof value !== 'number' || !Number.isInteger(value)) return wrong(entry, 'a whole number');
      if (value >= min && value <= max) return at(entry, value);
      report('bad-value', spanOf(entry.node, entry.key.span), `“${entry.key.value}” is from ${min} to ${max}.`);
      return undefined;
    },
    flag(entry) {
      const value = scalar(entry.node);
      return typeof value === 'boolean' ? at(entry, value) : wrong(entry, 'true or false');
    },
    duration(entry) {
      const value = scalar(entry.node);
      const ms = typeof value === 'string' ? parseDuration(value) : undefined;
      if (ms === undefined) return wrong(entry, 'a time with its unit, such as 30s, 10m or 1h30m');
      if (ms >= 100 && ms <= 24 * 3_600_000) return at(entry, ms);
      report('bad-value', spanOf(entry.node, entry.key.span), `“${entry.key.value}” is from 100ms to 24h.`);
      return undefined;
    },
  };
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `1h30m` → milliseconds; undefined when it is no such thing. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(ms|s|m|h))+$/.test(text.trim())) return undefined;
  return [...text.matchAll(/(\d+)(ms|s|m|h)/g)].reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0), 0);
}

const sentence = (message: string): string => {
  const first = (message.split('\n')[0]?.trim() ?? message).replace(/closing ["']quote/, 'closing quote');
  return /[.!?]$/.test(first) ? first : `${first}.`;
};
