import { t } from '../l10n.js';

/** The recorded model is always named as what it is. */
export const modelName = (model: string, recorded = model === 'recorded'): string =>
  recorded ? t('Recorded model (demo)') : model;
