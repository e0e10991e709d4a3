/**
 * Time, money, tokens, counts and sizes as a person reads them.
 * English without a translation; numbers in the reader's way of writing where a door knows it.
 */
import { inUnits } from '../../base/bytes.js';
import { addSpend } from '../model/plain/spend.js';
import type { PlanSpending } from '../model/spending.js';
import { plain, type Translate } from './translate.js';

/**
 * `420 ms`, `41 s`, `3 min 12 s`, `2 h 5 min`; what is nothing is left out: `20 min`.
 * Undefined, or less than nothing (of an older version's record, whose clock was set back): nobody knows.
 */
export function duration(ms: number | undefined, t: Translate = plain): string {
  if (ms === undefined || !(ms >= 0)) return t('time unknown');
  if (ms < 950) return t('{ms} ms', { ms: Math.round(ms) });
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return t('{seconds} s', { seconds });
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours === 0)
    return seconds % 60 === 0
      ? t('{minutes} min', { minutes })
      : t('{minutes} min {seconds} s', { minutes, seconds: seconds % 60 });
  return minutes % 60 === 0
    ? t('{hours} h', { hours })
    : t('{hours} h {minutes} min', { hours, minutes: minutes % 60 });
}

/** `$0.42`; parts of a cent as `<$0.01`; null, where the price of a call is not known, in words. */
export function money(usd: number | null, t: Translate = plain): string {
  if (usd === null) return t('price unknown');
  return usd > 0 && usd < 0.005 ? '<$0.01' : `$${usd.toFixed(2)}`;
}

/** `$0.42 of $5.00`. */
export const moneyOf = (usd: number | null, budgetUsd: number | null, t: Translate = plain): string =>
  budgetUsd === null ? money(usd, t) : t('{spent} of {budget}', { spent: money(usd, t), budget: money(budgetUsd, t) });

/** Money, or where a price is not known what can be said instead: `price unknown · 18,204 tokens`. */
export const cost = (
  usd: number | null,
  tokens: number,
  t: Translate = plain,
  budgetUsd: number | null = null,
): string =>
  usd === null ? t('price unknown · {tokens} tokens', { tokens: count(tokens) }) : moneyOf(usd, budgetUsd, t);

/**
 * What a plan cost over its planning and its runs, in parts:
 * `$0.64 spent`, `$0.12 of it planning`; none where no model was asked.
 */
export function spentOf({ planning, runs }: PlanSpending, t: Translate = plain): string[] {
  const all = addSpend(planning, runs);
  if (all.tokens === 0) return [];
  return [
    t('{cost} spent', { cost: cost(all.usd, all.tokens, t) }),
    ...(planning.tokens === 0 ? [] : [t('{cost} of it planning', { cost: cost(planning.usd, planning.tokens, t) })]),
  ];
}

/** Formatters are dear to make, and a long list asks for one a row. */
const formatters = new Map<string, Intl.NumberFormat>();

/** Many languages group digits by a no-break space, which would show as one that hides something. */
export const plainBlanks = (text: string): string => text.replace(/[\u00a0\u202f]/g, ' ');

/** `18,204`. */
export function count(value: number, locale = 'en-US'): string {
  let formatter = formatters.get(locale);
  if (!formatter) formatters.set(locale, (formatter = new Intl.NumberFormat(locale)));
  return plainBlanks(formatter.format(value));
}

/** `18,204 tokens`, `18,204 of 50,000 tokens`. */
export const tokensOf = (tokens: number, budget: number | null, t: Translate = plain, locale?: string): string =>
  budget === null
    ? t('{tokens} tokens', { tokens: count(tokens, locale) })
    : t('{tokens} of {budget} tokens', { tokens: count(tokens, locale), budget: count(budget, locale) });

/** `512 bytes`, `1.2 KB`, `340 MB`. */
export function bytes(size: number, t: Translate = plain): string {
  const { value, unit } = inUnits(size);
  return unit === 'B' ? t('{n} bytes', { n: value }) : `${value} ${unit}`;
}

/** `12 tasks`, `1 task`, of two texts with `{n}`. */
export const plural = (n: number, one: string, many: string, t: Translate = plain, locale?: string): string =>
  t(n === 1 ? one : many, { n: count(n, locale) });

/** The same for a door that speaks English: `counted(2, 'task')`. */
export const counted = (n: number, one: string, many = `${one}s`): string => plural(n, `{n} ${one}`, `{n} ${many}`);

/** `+12 −3`: lines that come and go. */
export const changed = (added: number, removed: number): string => `+${added} −${removed}`;

/** `2025-01-31 14:02:07 UTC`, for what is read elsewhere. */
export const instant = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
