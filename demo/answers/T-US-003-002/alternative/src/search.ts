/** Finds quotes by a part of the author's name, whatever its case or accents. No name: all. */
import type { Quote } from './quotes.ts';

/** "Čapek" and "capek" are the same name to a person who searches. */
function plain(name: string): string {
  return name.normalize('NFD').replace(/\p{Mark}/gu, '').trim().toLowerCase();
}

export function byAuthor(quotes: readonly Quote[], name: string): Quote[] {
  const wanted = plain(name);
  return quotes.filter((quote) => plain(quote.author).includes(wanted));
}
