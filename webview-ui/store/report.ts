/**
 * What a report needs beside the run's state: which check decided each task, and which files changed.
 * Folded in place, O(1) an event.
 */
import type { EventOf, RunEvent } from '../../src/core/model/event.js';

export interface ChangedFile {
  path: string;
  op: 'create' | 'modify' | 'delete' | 'rename';
  added: number;
  removed: number;
  tasks: Set<string>;
}

export interface ReportFacts {
  /** The last verification of each task; a story's is under its own id. */
  readonly checks: Map<string, EventOf<'command-run'>>;
  readonly files: Map<string, ChangedFile>;
  readonly commits: EventOf<'commit-made'>[];
  readonly warnings: EventOf<'warning'>[];
  rejected: number;
  accepted: number;
}

export const emptyReport = (): ReportFacts => ({
  checks: new Map(),
  files: new Map(),
  commits: [],
  warnings: [],
  rejected: 0,
  accepted: 0,
});

export function applyToReport(report: ReportFacts, event: RunEvent): void {
  switch (event.type) {
    case 'command-run':
      if (event.purpose === 'verify' || event.purpose === 'story-check' || event.purpose === 'goal')
        report.checks.set(event.task, event);
      return;
    case 'changes-applied':
    case 'command-changed':
      for (const file of event.files) {
        const known = report.files.get(file.path);
        if (!known) {
          report.files.set(file.path, {
            path: file.path,
            op: file.op,
            added: file.added,
            removed: file.removed,
            tasks: new Set([event.task]),
          });
          continue;
        }
        known.added += file.added;
        known.removed += file.removed;
        known.tasks.add(event.task);
        // a file made in this run stays new, however often it is changed
        if (file.op === 'delete' || known.op !== 'create') known.op = file.op;
      }
      return;
    case 'commit-made':
      report.commits.push(event);
      return;
    case 'warning':
      report.warnings.push(event);
      return;
    case 'approval-answered':
      if (event.status === 'rejected') report.rejected += 1;
      if (event.status === 'accepted' || event.status === 'partly') report.accepted += 1;
      return;
    default:
      return; // the rest is in the run's own state
  }
}
