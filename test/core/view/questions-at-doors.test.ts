/** The same question offers the same words at every door: in the editor's list, in the panel's row and in the terminal. */
import { describe, expect, it } from 'vitest';
import type { OpenExec } from '../../../src/core/facade.js';
import { attentionOptionSchema, type Approval, type ApprovalSubject } from '../../../src/core/model/approval.js';
import type { RunEvent } from '../../../src/core/model/event.js';
import { emptyRun } from '../../../src/core/model/run.js';
import type { WordingCode } from '../../../src/core/view/question-text.js';
import { describeQuestion, type QuestionView } from '../../../src/core/view/questions.js';
import { plain } from '../../../src/core/view/translate.js';
import { eventLine } from '../../../src/terminal/event-line.js';
import { askApproval, describeApproval, type Answer } from '../../../src/terminal/review.js';
import { chooseStyle } from '../../../src/terminal/style.js';
import { questionItems } from '../../../src/vscode/approvals/question-items.js';
import { nodeText } from '../../../webview-ui/run/node-text.js';
import { applyToOutline, emptyOutline } from '../../../webview-ui/store/outline.js';
import { wordings } from './wordings.js';

const style = chooseStyle(false, false, {});
const command = { kind: 'command' as const, cwd: '', sandbox: 'read-only' as const, hash: 'h', argv: ['npm', 'run'] };
const changes = { kind: 'change-set' as const, changeSet: 'c' };
const all = attentionOptionSchema.options;

/** Of each wording the subject it comes with, and the end of its id. */
const subjects: Readonly<Record<WordingCode, { subject: ApprovalSubject; id: string }>> = {
  'change-set': { subject: changes, id: '4' },
  'merge-change-set': { subject: changes, id: '4' },
  'commands-changed': { subject: changes, id: '4' },
  command: { subject: command, id: '4/ask' },
  'command-again': { subject: { ...command, script: 'make\u00a0all' }, id: '4/repeat' },
  'manual-task': { subject: { kind: 'manual-task', task: 'T1' }, id: 'manual' },
  question: { subject: { kind: 'question', question: 'npm or pnpm?', options: ['npm', 'pnpm'] }, id: '4' },
  ...attention('retries-exhausted', 'attention'),
  ...attention('total-retries-exhausted', 'attention'),
  ...attention('attempts-exhausted', 'attention'),
  ...attention('paused-by-blueprint', 'attention'),
  ...attention('budget-exceeded', '4/budget/0'),
  ...attention('task-budget-exceeded', '4/task-budget/0'),
  ...attention('stage-budget-exceeded', '4/stage-budget/0'),
  ...attention('merge-conflict', '4/conflict/1'),
  ...attention('worktree-setup', 'setup/1'),
  ...attention('check-green', 'green'),
  ...attention('commit-check', '4/commit-check/1'),
  ...attention('branch-switched', '4/branch/1'),
  ...attention('put-back', '4/put-back'),
  ...attention('whose-change', '4/whose'),
  ...attention('check-cannot-run', 'check-cannot-run/1'),
  ...attention('stage-cannot-run', 'cannot-run'),
  'blueprint-unreadable': { ...attention('blueprint-unreadable', '')['blueprint-unreadable'], id: '' },
};
/** With every option there is: what is not offered today has its words all the same. */
function attention<Code extends WordingCode>(code: Code, id: string) {
  const subject: ApprovalSubject = { kind: 'attention', code, params: {}, options: [...all] };
  return { [code]: { subject, id } } as Record<Code, { subject: ApprovalSubject; id: string }>;
}

function questionOf(code: WordingCode): Approval {
  const { subject, id } = subjects[code];
  return {
    ...{ id: id === '' ? 'r/blueprint' : `r/T1/1/fix/1/${id}`, run: 'r', task: 'T1', stage: 'fix', status: 'pending' },
    ...{ subject, title: 'stored title', why: 'stored why', createdAt: 1, wording: wordings[code] },
  };
}

async function atTerminal(
  approval: Approval,
  typed: readonly string[],
): Promise<{ lines: string; answer?: Answer | undefined }> {
  const lines: string[] = [];
  const answers = [...typed];
  const asker = {
    style,
    line: (text = '') => void lines.push(text),
    ask: (prompt: string) => {
      lines.push(prompt);
      return Promise.resolve(answers.shift());
    },
  };
  const openexec = { request: () => Promise.resolve({ approval, changeSet: null }) } as unknown as OpenExec;
  const answer = await askApproval(asker, openexec, approval, { sha256: () => '' });
  return { lines: lines.join('\n'), answer };
}

