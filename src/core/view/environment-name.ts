/** What an environment is called: `Python 3.11 from .venv`. */
import type { EnvironmentHere } from '../model/environment.js';
import { showLine } from '../text/harmless.js';
import { plain, safely, type Translate } from './translate.js';

export function environmentName(
  { kind, language, version, place }: Pick<EnvironmentHere, 'kind' | 'language' | 'version' | 'place'>,
  translate: Translate = plain,
): string {
  const t = safely(translate);
  const where = showLine(place);
  if (kind === 'node-modules') return t('the programs of {where}', { where });
  const what = showLine(version === '' ? language : `${language} ${version.split('.').slice(0, 2).join('.')}`);
  return t('{what} from {where}', { what, where });
}

/** A line for a list: what it is, and whether commands use it. */
export function environmentLine(here: EnvironmentHere, translate: Translate = plain): string {
  const t = safely(translate);
  const name = environmentName(here, translate);
  switch (here.state) {
    case 'used':
      return t('{name}: used by commands', { name });
    case 'named':
      return name;
    case 'new':
      return t('{name}: not approved yet, so commands ask before they use it', { name });
    case 'changed':
      return [
        t('{name}: changed since it was approved, so commands ask before they use it', { name }),
        ...(here.came.length > 0 ? [t('new: {names}', { names: here.came.map(showLine).join(', ') })] : []),
        ...(here.went.length > 0 ? [t('gone: {names}', { names: here.went.map(showLine).join(', ') })] : []),
      ].join('; ');
    case 'declined':
      return t('{name}: not used, as you said', { name });
    case 'missing':
      return t('{name}: not installed, so commands find what is on your PATH', { name });
  }
}
