/** Text of others as an indented block of a page: nothing in it can end the block. */
import { harmless, showLines } from '../../core/text/harmless.js';

const indented = (text: string): string =>
  text
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');

/** A script, or words: all that hides in it is seen. */
export const block = (text: string): string => indented(showLines(text));
/** What a command wrote: its columns stay. */
export const outputBlock = (text: string): string => indented(harmless(text));
