/** A rollback's preview as choices and lines. Knows no vscode, so that it is tested without one. */
import { blocksRollback } from '../core/model/plain/blocks-rollback.js';
import type { RollbackFile, RollbackPreview } from '../core/model/rollback.js';
import { restoredAs } from '../core/model/plain/restored-as.js';
import { showLine } from '../core/text/harmless.js';
import { reasonSentence } from '../core/view/reasons.js';
import type { Translate } from '../core/view/sentences.js';

export interface RollbackLine {
  label: string;
  description?: string;
  detail?: string;
  /** What choosing it does; absent = nothing, it only informs. */
  act?:
    | { type: 'do'; dependents: 'with' | 'keep'; leave: string[] }
    | { type: 'changes' }
    | { type: 'file'; path: string };
}
export interface RollbackSection {
  /** '' for the choices at the top. */
  title: string;
  lines: RollbackLine[];
}

export function outcomeWord(file: RollbackFile, t: Translate): string {
  if (file.left) return t('left as it is');
  switch (file.outcome) {
    case 'restore':
      return { removed: t('removed again'), returned: t('there again'), restored: t('as it was before') }[
        restoredAs(file)
      ];
    case 'merge':
      return t('your later edits stay');
    case 'same':
      return t('as before already');
    case 'gone':
      return t('you deleted it; it stays so');
    case 'conflict':
      return t('changed since in the same place');
    case 'missing':
      return t('its text from before is no longer stored');
    case 'unreadable':
      return t('what stands there now cannot be read');
  }
}

const stuck = (file: RollbackFile): boolean => !file.left && blocksRollback(file.outcome);
const files = (count: number, t: Translate): string => (count === 1 ? t('1 file') : t('{count} files', { count }));

export function rollbackSections(preview: RollbackPreview, redo: boolean, t: Translate): RollbackSection[] {
  const sections: RollbackSection[] = [
    { title: '', lines: choices(preview, redo, t) },
    {
      title: t('To know'),
      lines: [...(preview.problem ? [preview.problem] : []), ...preview.notes].map((note) =>
        inTwo(reasonSentence(note, t)),
      ),
    },
    { title: t('Files'), lines: preview.files.map((file) => fileLine(file, t)) },
    {
      title: redo ? t('As they were') : t('No longer done'),
      lines: preview.tasks.map((task) => ({ label: task.id, description: showLine(task.title) })),
    },
    {
      title: t('Builds on it'),
      lines: preview.dependents.map((one) => ({
        label: one.id,
        description: showLine(one.title),
        detail:
          one.elsewhere !== undefined
            ? t('done in another run; it is kept')
            : one.included
              ? t('rolled back with it')
              : t('kept'),
      })),
    },
    {
      title: t('Commits that a new one reverts'),
      lines: preview.commits.map((commit) => ({
        label: commit.sha.slice(0, 7),
        description: showLine(commit.subject),
      })),
    },
  ];
  return sections.filter((section) => section.lines.length > 0);
}

function choices(preview: RollbackPreview, redo: boolean, t: Translate): RollbackLine[] {
  const blocked = preview.files.filter(stuck);
  const free = preview.files.filter((file) => !stuck(file) && file.writes.length > 0);
  const what = [
    files(free.length, t),
    preview.commits.length === 0
      ? ''
      : preview.commits.length === 1
        ? t('1 commit is reverted')
        : t('{count} commits are reverted', { count: preview.commits.length }),
  ]
    .filter((part) => part !== '')
    .join(' · ');
  const own = preview.dependents.filter((one) => one.elsewhere === undefined);
  const lines: RollbackLine[] = [];
  const leave = blocked.map((file) => file.path);
  if (preview.problem === undefined || blocked.length > 0) {
    const start = { description: what };
    const rest =
      blocked.length === 0
        ? ''
        : blocked.length === 1
          ? t(', leaving out 1 file')
          : t(', leaving out {count} files', { count: blocked.length });
    if (redo)
      lines.push({
        label: `$(redo) ${t('Bring Back')}${rest}`,
        ...start,
        act: { type: 'do', dependents: 'with', leave },
      });
    else if (own.length === 0)
      lines.push({
        label: `$(discard) ${t('Roll Back')}${rest}`,
        ...start,
        act: { type: 'do', dependents: 'with', leave },
      });
    else {
      const names = own.map((one) => one.id).join(', ');
      lines.push({
        label: `$(discard) ${t('Roll Back With {tasks}', { tasks: names })}${rest}`,
        ...start,
        act: { type: 'do', dependents: 'with', leave },
      });
      lines.push({
        label: `$(discard) ${t('Roll Back Alone')}`,
        description: t('{tasks} stay; an unfinished run stays paused', { tasks: names }),
        act: { type: 'do', dependents: 'keep', leave: [] },
      });
    }
  }
  if (free.length > 0)
    lines.push({
      label: `$(diff-multiple) ${t('Show Changes')}`,
      description: t('now beside after the rollback'),
      act: { type: 'changes' },
    });
  return lines;
}

function fileLine(file: RollbackFile, t: Translate): RollbackLine {
  const added = file.writes.reduce((sum, write) => sum + write.added, 0);
  const removed = file.writes.reduce((sum, write) => sum + write.removed, 0);
  const moved = file.writes.find((write) => write.from !== undefined);
  const [conflict] = file.conflicts;
  return {
    label: `${stuck(file) ? '$(warning) ' : ''}${showLine(file.path)}`,
    description: [
      outcomeWord(file, t),
      file.writes.length === 0 ? '' : `+${added} −${removed}`,
      moved ? t('back to {path}', { path: moved.path }) : '',
    ]
      .filter((part) => part !== '')
      .join(' · '),
    ...(conflict && {
      detail: t('Line {line}. Now: {ours} Before: {theirs}', {
        line: conflict.line,
        ours: side(conflict.ours, t),
        theirs: side(conflict.theirs, t),
      }),
    }),
    ...((file.writes.length > 0 || file.outcome === 'conflict') && { act: { type: 'file', path: file.path } }),
  };
}

/** A list shows one line of each: what comes after the first sentence stands below it. */
function inTwo(sentence: string): RollbackLine {
  const end = sentence.indexOf('. ');
  return end < 0 ? { label: sentence } : { label: sentence.slice(0, end + 1), detail: sentence.slice(end + 2) };
}

const side = (text: string, t: Translate): string => {
  const line = showLine(text.trim().replace(/\s*\n\s*/g, ' ⏎ '));
  return line === '' ? t('nothing.') : `“${line.length > 80 ? `${line.slice(0, 79)}…` : line}”`;
};
