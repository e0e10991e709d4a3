/** What one kind of page brings: what it loads, its text, and what can be done from its first line. */
import type * as vscode from 'vscode';
import type { OpenExec } from '../../core/facade.js';

/** What a page is about. */
export interface Subject {
  root: string;
  /** Plan, approval, blueprint, proposal or run. */
  id: string;
  /** Of a run: its blueprint. */
  blueprint?: string | undefined;
  /** Of a blueprint: the plan to go on with. Of a proposal: its plan. */
  plan?: string | undefined;
  /** Of a comparison: the second run. */
  other?: string | undefined;
  /** Of a run, or a blueprint with a plan to go on with. */
  tasks?: string[] | undefined;
}

/** `Shown` is kept: what a person approves on a page is exactly what stood there. */
export interface SheetPage<Shown> {
  /** Of the tab. */
  title(): string;
  /** undefined = it is gone. */
  load(openexec: OpenExec, subject: Subject): Promise<Shown | undefined>;
  /** Markdown in which nothing of others hides. */
  page(shown: Shown): string;
  lenses?(shown: Shown, subject: Subject, uri: vscode.Uri): vscode.Command[];
}
