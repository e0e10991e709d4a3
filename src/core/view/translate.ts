/** A sentence in the reader's language. The view room writes English; who shows it brings the translation. */

import { showLine } from '../text/harmless.js';

/** Like vscode.l10n.t: replaces {name} by params. */
export type Translate = (template: string, params?: Record<string, string | number | boolean>) => string;

/** English, as it is written. */
export const plain: Translate = (template, params = {}) =>
  template.replace(/\{(\w+)\}/g, (whole, name: string) => (name in params ? String(params[name]) : whole));

/** The same, with parameters in which nothing hides: text of others can be put into a sentence as it is. */
export const safely =
  (translate: Translate): Translate =>
  (template, params = {}) =>
    translate(
      template,
      Object.fromEntries(
        Object.entries(params).map(([name, value]) => [name, typeof value === 'string' ? showLine(value) : value]),
      ),
    );