/** The panel's rows of the question and of each answer with an option. */
function inPanel(approval: Approval): { asked: { label: string; detail: string }; chosen: (option: string) => string } {
  const about = { v: 1 as const, run: 'r', at: 1, approval: approval.id, task: approval.task };
  const { title, why, wording } = approval;
  const rows = (option: string) => {
    const events: RunEvent[] = [
      {
        ...about,
        seq: 1,
        type: 'approval-requested',
        stage: 'fix',
        kind: approval.subject.kind,
        title,
        why,
        wording,
        files: [],
      },
      { ...about, seq: 2, type: 'approval-answered', status: 'accepted', by: 'editor', option, comment: '' },
    ];
    const outline = emptyOutline();
    for (const event of events) applyToOutline(outline, event);
    const asked = outline.questions.get(approval.id)!;
    return [nodeText(asked, emptyRun('r')), nodeText(asked.children[0]!, emptyRun('r'))] as const;
  };
  return { asked: rows('')[0], chosen: (option) => rows(option)[1].label };
}

/** A row has one line, whatever is told has. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ');
const labels = ({ choices }: QuestionView): string[] => choices.map((choice) => choice.label);

describe.each(Object.keys(subjects) as WordingCode[])('%s', (code) => {
  const approval = questionOf(code);
  const view = describeQuestion(approval, plain);

  it('has the same title, reason and choices in the editor, in the panel and in the terminal', async () => {
    const { lines } = await atTerminal(approval, []);
    const { asked, chosen } = inPanel(approval);
    expect([asked.label, asked.detail]).toEqual([view.title, oneLine(view.why)]);
    expect(lines).toContain(view.title);
    expect(oneLine(lines)).toContain(oneLine(view.why));
    expect(describeApproval(approval, 1, style)).toContain(view.title);
    expect(questionItems(view).map((item) => item.label.replace(/^\$\([\w-]+\) |…$/g, ''))).toEqual(labels(view));
    for (const { id, label, detail } of view.choices) {
      expect(lines).toContain(label);
      expect(lines).toContain(detail);
      if (approval.subject.kind === 'attention') expect(chosen(id)).toBe(label);
    }
  });

  it('has choices that differ, unless it is decided file by file', () => {
    expect(new Set(labels(view)).size).toBe(view.choices.length);
    expect(new Set(view.choices.map((choice) => choice.id)).size).toBe(view.choices.length);
    expect(view.choices.length > 1).toBe(approval.subject.kind !== 'change-set');
  });

  it('sends from the terminal the answer that is offered', async () => {
    for (const choice of view.choices) {
      const line = (await atTerminal(approval, [])).lines
        .split('\n')
        .find((each) => each.includes(`  ${choice.label}`));
      const key = choice.id === 'words' ? 'yarn' : (line ?? '').trim().split(' ')[0]!;
      const { answer } = await atTerminal(approval, [key, 'because']);
      const comment = choice.id === 'words' ? 'yarn' : choice.wants ? 'because' : undefined;
      expect(answer).toEqual({ ...choice.answer, ...(comment && { comment }), by: 'terminal' });
    }
  });
});

describe('what is at stake', () => {
  it('is the exact command, with what hides in it, before a yes at every door', async () => {
    const approval = questionOf('command-again');
    const [first] = questionItems(describeQuestion(approval, plain));
    expect(first?.detail).toContain('make<U+00A0>all');
    expect((await atTerminal(approval, [])).lines).toContain('  make<U+00A0>all');
  });
});

describe('an answer in the terminal’s timeline', () => {
  it('is called as it was offered', () => {
    const event: RunEvent = {
      ...{ v: 1, run: 'r', seq: 2, at: 1, type: 'approval-answered', approval: 'r/T1/1/fix/1/4/budget/0', task: 'T1' },
      ...{ status: 'accepted', by: 'editor', option: 'continue', comment: '' },
    } as RunEvent;
    expect(eventLine(event, style)).toBe('  Grant the same budget again  by you, in the editor');
  });
});
