/** A shell parser for tests of the core: plain commands joined by && || ; and |, with quotes. Whatever else there is, it refuses. */
import type { ShellCommand, ShellParse, ShellParser } from '../../src/core/ports/ports.js';

const TOKEN =
  /[ \t]*(?:(&&|\|\||;|\||\n)|(>>?|<)[ \t]*([\w./-]+)|([A-Za-z_]\w*)=([\w./:-]*)(?=[\s;|&]|$)|((?:[\w@%+=:,./^!-]|'[^'\p{Cc}]*'|"[^"\\$`\p{Cc}]*")+))/uy;
const WITHIN: Readonly<Record<string, string>> = {
  '&&': 'and',
  '||': 'or',
  ';': 'sequence',
  '\n': 'sequence',
  '|': 'pipe',
};
const HIDES = ['eval', 'source', '.', 'alias', 'trap', 'function'];

export function createFakeShellParser(): ShellParser {
  return { parse: async (script) => parse(script) };
}

function parse(script: string): ShellParse {
  const text = script.trim();
  const commands: ShellCommand[] = [];
  let current: ShellCommand | undefined;
  let within: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (!match) return { ok: false, reason: 'the fake reads plain commands only' };
    const [whole, operator, redirect, target, name, value, word] = match;
    if (operator) {
      if (!current) return { ok: false, reason: 'an operator without a command' };
      if (operator === '|') current.within = [...within.filter((how) => how !== 'pipe'), 'pipe'];
      within = [WITHIN[operator] ?? 'sequence'];
      current = undefined;
      continue;
    }
    if (!current) {
      current = { words: [], assignments: [], redirects: [], within };
      commands.push(current);
    }
    if (redirect && target) current.redirects.push({ op: redirect, target: { text: target, source: target } });
    else if (name && current.words.length === 0)
      current.assignments.push({ name, value: { text: value, source: value ?? '' } });
    else {
      const source = word ?? whole.trim();
      current.words.push({ text: source.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'), source });
      if (HIDES.includes(current.words[0]?.text ?? '')) return { ok: false, reason: 'it hides what runs' };
    }
  }
  return current || commands.length === 0
    ? { ok: true, commands }
    : { ok: false, reason: 'an operator without a command' };
}
