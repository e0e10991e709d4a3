/** Texts in the person's language: the English text is the key, `{name}` is replaced; what has no translation stays English. */
import { plain, safely } from '../src/core/view/translate.js';

let bundle: Readonly<Record<string, string>> = {};
let locale = 'en';

export function setTexts(texts: Readonly<Record<string, string>>, language: string): void {
  bundle = texts;
  locale = language;
}

export const currentLocale = (): string => locale;

const translated = safely((template, params) => plain(bundle[template] ?? template, params));
export const t = (template: string, params: Record<string, string | number | boolean> = {}): string =>
  translated(template, params);
