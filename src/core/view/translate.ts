/** A sentence in the reader's language. The view room writes English; who shows it brings the translation. */

/** Like vscode.l10n.t: replaces {name} by params. */
export type Translate = (template: string, params: Record<string, string | number | boolean>) => string;

/** English, as it is written. */
export const plain: Translate = (template, params) =>
  template.replace(/\{(\w+)\}/g, (whole, name: string) => (name in params ? String(params[name]) : whole));
