/** What a new quote may be. The problem is a sentence for the person who sent it. */
import type { Quote } from './quotes.ts';

export type Checked = { ok: true; value: Omit<Quote, 'id'> } | { ok: false; problem: string };

/** Characters; the fields a quote has, and nothing else of what was sent is kept. */
const limits = { text: 500, author: 100 };

export function validateQuote(body: unknown): Checked {
  if (typeof body !== 'object' || body === null) return refuse('Send text and author.');
  const value = { text: '', author: '' };
  for (const field of ['text', 'author'] as const) {
    const given = (body as Record<string, unknown>)[field];
    if (typeof given !== 'string' || given.trim() === '') return refuse(`${field} is missing.`);
    const limit = limits[field];
    if (given.length > limit) return refuse(`${field} is longer than ${limit} characters.`);
    value[field] = given.trim();
  }
  return { ok: true, value };
}

const refuse = (problem: string): Checked => ({ ok: false, problem });
