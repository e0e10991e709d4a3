/** What every ShellParser promises: commands and constant words exactly as a POSIX shell has them, or a refusal. */
import { describe, expect, it } from 'vitest';
import type { ShellParser } from '../../src/core/ports/ports.js';

const words = async (parser: ShellParser, script: string) => {
  const parse = await parser.parse(script);
  return parse.ok ? parse.commands.map((command) => command.words.map((word) => word.text)) : parse.reason;
};

export function shellParserContract(name: string, create: () => ShellParser): void {
  describe(`shell parser: ${name}`, () => {
    const parser = create();

    it.each<[string, string[][]]>([
      ['npm test', [['npm', 'test']]],
      [
        'npm run lint && npm test',
        [
          ['npm', 'run', 'lint'],
          ['npm', 'test'],
        ],
      ],
      ['a; b || c | d', [['a'], ['b'], ['c'], ['d']]],
      [`grep -rn 'two words' "src dir"`, [['grep', '-rn', 'two words', 'src dir']]],
      [`a'b'"c"d`, [['abcd']]],
      [
        'git status\nrm -rf src',
        [
          ['git', 'status'],
          ['rm', '-rf', 'src'],
        ],
      ],
      ['', []],
    ])('takes %j apart', async (script, expected) => expect(await words(parser, script)).toEqual(expected));

    it('lists assignments and redirects with the command they belong to', async () => {
      const parse = await parser.parse('CI=1 npm test > out.txt');
      expect(parse).toMatchObject({
        ok: true,
        commands: [
          {
            words: [{ text: 'npm' }, { text: 'test' }],
            assignments: [{ name: 'CI', value: { text: '1' } }],
            redirects: [{ op: '>', target: { text: 'out.txt' } }],
          },
        ],
      });
    });

    it('says how a command is reached', async () => {
      const parse = await parser.parse('a && b | c');
      if (!parse.ok) throw new Error(parse.reason);
      expect(parse.commands.map((command) => command.within)).toEqual([
        [],
        ['and', 'pipe'],
        expect.arrayContaining(['pipe']),
      ]);
    });

    it.each(['echo "', 'eval "rm x"', '. ./x', 'f() { rm x; }; f', 'a\rb', 'a \u202e b', 'a &&', '&& a', 'a\0b'])(
      'refuses %j',
      async (script) => {
        expect(await parser.parse(script)).toMatchObject({ ok: false, reason: expect.any(String) });
      },
    );

    it.each(['echo $HOME', 'cat *.ts', 'ls ~/x', 'echo `id`', 'echo {a,b}'])(
      'never gives a constant for what only running can tell: %s',
      async (script) => {
        const parse = await parser.parse(script);
        if (parse.ok) expect(parse.commands[0]?.words[1]?.text).toBeUndefined();
      },
    );
  });
}
