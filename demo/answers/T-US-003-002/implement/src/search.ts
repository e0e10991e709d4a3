/** Finds quotes by a part of the author's name, whatever its case. No name: all of them. */
import type { Quote } from './quotes.ts';

export function byAuthor(quotes: readonly Quote[], name: string): Quote[] {
  const wanted = name.trim().toLowerCase();
  return quotes.filter((quote) => quote.author.toLowerCase().includes(wanted));
}
