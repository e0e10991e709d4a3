/**
 * What is doubtful about a verification script, by a rough reading of its text.
 * For warnings only: whether a script may run is decided by the policy with a real shell grammar, never here.
 */
export type ScriptSmell = 'always-true' | 'mutating-check' | 'fixed-sleep' | 'server-not-started';

interface Command {
  /** What stands before it: '' for the first. */
  op: '' | '&&' | '||' | ';' | '|' | '&';
  words: string[];
  /** Files written by > or >>. */
  writes: string[];
}

export function scriptSmells(script: string): ScriptSmell[] {
  if (script.trim() === '') return [];
  const commands = splitScript(script);
  const smells: ScriptSmell[] = [];
  if (!mayFail(commands)) smells.push('always-true');
  if (commands.some(mutates)) smells.push('mutating-check');
  if (sleepsBlindly(commands)) smells.push('fixed-sleep');
  if (needsServer(commands) && !startsServer(commands)) smells.push('server-not-started');
  return smells;
}

/** A folder of one person's machine: nobody else has it, and neither has a worktree. */
export const homePath = (text: string): string | undefined =>
  /(?:^|[\s"'`=(:;,])((?:\/Users\/|\/home\/|[A-Za-z]:\\Users\\)[^\s"'`;,)]+|~\/[^\s"'`;,)]*)/.exec(text)?.[1];

/** Commands in order with what joins them. Knows quotes, escapes and comments; not here-documents or substitutions. */
export function splitScript(script: string): Command[] {
  const commands: Command[] = [];
  let current: Command = { op: '', words: [], writes: [] };
  let word: string | undefined;
  let toFile = false;
  const endWord = () => {
    if (word === undefined) return;
    if (toFile) current.writes.push(word);
    else current.words.push(word);
    word = undefined;
    toFile = false;
  };
  const endCommand = (op: Command['op']) => {
    endWord();
    if (current.words.length > 0 || current.writes.length > 0) commands.push(current);
    current = { op, words: [], writes: [] };
  };
  for (let at = 0; at < script.length; at++) {
    const char = script[at] ?? '';
    const next = script[at + 1] ?? '';
    if (char === '\\') {
      if (next !== '\n') word = (word ?? '') + next;
      at += 1;
    } else if (char === "'" || char === '"') {
      const end = closingQuote(script, at);
      word = (word ?? '') + script.slice(at + 1, end);
      at = end;
    } else if (char === '#' && word === undefined) {
      const end = script.indexOf('\n', at);
      at = (end < 0 ? script.length : end) - 1;
    } else if (char === '\n' || char === ';') endCommand(';');
    else if (char === '&' && next === '&') endCommand('&&'), (at += 1);
    else if (char === '|' && next === '|') endCommand('||'), (at += 1);
    else if (char === '|') endCommand('|');
    else if (char === '&' && next === '>') {
      endWord(); // &> file
    } else if (char === '&' && script[at - 1] !== '>') endCommand('&');
    else if (char === '>') {
      if (word !== undefined && /^\d$/.test(word)) word = undefined; // 2>
      endWord();
      if (next === '>') at += 1;
      toFile = script[at + 1] !== '&';
    } else if (/\s/.test(char)) endWord();
    else word = (word ?? '') + char;
  }
  const last = current;
  endCommand('');
  // `server &` at the very end: keep the sign that something was put in the background.
  if (last.op === '&' && last.words.length === 0 && commands.length > 0)
    commands.push({ op: '&', words: ['wait'], writes: [] });
  return commands;
}

function closingQuote(script: string, open: number): number {
  const quote = script[open];
  for (let at = open + 1; at < script.length; at++) {
    if (script[at] === '\\' && quote === '"') at += 1;
    else if (script[at] === quote) return at;
  }
  return script.length;
}

const name = (command: Command | undefined): string =>
  command?.words
    .find((word) => !/^[A-Za-z_]\w*=/.test(word))
    ?.split('/')
    .pop() ?? '';
const args = (command: Command): string[] => {
  const at = command.words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
  return at < 0 ? [] : command.words.slice(at + 1);
};

const compound = new Set([
  'if',
  'for',
  'while',
  'until',
  'case',
  'function',
  '{',
  '(',
  '!',
  '[[',
  'do',
  'then',
  'trap',
  'eval',
  'exec',
]);

/** Whether any outcome but exit 0 can be imagined. Compound commands are taken to be able to. */
function mayFail(commands: readonly Command[]): boolean {
  if (
    commands.some(
      (command) =>
        compound.has(name(command)) ||
        /^[({]/.test(command.words[0] ?? '') ||
        command.words.some((word) => word.includes('$(')),
    )
  )
    return true;
  const options = commands.filter((command) => name(command) === 'set').flatMap(args);
  const stopsAtFailure = options.some((option) => /^-[a-z]*e/.test(option) || option === 'errexit');
  const pipefail = options.includes('pipefail');

  // Left to right: pipelines make and-or lists, lists are divided by ; and the last one decides, or any with set -e.
  let decided = false;
  let list: boolean | undefined;
  let pipeline = false;
  let joined: '' | '&&' | '||' = '';
  const closePipeline = () => {
    list = list === undefined || joined === '' ? pipeline : joined === '&&' ? list || pipeline : list && pipeline;
  };
  commands.forEach((command, index) => {
    const fails = commandMayFail(command);
    if (command.op === '|') {
      pipeline = pipefail ? pipeline || fails : fails;
      return;
    }
    if (index > 0) closePipeline();
    if (command.op === ';' || command.op === '&') {
      decided = stopsAtFailure ? decided || (list ?? false) : false;
      list = undefined;
      joined = '';
    } else if (command.op !== '') joined = command.op;
    pipeline = fails;
  });
  if (commands.length > 0) closePipeline();
  return decided || (list ?? false);
}

/** What cannot fail, and what only goes to a place: entering a folder proves nothing about the work. */
const neverFails = new Set([
  'cd',
  'pushd',
  'source',
  '.',
  'echo',
  'printf',
  'true',
  ':',
  'sleep',
  'set',
  'export',
  'pwd',
  'date',
  'wait',
  'whoami',
]);
/** Fed from a pipe, these end with 0 whatever comes. */
const filters = new Set([
  'wc',
  'cat',
  'head',
  'tail',
  'sort',
  'uniq',
  'tee',
  'tr',
  'cut',
  'nl',
  'column',
  'less',
  'xxd',
]);

function commandMayFail(command: Command): boolean {
  const program = name(command);
  const given = args(command);
  if (program === '') return false; // an assignment alone
  if (neverFails.has(program)) return false;
  if (program === 'exit') return given[0] !== '0';
  if (program === 'git')
    return !(
      given[0] === 'status' ||
      given[0] === 'log' ||
      (given[0] === 'diff' && !given.some((one) => /^--(exit-code|quiet|check)$/.test(one)))
    );
  if (program === 'awk' || program === 'gawk') return /\bexit\b/.test(given.join(' '));
  if (command.op !== '|') return true;
  if (program === 'sed') return given.some((one) => /\bq\s*\d/.test(one));
  return !filters.has(program);
}

const changing = new Set([
  'rm',
  'mv',
  'cp',
  'touch',
  'mkdir',
  'rmdir',
  'chmod',
  'chown',
  'ln',
  'truncate',
  'dd',
  'patch',
]);
const gitChanging = new Set([
  'add',
  'commit',
  'push',
  'checkout',
  'switch',
  'reset',
  'restore',
  'stash',
  'clean',
  'merge',
  'rebase',
  'apply',
  'rm',
  'mv',
  'tag',
  'pull',
  'cherry-pick',
]);
const installing: Readonly<Record<string, RegExp>> = {
  npm: /^(i|install|ci|add|update|uninstall|publish)$/,
  pnpm: /^(i|install|add|update|remove|publish)$/,
  yarn: /^(install|add|upgrade|remove|publish)$/,
  pip: /^(install|uninstall)$/,
  pip3: /^(install|uninstall)$/,
  cargo: /^(add|install|publish|fix)$/,
  go: /^(get|install|generate)$/,
  bundle: /^install$/,
  composer: /^(install|require|update)$/,
};
const temporary = (path: string): boolean =>
  /^(\/tmp\/|\/dev\/|\/var\/tmp\/|\$\{?(TMP|TMPDIR|TEMP|tmp|dir)\b)/.test(path);

function mutates(command: Command): boolean {
  if (command.writes.some((path) => path !== '' && !temporary(path))) return true;
  const program = name(command);
  const given = args(command);
  const targets = given.filter((one) => !one.startsWith('-'));
  if (changing.has(program)) return !targets.every(temporary) || targets.length === 0;
  if (program === 'git') return gitChanging.has(given.find((one) => !one.startsWith('-')) ?? '');
  if (program === 'sed' || program === 'perl')
    return given.some((one) => /^-[a-z]*i/.test(one) || one === '--in-place');
  if (program === 'tee') return targets.some((path) => !temporary(path));
  if (installing[program]?.test(targets[0] ?? '')) return true;
  if (given.includes('--fix') || given.includes('--write')) return true;
  return false;
}

function sleepsBlindly(commands: readonly Command[]): boolean {
  // A short sleep inside a loop that polls is how waiting is done well.
  const polls = commands.some((command) => ['until', 'while', 'for'].includes(name(command)));
  return commands.some((command) => {
    const words = command.words[0] === 'do' ? command.words.slice(1) : command.words;
    const seconds = words[0] === 'sleep' ? Number.parseFloat(words[1] ?? '') : Number.NaN;
    return Number.isFinite(seconds) && !(polls && seconds <= 5);
  });
}

const local = /\b(localhost|127\.0\.0\.1|0\.0\.0\.0|host\.docker\.internal)\b|\[::1\]/;
const callers = new Set([
  'curl',
  'wget',
  'http',
  'https',
  'nc',
  'ncat',
  'grpcurl',
  'wscat',
  'ab',
  'wrk',
  'k6',
  'newman',
]);
const compose = (command: Command): string | undefined => {
  const given = args(command).filter((one) => !one.startsWith('-'));
  if (name(command) === 'docker-compose') return given[0];
  return name(command) === 'docker' ? (given[0] === 'compose' ? given[1] : given[0]) : undefined;
};

function needsServer(commands: readonly Command[]): boolean {
  return commands.some((command) => {
    if (callers.has(name(command)) && command.words.some((word) => local.test(word))) return true;
    return ['exec', 'ps', 'logs', 'port', 'top'].includes(compose(command) ?? '');
  });
}

function startsServer(commands: readonly Command[]): boolean {
  return commands.some((command) => {
    if (command.op === '&') return true;
    if (['up', 'start', 'run'].includes(compose(command) ?? '')) return true;
    return (
      command.words.some((word) => /^(start-server-and-test|wait-on|concurrently)$/.test(word)) ||
      (name(command) === 'systemctl' && args(command).includes('start'))
    );
  });
}
