/** What is asked about files that a run left half way: after a cancel, and before the next run. */
import type { Leftover } from '../model/leftover.js';
import { showLine } from '../text/harmless.js';
import { plain, safely, type Translate } from './translate.js';

export interface LeftoverQuestion {
  /** Of the run and of its task. */
  run: string;
  task: string;
  title: string;
  detail: string;
  keep: { label: string; detail: string };
  rollBack: { label: string; detail: string };
}

const NAMED = 5;

export function leftoverQuestion({ run, task, paths }: Leftover, translate: Translate = plain): LeftoverQuestion {
  const t = safely(translate);
  const files = paths.slice(0, NAMED).map(showLine).join(', ');
  const more = paths.length - NAMED;
  return {
    run,
    task,
    title: t('{task} ended half way. What it changed is not committed.', { task: showLine(task) }),
    detail: more > 0 ? t('{files} and {count} more', { files, count: more }) : files,
    keep: {
      label: t('Keep'),
      detail: t('They stay as they are, beside what the next run changes.'),
    },
    rollBack: { label: t('Roll Back This Task'), detail: t('The files are as they were before it.') },
  };
}

/** For a list of notes: all of them in one. */
export const leftoverParams = (found: readonly Leftover[]): { tasks: string; files: string } => {
  const paths = found.flatMap((one) => one.paths);
  const more = paths.length > NAMED ? `, … (${paths.length})` : '';
  return {
    tasks: [...new Set(found.map((one) => one.task))].join(', '),
    files: paths.slice(0, NAMED).join(', ') + more,
  };
};
