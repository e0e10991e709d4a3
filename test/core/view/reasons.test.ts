import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { reasonSentence } from '../../../src/core/view/reasons.js';

const core = path.join(import.meta.dirname, '..', '..', '..', 'src', 'core');
const rooms = ['.', 'engine', 'requests', 'record', 'blueprint'];
const sources = rooms.flatMap((folder) =>
  readdirSync(path.join(core, folder), { recursive: folder !== '.', encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join(core, folder, name)),
);

/** Where the core names a reason, a warning or a note: the codes in that expression. */
const places = [
  /(?:PauseRun|requestPause|stopNow)\(([^)]*)\)/g,
  /(?:reason|Reason)\b[^=\n{]*[:=] (\{ code: [^}]*)/g,
  /type: '(?:warning|attention)',?([^}]*code: '[^}]*)/g,
  /kind: 'attention',([^}]*)/g,
  /notes\.push\(\{([^}]*)/g,
  /input\.kind === ('planning-mismatch' \|\| input\.kind === 'scope-discovery')/g,
  /\.\.\.move, (code: '[^']*')/g,
];

function emitted(): string[] {
  const found = new Set<string>();
  for (const file of sources) {
    // Where the formatter breaks a line says nothing: an expression is one line here.
    const text = readFileSync(file, 'utf8').replace(/(?<=[({,:=?])\s*\n\s*|\s*\n\s*(?=[?:|})])/g, ' ');
    for (const place of places)
      for (const [, part] of text.matchAll(place)) {
        const named = part?.includes('code: ') ? part.slice(part.indexOf('code: ')).split(/, params/)[0] : part;
        // Notes and machine moves may choose between codes: each of them counts.
        for (const [, code] of (named ?? '').matchAll(/'([a-z]+(?:-[a-z]+)*)'/g)) found.add(code ?? '');
      }
  }
  for (const kind of ['missing', 'ok']) found.delete(kind); // compared with, not emitted
  return [...found].sort();
}

/** The parameters as the core gives them. */
const params: Readonly<Record<string, Record<string, string | number>>> = {
  'after-story': { story: 'US-002' },
  'attempt-failed': { stage: 'test', attempt: 2 },
  'attempts-exhausted': { stage: 'test', attempt: 3, task: 'T-1' },
  'budget-exceeded': { what: 'usd', spent: 5, limit: 5 },
  'branch-refused': { state: 'a rebase is in progress' },
  'by-operator': {},
  'call-lost': { call: 'r/T-1/1/implement/1/2', atMostUsd: 0.2 },
  'check-cannot-run': { task: 'T-1', script: 'ruff check .' },
  'call-broke': { call: 'r/T-1/1/implement/1/2', atMostUsd: 0.02 },
  'check-green': {},
  'stage-cannot-run': { stage: 'lint', command: 'ruff check .' },
  'commit-left': { paths: 'notes.txt' },
  'commands-empty': { file: 'openexec.yaml', kinds: 'lint, build' },
  'commits-wait': { state: 'a rebase is in progress' },
  'commands-not-undone': {},
  'commit-elsewhere': { commit: 'a1b2c3d' },
  'dependents-kept': { task: 'T-1', dependents: 'T-2, T-3' },
  'command-in-flight': { command: 'npm test' },
  'dirty-tree': { files: 3 },
  leftovers: { tasks: 'T-1', files: 'src/a.ts, src/b.ts' },
  'file-changed': { path: 'src/a.ts' },
  'gate-warning': { gate: 'types' },
  'git-identity': {},
  'git-missing': {},
  'hooks-off': { hooks: 'pre-commit, commit-msg' },
  interrupted: {},
  'left-unsaved': { path: 'src/a.ts' },
  'merge-conflict': { task: 'T-1', path: 'src/a.ts' },
  'merge-left': { files: 4000 },
  'merge-modes': { paths: 'run.sh' },
  'merge-unread': { paths: 'dist/app.iso' },
  'needs-operator': { title: 'Which port?' },
  'no-commands': {},
  'no-git': {},
  'no-identity': {},
  'price-unknown': { model: 'a-model', usd: 5, tokens: 100_000 },
  'own-branch': { from: 'main' },
  'no-sandbox': {},
  'task-budget-exceeded': { what: 'usd', spent: 0.4, limit: 0.5 },
  'stage-budget-exceeded': { what: 'usd', spent: 0.4, limit: 0.5 },
  'not-parallel': { reason: 'commits are off' },
  'paused-by-blueprint': { stage: 'review', failures: 0 },
  'planning-mismatch': { message: 'the file is gone.' },
  'reverts-nothing': {},
  'rollback-abandoned': {},
  'rollback-left': { path: 'src/a.ts' },
  'rollback-settled': {},
  'retries-exhausted': { stage: 'test', failures: 4 },
  'route-refused': { stage: 'commit', from: 'implement' },
  'scope-discovery': { message: 'a migration.' },
  'signing-off': {},
  'signing-on': {},
  'signing-unset': {},
  'skipped-by-operator': {},
  'stage-time-up': { stage: 'implement', seconds: 1800 },
  'blueprint-differs': { id: 'standard_task', hash: '0123456789ab' },
  'blueprint-unseen': { id: 'ours', file: '.openexec/blueprints/ours.yaml' },
  'blueprint-unreadable': { id: 'ours', problem: 'line 1, column 1: There are no stages.' },
  'command-denied': { paths: '.env', reason: 'it may hold secrets' },
  'command-left': { command: 'npm run gen', paths: 'link', files: 1 },
  'command-unseen': { command: 'npm test', problem: '30000 files differ' },
  'commit-check': { task: 'T1' },
  'commit-checked': { sha: 'abc1234' },
  'commit-checked-mine': { sha: 'abc1234', paths: 'a.ts' },
  'put-back': {},
  'branch-switched': {},
  'whose-change': {},
  'stage-empty': { stage: 'lint', reason: 'no lint command' },
  'story-check-failed': { story: 'US-001' },
  'story-open': { story: 'US-001' },
  'task-removed': {},
  'task-not-found': { task: 'T-1' },
  'schedule-stuck': { task: 'T-1' },
  'tasks-left': { failed: 1, blocked: 2, first: 'T-1' },
  'worktree-setup': { task: 'T-1', problem: 'it exited 1' },
  'total-retries-exhausted': { stage: 'test', failures: 13 },
};

describe('reasons and notes', () => {
  it('have a sentence for every code the core gives', () => {
    const codes = emitted();
    expect(codes).toEqual(
      expect.arrayContaining([
        'after-story',
        'by-operator',
        'check-green',
        'dirty-tree',
        'left-unsaved',
        'retries-exhausted',
        'scope-discovery',
      ]),
    );
    const words = (code: string) => code.charAt(0).toUpperCase() + code.slice(1).replaceAll('-', ' ');
    expect(codes.filter((code) => reasonSentence({ code, params: {} }) === words(code))).toEqual([]);
    expect(
      codes.filter((code) => !(code in params)),
      'give its parameters in the table above',
    ).toEqual([]);
  });
  it.each(Object.keys(params))('%s: whole, with its parameters in place', (code) => {
    const sentence = reasonSentence({ code, params: params[code] ?? {} });
    expect(sentence).toMatch(/^[A-Za-z].* .*/);
    expect(sentence).not.toMatch(/[{}]/);
  });
  it('show a code that a later version gave as words, with its parameters', () => {
    expect(reasonSentence({ code: 'moon-in-the-way', params: { size: 2 } })).toBe('Moon in the way (size: 2)');
  });
  it('says the title of a question that is the reason and has no sentence of its own', () => {
    expect(reasonSentence({ code: 'command-again', params: { command: 'npm\u00a0test' } })).toBe(
      'Run npm<U+00A0>test again?',
    );
    expect(reasonSentence({ code: 'command-again', params: {} })).toBe('Command again');
  });
  it('says the question that a run waits for in the language of the door, and as it was stored by older versions', () => {
    const reason = { code: 'needs-operator', params: { title: 'T-1: its check passes before the work' } };
    const german = (text: string, values?: Record<string, unknown>) =>
      text
        .replace('A question waits for a person', 'Eine Frage')
        .replace('{task}: its check passes before the work', 'grün: {task}')
        .replace(/\{(\w+)\}/g, (_, name: string) => String(values?.[name]));
    expect(reasonSentence({ ...reason, asks: { code: 'check-green', params: { task: 'T-1' } } }, german)).toBe(
      'Eine Frage: grün: T-1',
    );
    expect(reasonSentence(reason, german)).toBe('Eine Frage: T-1: its check passes before the work');
    expect(reasonSentence({ ...reason, asks: { code: 'of-a-later-version', params: {} } })).toBe(
      'A question waits for a person: T-1: its check passes before the work',
    );
  });
});
