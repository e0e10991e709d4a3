/** Every kind of page, a row each: read-only Markdown that is made anew from the façade whenever it may have changed. */
import { blueprintSheet } from './blueprint-page.js';
import { checksSheet } from './checks-page.js';
import { commandSheet } from './command-page.js';
import { comparisonSheet, replaySheet } from './comparison-sheet.js';
import { planSheet } from './plan-page.js';
import { proposalSheet } from './proposal-sheet.js';
import { runSheet } from './run-page.js';
import type { SheetPage } from './sheet-page.js';

export const sheetPages = {
  plan: planSheet,
  run: runSheet,
  command: commandSheet,
  checks: checksSheet,
  blueprint: blueprintSheet,
  proposal: proposalSheet,
  comparison: comparisonSheet,
  replay: replaySheet,
};

export type SheetKind = keyof typeof sheetPages;
export type Shown<Kind extends SheetKind> = (typeof sheetPages)[Kind] extends SheetPage<infer S> ? S : never;
