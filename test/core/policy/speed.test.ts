/** What a model may write in order to keep the policy busy: each has an answer soon, and it is no weaker for that. */
import { expect, it } from 'vitest';
import { timed } from '../timed.js';
import { argv, script } from './check.js';

const times = (count: number, ...words: string[]) => Array.from({ length: count }, () => words).flat();

it.each([
  ['sudo', times(100, 'sudo')],
  ['sudo', times(1000, 'sudo')],
  ['ssh', times(30, 'ssh')],
  ['ssh, with everything that fits', times(1000, 'ssh', 'a/b').slice(0, 1000)],
  ['xargs within docker', times(300, 'docker', 'xargs', 'watch')],
  ['env with options', times(300, 'env', '-i', 'A=1')],
  ['find -exec within find -exec', times(150, 'find', '-exec')],
  ['lines within lines', ['ssh', 'h', times(3000, 'sudo').join(' ')]],
])('judges commands wrapped in one another within a second: %s', async (_, words) => {
  const { ms, value } = await timed(() => argv(words));
  expect(value.effect).not.toBe('allow');
  expect(ms).toBeLessThan(1000);
});

it('still finds what is never run, as deep as before', () => {
  expect(argv([...times(6, 'sudo'), 'rm', '-rf', '/'])).toMatchObject({ effect: 'deny', rule: 'command.destructive' });
  expect(argv(['ssh', ...times(60, 'a'), 'b'])).toMatchObject({ effect: 'ask' });
  expect(argv([...times(3, 'ssh', ...times(10, 'h')), 'rm', '-rf', '/'])).toMatchObject({
    effect: 'deny',
    rule: 'command.destructive',
  });
  expect(argv(times(30, 'sudo'))).toMatchObject({ effect: 'deny', rule: 'command.too-deep' });
  expect(argv(['ssh', 'h', 'sudo ssh h rm -rf /'])).toMatchObject({ effect: 'deny', rule: 'command.destructive' });
});

it.each([
  ['rm and nothing to remove', `( ${'rm '.repeat(6600)}`],
  ['rm and line ends', `( ${'rm\n'.repeat(6600)}`],
  ['rm and quotes', `( ${'rm"'.repeat(6600)}`],
  ['redirects', `( ${'> '.repeat(9900)}`],
  ['blanks', `( >${' '.repeat(19_000)}`],
])('judges a script that cannot be taken apart within half a second: %s', async (_, text) => {
  await script('ls'); // the grammar is loaded at the first call
  const { ms, value } = await timed(() => script(text));
  expect(value).toMatchObject({ effect: 'ask' });
  expect(ms).toBeLessThan(500);
});

it('still denies a removal of what is not the workspace’s in a script that cannot be taken apart', async () => {
  for (const text of [
    '( rm -rf /',
    '( rm -rf a b "/" c',
    '( rm\n/',
    '( rm a\n~',
    '( \\rm -r $HOME/x',
    '( rm ${HOME}',
    '( del C:\\',
    '( (rm) rm -rf ~',
    '( mkfs.ext4 x',
    '( echo > /dev/sda',
  ])
    expect(await script(text), text).toMatchObject({ effect: 'deny', rule: 'command.destructive' });
  for (const text of ['( rm a; ls /', '( rm a | cat /', '( rm a\nls /', '( rm a && cd ~', '( farm /'])
    expect(await script(text), text).toMatchObject({ effect: 'ask', rule: 'script.unreadable' });
});
