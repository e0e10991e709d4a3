/** Amounts and times in the reader's language and way of writing. */
import type { PlanSpending } from '../src/core/model/spending.js';
import * as amounts from '../src/core/view/amounts.js';
import { currentLocale, t } from './l10n.js';

export const money = (usd: number | null): string => amounts.money(usd, t);
export const moneyOf = (usd: number | null, budget: number | null): string => amounts.moneyOf(usd, budget, t);
export const spentOf = (spent: PlanSpending): string[] => amounts.spentOf(spent, t);
export const count = (value: number): string => amounts.count(value, currentLocale());
export const tokensOf = (tokens: number, budget: number | null): string =>
  amounts.tokensOf(tokens, budget, t, currentLocale());
export const duration = (ms: number | undefined): string => amounts.duration(ms, t);
export const bytes = (size: number): string => amounts.bytes(size, t);
export const plural = (n: number, one: string, many: string): string =>
  amounts.plural(n, one, many, t, currentLocale());

/** Formatters are dear to make and a long timeline asks for one a row. */
let clock: { locale: string; time: Intl.DateTimeFormat; dateTime: Intl.DateTimeFormat } | undefined;
function formatters() {
  const locale = currentLocale();
  if (clock?.locale !== locale)
    clock = {
      locale,
      time: new Intl.DateTimeFormat(locale, {
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
        hourCycle: 'h23',
      }),
      dateTime: new Intl.DateTimeFormat(locale, {
        dateStyle: 'medium',
        timeStyle: 'short',
        hourCycle: 'h23',
      }),
    };
  return clock;
}
export const time = (at: number): string => amounts.plainBlanks(formatters().time.format(at));
export const dateTime = (at: number): string => amounts.plainBlanks(formatters().dateTime.format(at));
