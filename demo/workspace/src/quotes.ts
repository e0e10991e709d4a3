/** The quotes, kept in memory. */
export type Quote = { id: string; text: string; author: string };

export type QuoteStore = {
  list(): Quote[];
};

export function createQuoteStore(first: readonly Quote[]): QuoteStore {
  const quotes = [...first];
  return {
    list: () => [...quotes],
  };
}
