import type { Mode } from '../../src/core/model/plan.js';
import { assertNever } from '../../src/base/assert-never.js';
import { t } from '../l10n.js';

/** How the tasks of a story are worked on, in words. */
export function modeWord(mode: Mode): string {
  switch (mode) {
    case 'sequential':
      return t('one after another');
    case 'parallel':
      return t('parallel');
    case 'manual':
      return t('asks before each task');
    default:
      return assertNever(mode, 'mode');
  }
}
