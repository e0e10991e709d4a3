/** What a new quote may be. The problem is a sentence for the person who sent it. */
import type { Quote } from './quotes.ts';

export type Checked = { ok: true; value: Omit<Quote, 'id'> } | { ok: false; problem: string };

export function validateQuote(body: unknown): Checked {
  if (typeof body !== 'object' || body === null) return refuse('Send text and author.');
  const { text, author } = body as Record<string, unknown>;
  if (typeof text !== 'string' || text.trim() === '') return refuse('text is missing.');
  if (typeof author !== 'string' || author.trim() === '') return refuse('author is missing.');
  if (text.length > 500) return refuse('text is longer than 500 characters.');
  if (author.length > 100) return refuse('author is longer than 100 characters.');
  return { ok: true, value: { text: text.trim(), author: author.trim() } };
}

const refuse = (problem: string): Checked => ({ ok: false, problem });
