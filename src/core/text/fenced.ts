/**
 * A text in a code block of Markdown whose fence is longer than any run of
 * backticks in it (CommonMark, fenced code blocks).
 */
export function fenced(text: string, language = ''): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map((run) => run[0].length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}
