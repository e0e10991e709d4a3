/** Sentences that are kept and still can be said in other languages. Free of schemas, so that the panel and the extension say them. */

/** A sentence with {0}, {1} and so on in the places of its values, which may be sentences themselves. */
export interface Said {
  text: string;
  values: (string | Said)[];
}

/** In English, or as `t` says it. */
export const inWords = (
  { text, values }: Said,
  t: (text: string, values: Record<string, string>) => string = filled,
): string =>
  t(text, Object.fromEntries(values.map((value, at) => [at, typeof value === 'string' ? value : inWords(value, t)])));
const filled = (text: string, values: Record<string, string>): string =>
  text.replace(/\{(\d+)\}/g, (place, at: string) => values[at] ?? place);

/** A sentence, or what fills its places. */
export type Because = string | Said;
export const said = (reason: Because): Said => (typeof reason === 'string' ? { text: reason, values: [] } : reason);
/** because`${name} only reads`: the English with its values apart, so that it can be said in other languages. */
export const because = (text: TemplateStringsArray, ...values: readonly (Because | number | undefined)[]): Said => ({
  text: text.reduce((whole, part, at) => `${whole}{${at - 1}}${part}`),
  values: values.map((value) => (typeof value === 'object' ? value : String(value))),
});
