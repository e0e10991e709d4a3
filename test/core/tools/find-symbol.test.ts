/** Definitions found without a language server: the whole block, and never a mere use of the name. */
import { describe, expect, it } from 'vitest';
import { findDefinitions } from '../../../src/core/tools/find-symbol.js';
import { timed } from '../timed.js';

/** The text of every definition of `greet`, in order. */
function blocks(path: string, text: string, name = 'greet'): string[] {
  const lines = text.split('\n');
  return findDefinitions(path, text, name).map(({ startLine, endLine }) =>
    lines.slice(startLine - 1, endLine).join('\n'),
  );
}

describe('a definition is found whole', () => {
  it.each<[string, string, string]>([
    [
      'a function with its comment',
      'a.ts',
      `/** Says hello. */\nexport async function greet(name: string): Promise<{ text: string }> {\n  if (name === '}') { return { text: "{" }; }\n  return { text: name }; // }\n}`,
    ],
    ['an arrow over lines', 'a.ts', `export const greet = (\n  name: string,\n): string =>\n  \`hello \${name}\`;`],
    ['a method', 'a.js', `  async greet(name) {\n    await this.greet(name);\n  }`],
    ['a type', 'a.ts', `export type greet =\n  | { kind: 'a' }\n  | { kind: 'b' };`],
    [
      'a function with its brace below',
      'a.cs',
      `  public static string greet(string name)\n  {\n    return name;\n  }`,
    ],
    ['a C++ member', 'a.cpp', `std::string Person::greet(const std::string& name) const {\n  return name;\n}`],
    [
      'a C++ member that returns by an arrow',
      'a.cpp',
      `auto Person::greet(int name) const noexcept -> std::string {\n  return name;\n}`,
    ],
    [
      'a Swift function that throws',
      'a.swift',
      `  override greet(name: String) async throws -> String {\n    name\n  }`,
    ],
    [
      'a C# method with a constraint',
      'a.cs',
      `  public T greet<T>(T name) where T : class, IName {\n    return name;\n  }`,
    ],
    ['a Dart method', 'a.dart', `  Future<String> greet(String name) async {\n    return name;\n  }`],
    [
      'a Go method',
      'a.go',
      `// greet says hello.\nfunc (p *Person) greet(name string) (string, error) {\n\treturn name, nil\n}`,
    ],
    [
      'a Rust function with attributes',
      'a.rs',
      `#[inline]\npub(crate) fn greet<'a>(name: &'a str) -> &'a str {\n    name\n}`,
    ],
    [
      'a Java method with throws',
      'A.java',
      `  @Override\n  public String greet(String name) throws IOException {\n    return name;\n  }`,
    ],
    ['a Kotlin function of one expression', 'a.kt', `fun greet(name: String) = "hello $name"`],
    [
      'a Python function with decorators',
      'a.py',
      `@cache\nasync def greet(\n    name: str,\n) -> str:\n    """Say: hello."""\n\n    return name`,
    ],
    ['a Ruby method', 'a.rb', `  def greet(name)\n    if name\n      name\n    end\n  end`],
    ['a shell function', 'a.sh', `greet() {\n  echo "hello $1"\n}`],
    ['a Rust macro', 'a.rs', `macro_rules! greet {\n    ($name:expr) => { $name };\n}`],
  ])('%s', (_what, path, definition) => {
    const around = /\.(py)$/.test(path) ? ['import os\n', '\nprint(greet("x"))\n'] : ['\n', '\n\nother("greet");\n'];
    expect(blocks(path, `${around[0]}\n${definition}\n${around[1]}`)).toEqual([definition]);
  });

  it('also in a class, once, with its own recursive use left in it', () => {
    const text =
      'class A {\n  greet() {\n    const greet = () => 1;\n    return greet();\n  }\n}\nfunction greet() {}\n';
    expect(blocks('a.ts', text)).toEqual([
      '  greet() {\n    const greet = () => 1;\n    return greet();\n  }',
      'function greet() {}',
    ]);
  });
});

