/** What a person is asked, in the same words at every door. */
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/core/model/event.js';
import { emptyRun } from '../../../src/core/model/run.js';
import { chosenOption, optionWords } from '../../../src/core/view/questions.js';
import { plain } from '../../../src/core/view/translate.js';
import { nodeText } from '../../../webview-ui/run/node-text.js';
import { applyToOutline, emptyOutline } from '../../../webview-ui/store/outline.js';

describe('a used-up budget', () => {
  it.each(['budget-exceeded', 'task-budget-exceeded', 'stage-budget-exceeded'])(
    'offers what the engine does: %s grants the same again, or cancels the run',
    (code) => {
      expect(optionWords(code, 'continue', plain).label).toBe('Grant the same budget again');
      expect(optionWords(code, 'give-up', plain).label).toBe('Cancel the run');
    },
  );
  it('says so in the panel, too, once it is answered', () => {
    const about = { v: 1 as const, run: 'r', at: 1, approval: 'r/T1/1/fix/1/3/budget/0', task: 'T1' };
    const events: RunEvent[] = [
      { ...about, seq: 1, type: 'approval-requested', stage: 'fix', kind: 'attention', title: '', why: '', files: [] },
      {
        ...about,
        seq: 2,
        type: 'approval-answered',
        status: 'accepted',
        by: 'editor',
        option: 'continue',
        comment: '',
      },
    ];
    const outline = emptyOutline();
    for (const event of events) applyToOutline(outline, event);
    const answer = outline.questions.get(about.approval)?.children[0];
    expect(answer && nodeText(answer, emptyRun('r')).label).toBe('Grant the same budget again');
  });
});

describe('an option that was chosen', () => {
  const chosen = (approval: string, option: string) => chosenOption({ approval, option }, plain);

  it('is called as it was offered, also where an older version stored no code with it', () => {
    expect(chosen('r/T1/1/fix/1/3/budget/0', 'continue')).toBe('Grant the same budget again');
    expect(chosen('r/T1/1/fix/1/3/task-budget/1', 'give-up')).toBe('Cancel the run');
    expect(chosen('r/T1/1/fix/1/3/stage-budget/0', 'continue')).toBe('Grant the same budget again');
    expect(chosen('r/T1/1/@merge/1/1/conflict/2', 'continue')).toBe('Mended by hand: merge again');
    expect(chosen('r/blueprint', 'give-up')).toBe('Cancel the run');
    expect(chosen('r/T1/1/test/2/attention', 'continue')).toBe('Fixed by hand, or let it pass: go on');
    expect(chosen('r/blueprint/1/test/2/attention', 'give-up')).toMatch(/^Give up: the task fails/);
  });
  it('of a version that is not known yet is shown as it is stored', () => {
    expect(chosen('r/T1/1/test/2/attention', 'raise')).toBe('raise');
  });
});
