/** What a command came to beyond its exit code, in words. */
import type { CommandClass } from '../model/command-class.js';
import type { Translate } from './translate.js';

/** One word, in the place of green and red. */
export function classWord({ kind }: Pick<CommandClass, 'kind'>, t: Translate): string {
  switch (kind) {
    case 'green':
      return t('green');
    case 'broken':
      return t('broken');
    case 'cannot-run':
      return t('cannot run');
    case 'no-tests':
      return t('no tests ran');
    case 'timed-out':
      return t('not in time');
    default:
      return t('red');
  }
}

/** One sentence; text of others in it is not made safe to be shown. Codes of another version say the general thing. */
export function classSentence({ kind, why, what }: { kind: string; why: string; what: string }, t: Translate): string {
  if (kind === 'timed-out') return t('It did not end within its time and was stopped.');
  if (kind === 'no-tests') return t('It ran no test.');
  if (kind === 'cannot-run') return cannotRun(why, what, t);
  if (kind === 'broken') return broken(why, what, t);
  if (kind === 'green') return t('It passed.');
  if (why === 'network')
    return t(
      'It fails; the network, which it tried, is off for it. A task says that it needs it with needs: [network].',
    );
  return why === 'sandbox' ? t('It fails; the sandbox kept it from writing somewhere.') : t('It failed.');
}

function cannotRun(why: string, what: string, t: Translate): string {
  switch (why) {
    case 'not-executable':
      return t('{what} may not be executed.', { what });
    case 'script':
      return t('There is no script or target “{what}”.', { what });
    case 'file':
      return t('The file it is run from is missing.');
    case 'sandbox':
      return t('The sandbox kept it from writing where it wants to.');
    case 'network':
      return t('It needs the network, which is off for it. A task says that it needs it with needs: [network].');
    default:
      return what === '' ? t('A program that it runs is missing.') : t('The program “{what}” is missing.', { what });
  }
}

function broken(why: string, what: string, t: Translate): string {
  if (why === 'shell-syntax') return t('The shell cannot read the script itself.');
  if (why === 'usage')
    return what === ''
      ? t('A program refuses how it is called or configured.')
      : t('A program refuses how it is called: {what}', { what });
  if (what === '') {
    if (why === 'syntax') return t('Code or tests have a syntax error and do not load.');
    if (why === 'build') return t('The code does not compile.');
    return t('Code or tests do not load.');
  }
  switch (why) {
    case 'import':
      return t('“{what}” cannot be imported.', { what });
    case 'file':
      return t('There is no file {what}.', { what });
    default:
      return t('The code does not compile: {what} is not there.', { what });
  }
}
