/** Made-up command lines and paths, from a seed: pieces of real ones in every order, and letters that programs read in different ways. */
const WORDS = [
  'npm',
  'test',
  'run',
  'lint',
  'build',
  'git',
  'status',
  'log',
  'diff',
  'show',
  '-c',
  '-C',
  '--',
  '-',
  '..',
  '.git',
  '.env',
  '/',
  '~',
  'rm',
  '-rf',
  '-fr',
  'sudo',
  'env',
  'A=1',
  'PATH=.',
  'xargs',
  'bash',
  'sh',
  '-lc',
  '-c',
  'find',
  '.',
  '-exec',
  '{}',
  ';',
  '+',
  'sed',
  '-n',
  '1p',
  's/a/b/',
  'awk',
  '{print}',
  'make',
  'python',
  '-m',
  'pytest',
  'npx',
  'tsc',
  'eslint',
  'timeout',
  '5',
  'nice',
  'cat',
  'ls',
  'head',
  '-5',
  'grep',
  '-rn',
  'x',
  'src/a.ts',
  '*.ts',
  'src/*',
  '"$X"',
  '$HOME',
  '`id`',
  '$(ls)',
  '<(',
  '${x@P}',
  '${x:-y}',
  'curl',
  'https://e.x',
  'wget',
  '|',
  '&&',
  '||',
  ';',
  '&',
  '>',
  '>>',
  '<',
  '2>&1',
  '>/dev/null',
  '(',
  '',
  ')',
  '{',
  '}',
  'if',
  'then',
  'fi',
  'for',
  'in',
  'do',
  'done',
  'while',
  'case',
  'esac',
  '!',
  '[',
  ']',
  '[[',
  ']]',
  'function',
  'eval',
  'source',
  '.',
  'cd',
  'cd..',
  '\\',
  '\\\n',
  '\n',
  '\t',
  '\r',
  '#',
  "'",
  '"',
  '<<',
  'EOF',
  '<<<x',
  '~+',
  '[a-z]',
  '?',
  '??',
  '**',
  '{a,b}',
  "$'\\x41'",
  '$"x"',
  '\u200d',
  '\u202e',
  '\u00a0',
  '\ufeff',
  'é',
  '中',
  '７',
  '\0',
  '__proto__',
  'constructor',
  'toString',
  '--=x',
  '=',
  '-x=y',
  '--a.b=c',
  'C:\\',
  '..\\',
  'CON',
  'git~1',
  'Get-Content',
  'Remove-Item',
  '-Recurse',
  '$env:X',
  '%PATH%',
  '^',
  '`n',
];
const SEGMENTS = [
  '..',
  '.',
  '',
  '.git',
  'a',
  '.env',
  'src',
  'A',
  '~',
  'C:',
  '. .',
  '.. ',
  '\u200d',
  '．．',
  '/',
  '\\',
  'git~1',
  '…',
  'CON',
  'nul.txt',
  'x:y',
  '.GIT',
  '.ＥＮＶ',
  'id_rsa',
  '\u0000',
  '\ud800',
  ' ',
  '.',
  'node_modules',
  '.vscode',
  '%2e%2e',
  'é',
  'e\u0301',
  '\u2028',
];

export interface Random {
  (below: number): number;
}

/** mulberry32: small, and the same everywhere. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
  };
}

const pick = <T>(random: Random, list: readonly T[]): T => list[random(list.length)] as T;
const anyLetter = (random: Random): string =>
  random(4) === 0
    ? String.fromCodePoint(random(0x2fff))
    : random(20) === 0
      ? String.fromCharCode(0xd800 + random(0x800))
      : String.fromCharCode(32 + random(95));

export function someLine(random: Random): string {
  const parts: string[] = [];
  for (let count = 1 + random(12); count > 0; count -= 1)
    parts.push(
      random(8) === 0 ? Array.from({ length: random(6) }, () => anyLetter(random)).join('') : pick(random, WORDS),
      pick(random, [' ', ' ', ' ', '', '  ']),
    );
  return parts.join('');
}

/** One real line with a few letters changed, removed or put in. */
export function changedLine(random: Random, lines: readonly string[]): string {
  const letters = [...pick(random, lines)];
  for (let count = 1 + random(3); count > 0; count -= 1)
    letters.splice(random(letters.length + 1), random(3), random(2) === 0 ? anyLetter(random) : pick(random, WORDS));
  return letters.join('');
}

export function somePath(random: Random): string {
  const parts: string[] = [];
  for (let count = random(8); count >= 0; count -= 1)
    parts.push(
      random(4) === 0 ? Array.from({ length: random(5) }, () => anyLetter(random)).join('') : pick(random, SEGMENTS),
    );
  return parts.join(pick(random, ['/', '/', '\\', '//', '']));
}
