import * as preview from '../../src/core/view/preview.js';
import { t } from '../l10n.js';

export const modelName = (model: string, recorded = model === 'recorded'): string =>
  preview.modelName(model, recorded, t);
