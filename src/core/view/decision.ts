import { inWords } from '../model/plain/said.js';
import type { Decision } from '../model/policy.js';
import type { Translate } from './translate.js';

/**
 * Why it fell; as it is, not yet safe to be shown. Older records say it in English only, and what was worded further
 * since then is said as it was worded.
 */
export const whyDecided = ({ reason, because }: Pick<Decision, 'reason' | 'because'>, t: Translate): string =>
  because && inWords(because) === reason ? inWords(because, t) : reason;
