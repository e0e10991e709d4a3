/**
 * Tokens of a text, near enough to budget with: four characters each, rounded up. Providers count exactly, afterwards.
 */
export const estimateTokens = (text: string): number => Math.ceil(text.length / 4);
