/**
 * Whether what a check misses is what the task is to make: then it fails as a check should before the work, and fails
 * for want of work after it. A rough reading of the task's words; where it is not sure it says no, and a person is asked.
 */
import type { CommandClass } from '../model/command-class.js';

export interface TaskWords {
  title: string;
  description: string;
  technical_strategy: string;
}

/** Of the project, by paths below the root with forward slashes. */
export interface Look {
  exists(path: string): Promise<boolean>;
  /** undefined: there is none, or it is no text. */
  read(path: string): Promise<string | undefined>;
}

export async function isMadeBy(
  { why, what }: CommandClass,
  task: TaskWords,
  root: string,
  { exists, read }: Look,
): Promise<boolean> {
  if (what === '') return false;
  const text = [task.title, task.description, task.technical_strategy].join('\n');
  const inside = insideRoot(what, root);
  switch (why) {
    case 'program':
      // A path that is there and does not start misses its interpreter; a bare name is a program of the machine's.
      return inside !== undefined ? !(await exists(inside)) : !/[/\\]/.test(what) && isInstalledBy(text, what);
    case 'import':
      if (/^\.{1,2}\//.test(what)) return true;
      if (inside !== undefined && isPathOf(what, root))
        return !inside.split('/').includes('node_modules') && !(await exists(inside));
      return (
        (await isOwnModule(what, exists)) ??
        (await isOwnPath(what, { exists, read })) ??
        (isInstalledBy(text, what) || isMade(text, lastName(what)))
      );
    case 'file':
      return inside !== undefined && !(await exists(inside));
    case 'script':
      // Its name is often an everyday word.
      return isMade(text, lastName(what)) && /\b(?:scripts?|package\.json|[Mm]akefile|targets?|npm)\b/.test(text);
    case 'build':
    case 'not-executable':
      return isMade(text, lastName(what));
    default:
      return false;
  }
}

/** Below the root; undefined for a bare name and for what lies elsewhere. */
function insideRoot(path: string, root: string): string | undefined {
  const plain = path.replaceAll('\\', '/').replace(/^file:\/\//, '');
  const folder = root.replaceAll('\\', '/').replace(/\/+$/, '');
  const from = plain.startsWith(`${folder}/`) ? plain.slice(folder.length + 1) : plain.replace(/^(?:\.\/)+/, '');
  if (from.startsWith('/') || /^[A-Za-z]:\//.test(from) || from.split('/').includes('..')) return undefined;
  const looksLikeFile = from !== plain || from.includes('/') || /\.[A-Za-z]\w{0,4}$/.test(from);
  return looksLikeFile && !from.startsWith('@') ? from : undefined;
}

const isPathOf = (what: string, root: string): boolean =>
  what.startsWith('file://') || what.replaceAll('\\', '/').startsWith(root.replaceAll('\\', '/'));

/**
 * A Python module whose package is the project's own: made by the task where its file is not there. What is there
 * and is not found is not installed, which no task mends.
 */
async function isOwnModule(what: string, exists: Look['exists']): Promise<boolean | undefined> {
  if (!/^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/.test(what)) return undefined;
  const parts = what.split('.');
  for (const base of ['', 'src/', 'lib/']) {
    if (parts.length === 1 && (await exists(`${base}${what}.py`))) return false;
    if (!(await exists(`${base}${parts[0]}`))) continue;
    const file = `${base}${parts.join('/')}`;
    return !((await exists(`${file}.py`)) || (await exists(`${file}/__init__.py`)) || parts.length === 1);
  }
  return undefined;
}

/** `src/new` by a base path of a bundler or of TypeScript, or a package of the project's Go module. */
async function isOwnPath(what: string, { exists, read }: Look): Promise<boolean | undefined> {
  const [first = '', ...rest] = what.split('/');
  if (rest.length === 0 || first.startsWith('@')) return undefined;
  const module = /^module\s+"?([^\s"]+)/m.exec((await read('go.mod')) ?? '')?.[1];
  if (module !== undefined && what.startsWith(`${module}/`)) return !(await exists(what.slice(module.length + 1)));
  return (await exists(first)) ? !(await exists(what)) : undefined;
}

const lastName = (what: string): string => what.split(/[/.:]+/).findLast((part) => part !== '') ?? what;
const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** Named, and not only as what is used. */
const isMade = (text: string, name: string): boolean =>
  name.length > 1 &&
  new RegExp(
    `(?<!\\b(?:with|using|use|uses|via|by|from|through|run|running|runs|call|calls|calling)[ \\t]+(?:the[ \\t]+)?[\`'"]?)(?<![\\w-])${escaped(name)}(?![\\w-])`,
  ).test(text);

/** The task brings it into the project: a dependency, a tool. */
const isInstalledBy = (text: string, name: string): boolean =>
  isMade(text, name) &&
  new RegExp(
    `\\b(?:add|adds|adding|install|installs|introduce|set ?up|depend(?:s|ency)?|create|creates|make|makes|write|writes|new)\\b[^.\\n]{0,80}(?<![\\w-])${escaped(name)}(?![\\w-])`,
    'i',
  ).test(text);
