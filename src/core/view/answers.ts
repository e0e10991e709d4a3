/** Who answered what a run asked, as words. */
import type { Translate } from './translate.js';

export const whoWord = (by: 'editor' | 'terminal' | 'policy' | 'flag', t: Translate): string =>
  ({
    editor: t('by you, in the editor'),
    terminal: t('by you, in the terminal'),
    policy: t('by the policy'),
    flag: t('by the run’s own setting, unasked'),
  })[by];