it.each<[string, string, string]>([
  ['a call', 'a.ts', 'greet("x");\nreturn greet(1) {\n}\nconst a = greet(2);'],
  ['a call with a callback', 'a.ts', 'greet(() => {\n  done();\n});\ngreet(async (a) => {\n});'],
  ['an import', 'a.ts', "import { greet } from './a.js';\nexport { greet };"],
  ['a longer name', 'a.ts', 'function greeting() {}\nfunction $greet() {}\nconst greet2 = 1;'],
  ['a comment or a string', 'a.ts', '// function greet() {}\nconst text = "function greet() {}";'],
  ['a keyword argument', 'a.py', 'call(\n    greet=1,\n)\nif greet == 1:\n    pass'],
  ['a language it does not know', 'a.md', 'function greet() {}'],
])('is not %s', (_what, path, text) => {
  expect(blocks(path, text)).toEqual([]);
});

it('stops at a block’s limit, and takes no longer for what never closes', async () => {
  const text = `function greet() {\n${'  if (a) {\n'.repeat(200_000)}`;
  const {
    ms,
    value: [found],
  } = await timed(() => findDefinitions('a.ts', text, 'greet'));
  expect(ms).toBeLessThan(500);
  expect(found!.endLine - found!.startLine).toBeLessThanOrEqual(600);
});

it('never throws, whatever the text and the name (property)', () => {
  const pieces = [
    'function ',
    'greet',
    '(',
    ')',
    '{',
    '}',
    '"',
    '`',
    '/*',
    '*/',
    '//',
    '\n',
    ' ',
    '=',
    '=>',
    ':',
    'class ',
    '\\',
    'end',
    '\t',
    '#',
    '𝒳',
    '\r\n',
  ];
  let seed = 7;
  const next = (below: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
  for (let round = 0; round < 2000; round++) {
    const text = Array.from({ length: next(60) }, () => pieces[next(pieces.length)]).join('');
    const count = text.split(/\r\n|\n|\r/).length;
    for (const path of ['a.ts', 'a.py', 'a.rb'])
      for (const { startLine, endLine } of findDefinitions(path, text, ['greet', 'a(b[', '$1', '.*'][next(4)]!)) {
        expect(startLine).toBeGreaterThan(0);
        expect(endLine).toBeGreaterThanOrEqual(startLine);
        expect(endLine).toBeLessThanOrEqual(count);
      }
  }
});

it.each<[string, string, string]>([
  ['arrows', 'a.ts', `greet()${' -> a'.repeat(400)};`],
  ['where', 'a.ts', `greet() ${'where a '.repeat(200)};`],
  ['throws', 'A.java', `greet() ${'throws a, '.repeat(150)};`],
  ['qualifiers', 'a.cpp', `greet() ${'const '.repeat(300)};`],
  ['colons', 'a.ts', `greet()${': '.repeat(900)};`],
  ['blanks', 'a.ts', `greet${' '.repeat(1900)};`],
  ['words before the name', 'a.ts', `${'const '.repeat(300)}greets;`],
  ['parentheses and braces that stay open', 'a.ts', `greet(${'{'.repeat(1900)}`],
])('is done soon with lines that were made to be slow: %s', async (_what, path, line) => {
  const text = `${line}\n`.repeat(200);
  const { ms, value } = await timed(() => findDefinitions(path, text, 'greet'));
  expect(value).toEqual([]);
  expect(ms).toBeLessThan(500);
});

it('is done soon with a comment of a million characters', async () => {
  const { ms, value } = await timed(() =>
    findDefinitions('a.py', `def greet():\n  ${'#'.repeat(1_000_000)}\u2028x\n`, 'greet'),
  );
  expect(value).toHaveLength(1);
  expect(ms).toBeLessThan(500);
});
