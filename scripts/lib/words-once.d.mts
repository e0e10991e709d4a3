export const wordsOnce: object;
