/** Types of browser.mjs, for the tests. */
import type { Page } from 'playwright-core';
export const browserArguments: string[];
export function slowIfAsked(page: Page): Promise<void>;
