/**
 * Every status of a run and of a task, and every reason that a person is asked for, has its words at every door: editor, panel, terminal.
 * They come from the enums themselves: one more is gone through, too. The questions with their options: questions-at-doors.test.ts.
 */
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { attentionOptionSchema } from '../../src/core/model/approval.js';
import type { RunEvent } from '../../src/core/model/event.js';
import { applyEvent, emptyRun, type RunState } from '../../src/core/model/run.js';
import { runStatusSchema, taskStatusSchema, waitingForSchema, type TaskStatus } from '../../src/core/model/status.js';
import { runLook, taskLook } from '../../src/core/view/looks.js';
import { optionWords } from '../../src/core/view/questions.js';
import type { WordingCode } from '../../src/core/view/question-text.js';
import { reasonSentence } from '../../src/core/view/reasons.js';
import { plain } from '../../src/core/view/translate.js';
import { EXIT, EXIT_OF_RUN } from '../../src/terminal/context.js';
import { eventLine } from '../../src/terminal/event-line.js';
import { uncoloured } from '../../src/terminal/style.js';
import { runWord, taskWord } from '../../src/terminal/words.js';
import { taskRow } from '../../src/vscode/views/plan-rows.js';
import { runSummary, statusLine, whyStopped } from '../../src/vscode/words.js';
import * as panel from '../../webview-ui/parts/status.js';
import { nodeText } from '../../webview-ui/run/node-text.js';
import { applyToOutline, emptyOutline, type OutlineNode } from '../../webview-ui/store/outline.js';
import { planOf } from '../core/engine/harness.js';
import { wordings } from '../core/view/wordings.js';

const inPanel = (look: panel.Look): string => renderToStaticMarkup(createElement(panel.Status, { look }));
const plan = planOf({ 'T-001': {}, 'T-002': {} });
const task = plan.stories[0]!.tasks[0]!;

/** A run with one task, and the panel's rows of it, after these. */
function after(...events: object[]): { run: RunState; rows: OutlineNode[] } {
  const run = emptyRun('r');
  const outline = emptyOutline();
  events.forEach((body, index) => {
    const event = { v: 1, run: 'r', at: index + 1, seq: index + 1, ...body } as RunEvent;
    applyEvent(run, event);
    applyToOutline(outline, event);
  });
  const all = (nodes: readonly OutlineNode[]): OutlineNode[] => nodes.flatMap((node) => [node, ...all(node.children)]);
  return { run, rows: all(outline.top) };
}
const created = {
  ...{ type: 'run-created', title: 'Quotes', kind: 'plan', planName: 'Quotes', blueprint: 'standard_task', model: 'm' },
  ...{
    recorded: true,
    budgetUsd: null,
    budgetTokens: null,
    branch: null,
    commits: true,
    blueprintHash: 'a'.repeat(64),
  },
  tasks: [{ id: task.id, title: 'One', story: 'US-001', storyTitle: 'S', dependsOn: [], mode: 'sequential' }],
  stories: [],
};

describe('every status of a run', () => {
  it('has a word and an icon of its own', () => {
    const words = runStatusSchema.options.map((status) => runLook(status).word);
    expect(new Set(words).size).toBe(words.length);
  });
  it.each(runStatusSchema.options)(
    '%s is called the same in the status bar, in the panel and in the terminal',
    (status) => {
      const { word, icon } = runLook(status);
      const run = { ...emptyRun('r'), title: 'Quotes', status };
      const line = statusLine(run, 0, false, plain);
      expect(runSummary(run, plain)).toContain(word);
      expect(line?.tooltip).toContain(word);
      expect(line?.text).toContain(`$(${icon}`);
      if (status !== 'running') expect(line?.text).toContain(word); // there it says the stage
      expect(inPanel(panel.runLook(status))).toContain(word);
      expect(runWord(status, uncoloured)).toBe(word);
      expect(Object.values(EXIT)).toContain(EXIT_OF_RUN[status]);
    },
  );
});

describe('every status of a task', () => {
  const waiting = waitingForSchema.options.map((waitingFor) => ({ status: 'waiting' as TaskStatus, waitingFor }));
  const each = [...taskStatusSchema.options.map((status) => ({ status })), ...waiting];

  it.each(each)('$status $waitingFor is called the same in the tree, in the panel and in the terminal', (state) => {
    const at = { ...state, attempt: 1, stage: '' };
    const { word } = taskLook(at);
    expect(word).toMatch(/\w/);
    const standing = () => ({ ...at, costUsd: 0, tokens: 0, run: 'r' });
    expect(taskRow(plan, task, standing, plain)).toMatchObject({ word });
    expect(inPanel(panel.taskLook(at))).toContain(word);
    expect(taskWord(at, uncoloured)).toMatch(new RegExp(`^[^\\w\\s] ${word}$`));
  });
  it.each(each)('$status $waitingFor stands in the panel’s timeline, too', (state) => {
    const { rows, run } = after(created, { type: 'task-changed', task: task.id, attempt: 1, ...state });
    const row = rows.find((node) => node.kind === 'task');
    if (row) expect(nodeText(row, run).word).toBe(taskLook({ ...state, attempt: 1, stage: '' }).word);
    else expect(['pending', 'ready', 'blocked', 'skipped', 'cancelled', 'rolled-back']).toContain(state.status); // nothing of it ran
  });
});

describe('every reason that a person is asked for', () => {
  it.each(Object.keys(wordings) as WordingCode[])('%s has a sentence wherever it stops a run or a task', (code) => {
    const reason = { code, params: { ...wordings[code].params, failures: 3, attempt: 2 } };
    const sentence = reasonSentence(reason);
    expect(sentence).toMatch(/ .* /);
    expect(sentence).not.toMatch(/[{}]|^[^a-z]*\(/);
    const paused = { type: 'run-paused', reason, task: task.id };
    const { rows, run } = after(created, { type: 'run-started' }, paused);
    expect(whyStopped(run, plain)).toBe(sentence);
    expect(rows.map((node) => nodeText(node, run).detail).join('\n')).toContain(sentence.replace(/\s+/g, ' '));
    expect(eventLine({ v: 1, run: 'r', at: 1, seq: 1, ...paused } as RunEvent, uncoloured)).toContain(
      sentence.slice(0, 100),
    );
  });
  it('offers every option in words of its own', () => {
    for (const code of Object.keys(wordings)) {
      const labels = attentionOptionSchema.options.map((option) => optionWords(code, option, plain).label);
      expect(new Set(labels).size, code).toBe(labels.length);
    }
  });
});
