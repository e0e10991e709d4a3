/**
 * The word lists of the policy, read from `rules/word-lists.json`: one word a line, each list with where it comes from.
 * What a list means for a verdict is said where it is used.
 */
import lists from './rules/word-lists.json' with { type: 'json' };

export const wordsOf = (list: keyof typeof lists): ReadonlySet<string> => new Set(lists[list].words);

/** Matches a text that is, from its beginning to its end, one of these regular expressions. */
export const oneOf = (patterns: Iterable<string>): RegExp => new RegExp(`^(?:${[...patterns].join('|')})$`);
