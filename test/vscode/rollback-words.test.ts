import { describe, expect, it } from 'vitest';
import type { RollbackFile, RollbackPreview } from '../../src/core/model/rollback.js';
import { plain, sentenceOf } from '../../src/core/view/sentences.js';
import { rollbackSections } from '../../src/vscode/rollback-words.js';

const hash = 'a'.repeat(64);
const file = (path: string, more: Partial<RollbackFile> = {}): RollbackFile => ({
  path,
  paths: [path],
  outcome: 'restore',
  left: false,
  conflicts: [],
  writes: [{ path, op: 'modify', now: hash, then: hash, added: 1, removed: 2 }],
  ...more,
});
const preview = (more: Partial<RollbackPreview> = {}): RollbackPreview => ({
  token: hash,
  tasks: [{ id: 'T-1', title: 'Do it' }],
  dependents: [],
  files: [file('a.txt')],
  commits: [{ sha: 'b'.repeat(40), subject: 'T-1: Do it', task: 'T-1' }],
  notes: [{ code: 'commands-not-undone', params: {} }],
  ...more,
});
const text = (shown: RollbackPreview, redo = false): string[] =>
  rollbackSections(shown, redo, plain).flatMap((section) => [
    ...(section.title ? [`— ${section.title}`] : []),
    ...section.lines.map((line) =>
      [line.label, line.description, line.detail, line.act?.type].filter(Boolean).join(' | '),
    ),
  ]);
const acts = (shown: RollbackPreview) => rollbackSections(shown, false, plain)[0]?.lines.map((line) => line.act);

describe('a rollback as a list to choose from', () => {
  it('says what would happen and what would not be undone', () => {
    expect(text(preview())).toEqual([
      '$(discard) Roll Back | 1 file · 1 commit is reverted | do',
      '$(diff-multiple) Show Changes | now beside after the rollback | changes',
      '— To know',
      'Only files and commits are rolled back. | What commands did otherwise stays: installed packages, databases, the network.',
      '— Files',
      'a.txt | as it was before · +1 −2 | file',
      '— No longer done',
      'T-1 | Do it',
      '— Commits that a new one reverts',
      'bbbbbbb | T-1: Do it',
    ]);
  });

  it('offers the tasks that build on it with it, or kept', () => {
    const shown = preview({
      dependents: [
        { id: 'T-2', title: 'Next', included: true },
        { id: 'T-3', title: 'Far', included: false, elsewhere: 'run_2' },
      ],
    });
    expect(text(shown).slice(0, 2)).toEqual([
      '$(discard) Roll Back With T-2 | 1 file · 1 commit is reverted | do',
      '$(discard) Roll Back Alone | T-2 stay; an unfinished run stays paused | do',
    ]);
    expect(text(shown)).toEqual(
      expect.arrayContaining(['T-2 | Next | rolled back with it', 'T-3 | Far | done in another run; it is kept']),
    );
    expect(acts(shown)?.slice(0, 2)).toEqual([
      { type: 'do', dependents: 'with', leave: [] },
      { type: 'do', dependents: 'keep', leave: [] },
    ]);
  });

  it('shows both sides of a conflict and offers to leave that file out', () => {
    const shown = preview({
      files: [
        file('a.txt', { outcome: 'conflict', writes: [], conflicts: [{ line: 3, ours: 'mine\n', theirs: '' }] }),
        file('b.txt'),
      ],
      problem: { code: 'rollback-conflict', params: { path: 'a.txt', more: 0 } },
    });
    expect(text(shown)).toEqual(
      expect.arrayContaining([
        '$(discard) Roll Back, leaving out 1 file | 1 file · 1 commit is reverted | do',
        '$(warning) a.txt | changed since in the same place | Line 3. Now: “mine” Before: nothing. | file',
      ]),
    );
    expect(acts(shown)?.[0]).toEqual({ type: 'do', dependents: 'with', leave: ['a.txt'] });
  });

  it('offers nothing to do while git cannot commit, and says why', () => {
    const shown = preview({ problem: { code: 'git-state', params: { state: 'a merge is in progress' } } });
    expect(acts(shown)).toEqual([{ type: 'changes' }]);
    expect(text(shown)).toContain(sentenceOf('git-state', { state: 'a merge is in progress' }).replace('. ', '. | '));
  });

  it('names it otherwise when a rollback is taken back', () => {
    expect(text(preview(), true).slice(0, 1)).toEqual(['$(redo) Bring Back | 1 file · 1 commit is reverted | do']);
    expect(text(preview(), true)).toContain('— As they were');
  });
});
