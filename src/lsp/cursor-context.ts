/**
 * Where in a blueprint a cursor stands, by indentation and braces: while somebody types, the text is seldom whole YAML.
 */
import { isAlias, isMap, isScalar } from 'yaml';
import { createReader } from '../core/blueprint/reader.js';

export interface CursorContext {
  /** Whose field it is. */
  of: 'blueprint' | 'defaults' | 'stage' | 'other';
  /** The field whose value is being written; absent where a field's name is. */
  field?: string;
  /** What stands there so far, up to the cursor. */
  typed: string;
}

const KEY = /^(\s*)(?:- )?([\w-]+):(.*)$/;

export function cursorContextAt(lines: readonly string[], line: number, character: number): CursorContext {
  const before = (lines[line] ?? '').slice(0, character);
  const typed = /[\w-]*$/.exec(before)?.[0] ?? '';
  const rest = before.slice(0, before.length - typed.length);
  const parents = parentsOf(lines, line, before);
  const open = openBrace(rest);
  if (open) {
    const owner = /([\w-]+):\s*$/.exec(open.before)?.[1];
    const path = [...parents, ...(owner === undefined ? [] : [owner])];
    if (open.brace === '[') return { of: ownerOf(parents), ...(owner !== undefined && { field: owner }), typed };
    const field = /(?:^|[{,])\s*([\w-]+):\s*$/.exec(open.inside)?.[1];
    const inList = /([\w-]+):\s*\[[^\]]*$/.exec(open.inside)?.[1];
    const named = field ?? inList;
    return { of: ownerOf(path), ...(named !== undefined && { field: named }), typed };
  }
  const value = /^\s*(?:- )?([\w-]+):\s+$/.exec(rest)?.[1];
  if (value !== undefined) return { of: ownerOf(parents), field: value, typed };
  const item = /^\s*- $/.test(rest) ? parents.at(-1) : undefined;
  if (item !== undefined) return { of: ownerOf(parents.slice(0, -1)), field: item, typed };
  return /^\s*$/.test(rest) ? { of: ownerOf(parents), typed } : { of: 'other', typed };
}

function ownerOf(path: readonly string[]): CursorContext['of'] {
  if (path.length === 0) return 'blueprint';
  if (path.length === 1) return path[0] === 'defaults' ? 'defaults' : 'other';
  return path.length === 2 && path[0] === 'stages' ? 'stage' : 'other';
}

/** Names of the fields that hold this line, outermost first. */
function parentsOf(lines: readonly string[], line: number, before: string): string[] {
  const parents: string[] = [];
  let indent = /^\s*/.exec(before)?.[0].length ?? 0;
  for (let at = line - 1; at >= 0 && indent > 0; at--) {
    const match = KEY.exec(lines[at] ?? '');
    const own = match?.[1]?.length ?? 0;
    if (!match?.[2] || own >= indent) continue;
    parents.unshift(match[2]);
    indent = own;
  }
  return parents;
}

/** The innermost bracket that is still open on this line. Quotes are not followed: names have none. */
function openBrace(text: string): { brace: '{' | '['; before: string; inside: string } | undefined {
  const open: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '{' || char === '[') open.push(i);
    else if (char === '}' || char === ']') open.pop();
  }
  const at = open.at(-1);
  if (at === undefined) return undefined;
  return { brace: text[at] as '{' | '[', before: text.slice(0, at), inside: text.slice(at + 1) };
}

/** Names that other parts of the file can refer to, as far as it can be read. */
export function namesIn(text: string): { stages: string[]; outputs: string[] } {
  const reader = createReader(text);
  const entries = (node: Parameters<typeof reader.entries>[0]) => reader.entries(node) ?? [];
  const stages = entries(reader.contents).find(({ key }) => key.value === 'stages');
  const list = stages ? entries(stages.node) : [];
  const outputs = list
    .flatMap(({ node }) => (isMap(node) || isAlias(node) ? entries(node) : []))
    .filter(({ key }) => key.value === 'outputs')
    .flatMap(({ node }) => reader.items(node) ?? [])
    .flatMap((item) => (isScalar(item) && typeof item.value === 'string' ? [item.value] : []));
  return { stages: list.map(({ key }) => key.value).filter((name) => name !== ''), outputs: [...new Set(outputs)] };
}
