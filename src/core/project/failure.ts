/** How a command failed, as a text that is the same for the same failure. */
import { harmless } from '../text/harmless.js';

/** What differs from run to run and says nothing: times, durations, dates, addresses, folders made for one run, seeds. */
const PASSING: readonly RegExp[] = [
  /\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?/g,
  /\b\d{1,2}:\d\d:\d\d(?:[.,]\d+)?\b/g,
  /\b\d+(?:[.,]\d+)?[ \t]?(?:ns|µs|us|ms|s|sec|secs|seconds?|m|min|mins|minutes?)\b/gi,
  /\bduration_ms:?[ \t]*\d+(?:\.\d+)?/g,
  /\b0x[0-9a-f]{4,}\b/gi,
  /(?:\/private)?(?:\/var\/folders|\/tmp|\/var\/tmp)\/[^\s'":]+/g,
  /\b(?:pid|seed)\b[ =:]*\d+/gi,
];

export function failureOf(command: string, { exitCode, output }: { exitCode: number | null; output: string }): string {
  const said = PASSING.reduce((text, passing) => text.replace(passing, '…'), harmless(output));
  const lines = said.split('\n').map((line) => line.replace(/[ \t]+/g, ' ').trim());
  return [command, String(exitCode), ...lines.filter((line) => line !== '')].join('\n');
}
