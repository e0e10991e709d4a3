/** The quotes, kept in memory. */
export type Quote = { id: string; text: string; author: string };

export type QuoteStore = {
  list(): Quote[];
  /** Gives the quote its id: one more than the highest so far. */
  add(quote: Omit<Quote, 'id'>): Quote;
};

export function createQuoteStore(first: readonly Quote[]): QuoteStore {
  const quotes = [...first];
  let last = Math.max(0, ...quotes.map((quote) => Number(quote.id) || 0));
  return {
    list: () => [...quotes],
    add(quote) {
      last += 1;
      const added = { id: String(last), ...quote };
      quotes.push(added);
      return added;
    },
  };
}
