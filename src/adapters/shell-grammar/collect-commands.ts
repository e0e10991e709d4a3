/** Walks a script's syntax tree and lists its commands. Only forms named here are known; any other throws Unsure. */
import type { Node } from 'web-tree-sitter';
import type { ShellCommand, ShellWord } from '../../core/ports/ports.js';
import { constantText, notTakenApart, type Span, Unsure } from './shell-word.js';

/** They change what later words mean, or run text that is not there to be read. */
const OPAQUE = new Set([
  'eval',
  'source',
  '.',
  'alias',
  'unalias',
  'trap',
  'coproc',
  'builtin',
  'enable',
  'shopt',
  'let',
  'fc',
  'bind',
  'complete',
  'declare',
  'typeset',
  'mapfile',
  'readarray',
  'hash',
]);
const WORDS = new Set([
  'word',
  'number',
  'raw_string',
  'string',
  'concatenation',
  'simple_expansion',
  'expansion',
  'command_substitution',
  'arithmetic_expansion',
  'ansi_c_string',
  'brace_expression',
  'extglob_pattern',
]);
const EXPANSIONS = new Set([
  'simple_expansion',
  'expansion',
  'command_substitution',
  'arithmetic_expansion',
  'ansi_c_string',
]);
const FREE_TEXT = new Set(['string', 'heredoc_body', 'expansion', 'arithmetic_expansion', 'raw_string', 'comment']);
/** A line end inside one of these would end the command. */
const ONE_LINE = new Set([
  'command',
  'declaration_command',
  'unset_command',
  'redirected_statement',
  'file_redirect',
  'variable_assignment',
  'variable_assignments',
  'test_command',
  'command_name',
  'negated_command',
]);
/** `${x:-y}` and its kin are values; `${x@P}`, `${!x}` and `${x/a/b}` are bash's own, and the first runs code. */
const PLAIN_EXPANSION = /^\$\{(#?[A-Za-z_]\w*|[0-9@*#?!$-]|[A-Za-z_]\w*(:?[-?+]|##?|%%?)[^]*|[a-z_]\w*:?=[^]*)\}$/;
const PLAIN_ARITHMETIC = /^\$\(\([\w\s$+\-*/%()<>=!&|^~?:,{}]*\)\)$/;

// eslint-disable-next-line max-lines-per-function -- one recursion over one tree: each kind of node can hold every other, and all add to one list
export function collectCommands(root: Node, script: string): ShellCommand[] {
  const found: ShellCommand[] = [];
  if (root.hasError) throw new Unsure('it is not a shell script that can be read with certainty');
  checkGaps(root, script);
  block(root, []);
  return found;

  function add(within: readonly string[], known: Partial<ShellCommand> = {}): ShellCommand {
    const added: ShellCommand = { words: [], assignments: [], redirects: [], ...known, within: [...within] };
    found.push(added);
    return added;
  }

  /** Statements one after another. */
  function block(node: Node, within: readonly string[]): void {
    let first = true;
    const children = node.children;
    children.forEach((child, index) => {
      // sh ends a statement at a line end and then refuses a lone `;` or `&`, where the grammar passes over the line end.
      const ends = child.type === ';' || child.type === '&';
      if (child.type === ';;' || (ends && !endsItsLine(children[index - 1], child, script)))
        throw new Unsure('it is not a shell script that can be read with certainty');
      if (!child.isNamed || child.type === 'comment') return;
      const background = children[index + 1]?.type === '&';
      statement(child, [...within, ...(first ? [] : ['sequence']), ...(background ? ['background'] : [])]);
      first = false;
    });
  }

  function statement(node: Node, within: readonly string[]): void {
    switch (node.type) {
      case 'comment':
        return;
      case 'command':
        command(node, within);
        return;
      case 'list': {
        const [left, right] = node.namedChildren.filter((child) => child.type !== 'comment');
        const operator = node.children.find((child) => child.type === '&&' || child.type === '||')?.type;
        if (!left || !right || !operator) throw new Unsure('a list of commands that could not be read');
        statement(left, within);
        return statement(right, [...within, operator === '&&' ? 'and' : 'or']);
      }
      case 'pipeline':
        if (node.children.some((child) => child.type === '|&'))
          throw new Unsure('it uses |&, which not every shell knows');
        for (const child of node.namedChildren) statement(child, [...within, 'pipe']);
        return;
      case 'negated_command':
        return block(node, within);
      case 'subshell':
        return block(node, [...within, 'subshell']);
      case 'compound_statement':
        if (node.children[0]?.type !== '{')
          throw new Unsure('it uses arithmetic commands, which not every shell knows');
        return block(node, within);
      case 'if_statement':
      case 'elif_clause':
      case 'else_clause':
        return block(node, [...within, 'condition']);
      case 'while_statement':
      case 'do_group':
        return block(node, [...within, 'loop']);
      case 'for_statement':
        if (node.children[0]?.type !== 'for') throw new Unsure('it uses select, which not every shell knows');
        for (const child of node.namedChildren) {
          // The variable of a loop is set like any other: PATH among them.
          if (child.type === 'variable_name')
            add([...within, 'loop'], {
              assignments: [{ name: child.text, value: { text: undefined, source: '' } }],
            });
          if (child.type === 'do_group') statement(child, within);
          else if (WORDS.has(child.type)) word(child, [...within, 'loop']);
          else if (child.type !== 'variable_name' && child.type !== 'comment')
            throw new Unsure(`it uses ${child.type.replaceAll('_', ' ')}`);
        }
        return;
      case 'case_statement':
        for (const child of node.namedChildren) {
          if (child.type === 'case_item') caseItem(child, [...within, 'condition']);
          else if (child.type !== 'comment') word(child, within);
        }
        return;
      case 'redirected_statement':
        return redirected(node, within);
      case 'test_command': {
        if (node.children[0]?.type !== '[') throw new Unsure('it uses [[ ]], which not every shell knows');
        const inner = script.slice(node.startIndex + 1, node.endIndex - 1).trim();
        add(within, {
          words: [
            { text: '[', source: '[' },
            { text: undefined, source: inner },
          ],
        });
        return substitutions(node, within);
      }
      case 'variable_assignment':
        add(within, { assignments: [assignment(node, within)] });
        return;
      case 'variable_assignments':
        add(within, { assignments: node.namedChildren.map((child) => assignment(child, within)) });
        return;
      case 'declaration_command':
      case 'unset_command': {
        const words = node.children.map((child): ShellWord => {
          if (child.type !== 'variable_assignment')
            return WORDS.has(child.type) ? word(child, within) : { text: child.text, source: child.text };
          const { name, value } = assignment(child, within);
          return { text: value.text === undefined ? undefined : `${name}=${value.text}`, source: child.text };
        });
        if (OPAQUE.has(words[0]?.text ?? ''))
          throw new Unsure(`it uses ${words[0]?.text}, which not every shell knows`);
        add(within, { words });
        return;
      }
      case 'function_definition':
        throw new Unsure('it defines functions, so a name may not mean the program');
      default:
        throw notTakenApart(node);
    }
  }

  function caseItem(node: Node, within: readonly string[]): void {
    if (node.children.some((child) => child.type === ';&' || child.type === ';;&'))
      throw new Unsure('it uses ;&, which not every shell knows');
    let body = false;
    for (const child of node.children) {
      if (child.type === ')') body = true;
      else if (child.isNamed && child.type !== 'comment') {
        if (body) statement(child, within);
        else substitutions(child, within);
      }
    }
  }

  function command(node: Node, within: readonly string[], extra: readonly Node[] = []): ShellCommand {
    const result = add(within);
    let previous: Node | undefined;
    for (const child of [...node.children, ...extra]) {
      const inner = child.type === 'command_name' ? (child.firstChild ?? child) : child;
      if (child.type === 'variable_assignment') result.assignments.push(assignment(child, within));
      else if (child.type === 'file_redirect')
        for (const more of redirect(child, result, within)) result.words.push(word(more, within));
      else if (child.type === 'herestring_redirect') throw new Unsure('it uses <<<, which not every shell knows');
      else if (WORDS.has(inner.type)) {
        if (previous && previous.endIndex === child.startIndex) throw new Unsure('words that a shell would join');
        result.words.push(word(inner, within));
      } else throw notTakenApart(inner);
      previous = child;
    }
    const name = result.words[0]?.text;
    if (name !== undefined && OPAQUE.has(name)) throw new Unsure(`it uses ${name}, which hides what runs`);
    return result;
  }

  /** Redirects belong to the last command of what they follow: all that matters here is that each is listed once. */
  function redirected(node: Node, within: readonly string[]): void {
    const before = found.length;
    const [body, ...rest] = node.children;
    const redirects = body && isRedirect(body) ? [body, ...rest] : rest;
    if (body && !isRedirect(body)) statement(body, within);
    if (found.length === before) add(within);
    const owner = found.at(-1) as ShellCommand;
    const last = body?.type === 'command' ? (found[before] as ShellCommand) : owner;
    for (const child of redirects) {
      if (child.type === 'file_redirect') {
        for (const more of redirect(child, last, within)) {
          if (body?.type !== 'command') throw new Unsure('words after a redirect that could not be placed');
          last.words.push(word(more, within));
        }
      } else if (child.type === 'heredoc_redirect') heredoc(child, last, within);
      else throw new Unsure('it uses <<<, which not every shell knows');
    }
  }

  /** Adds the redirect and gives back the words the grammar counted to it, which are arguments. */
  function redirect(node: Node, owner: ShellCommand, within: readonly string[]): Node[] {
    const descriptor = node.children.find((child) => child.type === 'file_descriptor');
    const operator = node.children.find((child) => !child.isNamed);
    const [target, ...more] = node.namedChildren.filter((child) => child.type !== 'file_descriptor');
    const op = operator?.type ?? node.text;
    if (!['>', '>>', '<', '>|', '>&', '<&', '>&-', '<&-', '<>'].includes(op))
      throw new Unsure(`it uses ${op}, which not every shell knows`);
    if (descriptor && operator && descriptor.endIndex !== operator.startIndex)
      throw new Unsure('a redirect that could not be read');
    owner.redirects.push({ op, target: target ? word(target, within) : { text: '-', source: '-' } });
    return more;
  }

  function heredoc(node: Node, owner: ShellCommand, within: readonly string[]): void {
    const start = node.children.find((child) => child.type === 'heredoc_start');
    const body = node.children.find((child) => child.type === 'heredoc_body');
    const end = node.children.find((child) => child.type === 'heredoc_end');
    const op = node.children[0]?.type;
    if (!start || !body || !end || (script.match(/<</g)?.length ?? 0) > 1)
      throw new Unsure('a here-document that could not be read');
    const quoted = /['"\\]/.test(start.text);
    const mark = start.text.replace(/^(['"])(.*)\1$/, '$2');
    if (!/^\w+$/.test(mark)) throw new Unsure('a here-document with an unusual end mark');
    // Where it ends decides what is text and what is run: found a second time, as the shell does it, line by line.
    const bodyStart = script.indexOf('\n', start.endIndex) + 1;
    let at = bodyStart;
    for (const line of script.slice(bodyStart).split('\n')) {
      if ((op === '<<-' ? line.replace(/^\t+/, '') : line) === mark) break;
      at += line.length + 1;
    }
    if (at + (script.slice(at).match(/^\t*/)?.[0].length ?? 0) !== end.startIndex)
      throw new Unsure('a here-document whose end is not certain');
    const text = script.slice(bodyStart, at);
    if (!quoted && /[$`\\]/.test(text)) throw new Unsure('a here-document with values known only at run time');
    owner.redirects.push({ op: op ?? '<<', target: { text, source: start.text } });
    for (const child of node.namedChildren) {
      if (['heredoc_start', 'heredoc_body', 'heredoc_end'].includes(child.type)) continue;
      if (child.type === 'file_redirect') {
        if (redirect(child, owner, within).length > 0)
          throw new Unsure('words after a here-document that could not be placed');
      } else if (child.type === 'pipeline') {
        for (const part of child.namedChildren) statement(part, [...within, 'pipe']);
      } else if (child.type === 'command' || child.type === 'list') statement(child, [...within, 'sequence']);
      else throw new Unsure('a here-document that could not be read');
    }
  }

  function assignment(node: Node, within: readonly string[]): ShellCommand['assignments'][number] {
    const [name, value] = node.namedChildren;
    if (!name || name.type !== 'variable_name' || node.children[1]?.type !== '=')
      throw new Unsure('it uses arrays or +=, which not every shell knows');
    return { name: name.text, value: value ? word(value, within) : { text: '', source: '' } };
  }

  function word(node: Node, within: readonly string[]): ShellWord {
    if (!WORDS.has(node.type)) throw notTakenApart(node);
    const source = script.slice(node.startIndex, node.endIndex);
    const spans: Span[] = [];
    expansionsOf(node, (part) =>
      spans.push({ start: part.startIndex + leading(part) - node.startIndex, end: part.endIndex - node.startIndex }),
    );
    const text = constantText(source, spans);
    substitutions(node, within);
    return { text, source };
  }

  /** The grammar counts blanks before a backquote to the token. */
  function leading(node: Node): number {
    return /^\s*/.exec(script.slice(node.startIndex, node.endIndex))?.[0].length ?? 0;
  }

  function expansionsOf(node: Node, visit: (part: Node) => void): void {
    if (EXPANSIONS.has(node.type)) visit(node);
    else for (const child of node.children) expansionsOf(child, visit);
  }

  /** Lists the commands inside substitutions, and refuses the expansions that are more than a value. */
  function substitutions(node: Node, within: readonly string[]): void {
    const source = node.text.trimStart();
    if (node.type === 'command_substitution') {
      if (source.startsWith('`') && source.includes('\\')) throw new Unsure('backquotes with escapes');
      if (!source.startsWith('`') && !source.startsWith('$('))
        throw new Unsure('a substitution that could not be read');
      return block(node, [...within, 'substitution']);
    }
    if (node.type === 'process_substitution') throw new Unsure('it uses <( ), which not every shell knows');
    if (node.type === 'expansion' && !PLAIN_EXPANSION.test(source))
      throw new Unsure(`it uses ${source}, which is more than a value`);
    if (node.type === 'arithmetic_expansion' && !PLAIN_ARITHMETIC.test(source))
      throw new Unsure('arithmetic that is more than numbers');
    for (const child of node.namedChildren) substitutions(child, within);
  }
}

const isRedirect = (node: Node): boolean =>
  node.type === 'file_redirect' || node.type === 'heredoc_redirect' || node.type === 'herestring_redirect';

/** Whether `end` stands on the line of the statement that it ends; a continued line is one line. */
const endsItsLine = (statement: Node | null | undefined, end: Node, script: string): boolean =>
  statement?.isNamed === true &&
  statement.type !== 'comment' &&
  !script.slice(statement.endIndex, end.startIndex).replaceAll('\\\n', '').includes('\n');

/** Between two tokens stands nothing but blanks; a line continuation only where a blank parts the words anyway. */
function checkGaps(node: Node, script: string): void {
  if (node.isMissing) throw new Unsure('it is not a shell script that can be read with certainty');
  const children = node.children;
  if (children.length === 0) return;
  const free = FREE_TEXT.has(node.type);
  const blanks = node.type === 'concatenation' ? /^$/ : ONE_LINE.has(node.type) ? /^[ \t]*$/ : /^[ \t\n]*$/;
  let end = node.type === 'program' ? 0 : node.startIndex;
  for (const child of [...children, undefined]) {
    const gap = script.slice(end, child ? child.startIndex : node.type === 'program' ? script.length : node.endIndex);
    if (!free && !blanks.test(gap.replaceAll('\\\n', '')))
      throw new Unsure('text between the words that could not be read');
    if (!free && gap.includes('\\\n') && !/[ \t\n]/.test(gap.replaceAll('\\\n', '')))
      throw new Unsure('a word that goes on over a line end');
    if (!child) break;
    checkGaps(child, script);
    end = child.endIndex;
  }
}
