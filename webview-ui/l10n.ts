/** Texts in the person's language: the English text is the key, `{name}` is replaced; what has no translation stays English. */
import { plain } from '../src/core/view/sentences.js';

let bundle: Readonly<Record<string, string>> = {};
let locale = 'en';

export function setTexts(texts: Readonly<Record<string, string>>, language: string): void {
  bundle = texts;
  locale = language;
}

export const currentLocale = (): string => locale;

export const t = (template: string, params: Record<string, string | number | boolean> = {}): string =>
  plain(bundle[template] ?? template, params);
