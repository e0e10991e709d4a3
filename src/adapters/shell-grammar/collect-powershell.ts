/**
 * Walks a PowerShell line's syntax tree and lists its commands. A small subset: plain commands with
 * plain words, pipes, `;`, `&&`, `||` and redirects. Variables, script blocks, sub-expressions, types,
 * `&` and `.` before a command throw Unsure.
 */
import type { Node } from 'web-tree-sitter';
import type { ShellCommand, ShellWord } from '../../core/ports/ports.js';
import { notTakenApart, Unsure } from './shell-word.js';

/**
 * Letters that mean themselves in a bare word. A backtick, `$`, `@(`, `{`, quotes in the middle and the like do not.
 */
const PLAIN_TOKEN = /^[\w@%+=:,./\\~^-]+$/;
const GLOB_TOKEN = /^[\w@%+=:,./\\~^*?-]+$/;
/** Other providers than the file system: the environment, the registry, certificates. */
const DRIVE = /^[A-Za-z]\w+:(?!\/\/)/;

/**
 * The grammar takes `--name` for two minus signs before a value; PowerShell hands it on as it stands.
 * Where it begins a word outside of quotes it is read as an option of the same length.
 */
export function forGrammar(script: string): string {
  return script.replace(/'[^']*'|"[^"]*"|(?<=^|\s)--(?=[A-Za-z]|\s|$)/g, (found) => (found === '--' ? '-_' : found));
}

/** `root`: the tree of `forGrammar(script)`. */
// eslint-disable-next-line max-lines-per-function -- the grammar's rules, a function each, which add to one list and call one another
export function collectPowerShell(root: Node, script: string): ShellCommand[] {
  if (root.hasError) throw new Unsure('it is not a PowerShell line that can be read with certainty');
  const found: ShellCommand[] = [];
  list(root, []);
  return found;

  function list(node: Node, within: readonly string[]): void {
    let first = true;
    for (const child of node.children) {
      if (child.type === 'empty_statement' || child.type === ';' || child.type === 'comment') continue;
      if (child.type === 'statement_list') list(child, within);
      else if (child.type === 'pipeline') {
        pipeline(child, [...within, ...(first ? [] : ['sequence'])]);
        first = false;
      } else throw notTakenApart(child);
    }
  }

  function pipeline(node: Node, within: readonly string[]): void {
    let how: string[] = [];
    for (const child of node.children) {
      if (child.type === 'pipeline_chain') chain(child, [...within, ...how]);
      else if (child.type === 'pipeline_chain_tail') how = [child.children[0]?.type === '&&' ? 'and' : 'or'];
      else throw notTakenApart(child);
    }
  }

  function chain(node: Node, within: readonly string[]): void {
    const piped = node.children.some((child) => child.type === '|');
    for (const child of node.children) {
      if (child.type === '|') continue;
      if (child.type !== 'command') throw notTakenApart(child);
      command(child, piped ? [...within, 'pipe'] : within);
    }
  }

  function command(node: Node, within: readonly string[]): void {
    const result: ShellCommand = { words: [], assignments: [], redirects: [], within: [...within] };
    found.push(result);
    for (const child of node.children) {
      if (child.type === 'command_name' && child.childCount === 0) result.words.push(token(child));
      else if (child.type === 'command_elements') for (const element of child.children) part(element, result);
      else throw notTakenApart(child);
    }
    if (result.words.length === 0) throw new Unsure('a command without a name');
  }

  function part(node: Node, owner: ShellCommand): void {
    const text = script.slice(node.startIndex, node.endIndex);
    const last = owner.words.at(-1);
    // `--name=value` is one word.
    if (
      node.type === 'generic_token' &&
      node.startIndex > 0 &&
      script.slice(0, node.startIndex).endsWith(last?.source ?? ' ') &&
      last?.text?.startsWith('--') &&
      text.startsWith('=')
    ) {
      owner.words[owner.words.length - 1] = word(last.text + text);
      return;
    }
    switch (node.type) {
      case 'command_argument_sep':
        if (node.text.trim() !== '') owner.words.push(word(node.text.trim()));
        return;
      case 'generic_token':
        owner.words.push(token(node));
        return;
      case 'command_parameter':
        if (!/^--?[\w-]*$/.test(text)) throw new Unsure(`an option that could not be read: ${text.slice(0, 40)}`);
        owner.words.push({ text, source: text });
        return;
      case 'array_literal_expression':
      case 'unary_expression':
      case 'integer_literal':
        if (node.childCount !== 1 || !node.children[0]) throw new Unsure('a list or an expression');
        return part(node.children[0], owner);
      case 'expression_with_unary_operator':
        if (!/^-\d+$/.test(text)) throw new Unsure('a list or an expression');
        owner.words.push({ text, source: text });
        return;
      case 'decimal_integer_literal':
        owner.words.push({ text: node.text, source: node.text });
        return;
      case 'string_literal':
        owner.words.push(quoted(node));
        return;
      case 'redirection':
        return redirection(node, owner);
      default:
        throw notTakenApart(node);
    }
  }

  function redirection(node: Node, owner: ShellCommand): void {
    const [operator, target] = node.children;
    if (operator?.type === 'merging_redirection_operator') {
      owner.redirects.push({ op: '>&', target: { text: '1', source: operator.text } });
      return;
    }
    const name = target?.children.find((child) => child.type === 'generic_token');
    const op = /^[1-6*]?(>>?)$/.exec(operator?.text ?? '')?.[1];
    if (!op || !name) throw new Unsure('a redirect that could not be read');
    owner.redirects.push({ op, target: token(name) });
  }

  function token(node: Node): ShellWord {
    const before = script[node.startIndex - 1];
    if (before !== undefined && !/[\s;|&>]/.test(before)) throw new Unsure('words that a shell would join');
    return word(node.text);
  }

  function word(text: string): ShellWord {
    if (DRIVE.test(text)) throw new Unsure(`it reaches into ${text.slice(0, 40)}`);
    if (PLAIN_TOKEN.test(text)) return { text, source: text };
    if (GLOB_TOKEN.test(text)) return { text: undefined, source: text };
    throw new Unsure(`a word that could not be read: ${text.slice(0, 40)}`);
  }
}

/** `'…'` is taken as it stands; `"…"` only where nothing in it is looked up. */
function quoted(node: Node): ShellWord {
  const source = node.text;
  const single = /^'((?:[^']|'')*)'$/.exec(source);
  const double = /^"([^"$`]*)"$/.exec(source);
  const text = single ? single[1]?.replaceAll("''", "'") : double?.[1];
  if (text === undefined) throw new Unsure('a text with values known only at run time');
  if (/[\r\n]/.test(text) || /^[A-Za-z]\w+:/.test(text))
    throw new Unsure('a text that goes over lines or names a drive');
  return { text, source };
}
