/** Money, time and counts as a person reads them. */
import { currentLocale, t } from './l10n.js';

/** `$0.42`; parts of a cent as `<$0.01`; null is an unknown price. */
export function money(usd: number | null): string {
  if (usd === null) return t('price unknown');
  if (usd > 0 && usd < 0.01) return '<$0.01';
  return `$${usd.toFixed(2)}`;
}

/** `$0.42 of $5.00`. */
export const moneyOf = (usd: number | null, budget: number | null): string =>
  budget === null ? money(usd) : t('{spent} of {budget}', { spent: money(usd), budget: money(budget) });

export const count = (value: number): string => formatters().number.format(value);

export const tokensOf = (tokens: number, budget: number | null): string =>
  budget === null
    ? t('{tokens} tokens', { tokens: count(tokens) })
    : t('{tokens} of {budget} tokens', { tokens: count(tokens), budget: count(budget) });

/** `420 ms`, `41 s`, `3 min 12 s`, `1 h 4 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return t('{n} ms', { n: Math.round(ms) });
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return t('{n} s', { n: seconds });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60)
    return seconds % 60 === 0 ? t('{n} min', { n: minutes }) : t('{m} min {s} s', { m: minutes, s: seconds % 60 });
  return t('{h} h {m} min', { h: Math.floor(minutes / 60), m: minutes % 60 });
}

/** Formatters are dear to make and a long timeline asks for one a row. */
let clock:
  | { locale: string; number: Intl.NumberFormat; time: Intl.DateTimeFormat; dateTime: Intl.DateTimeFormat }
  | undefined;
function formatters() {
  const locale = currentLocale();
  if (clock?.locale !== locale)
    clock = {
      locale,
      number: new Intl.NumberFormat(locale),
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
export const time = (at: number): string => formatters().time.format(at);
export const dateTime = (at: number): string => formatters().dateTime.format(at);

export const bytes = (n: number): string =>
  n < 1024
    ? t('{n} bytes', { n })
    : n < 1024 * 1024
      ? t('{n} KB', { n: Math.round(n / 1024) })
      : t('{n} MB', { n: (n / 1024 / 1024).toFixed(1) });

/** `12 tasks`, `1 task`. */
export const plural = (n: number, one: string, many: string): string => t(n === 1 ? one : many, { n: count(n) });
