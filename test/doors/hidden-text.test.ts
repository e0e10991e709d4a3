/** Text that hides, or pushes a part of itself out of sight, shows the same in every door. */
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it, vi } from 'vitest';
import type { Approval } from '../../src/core/model/approval.js';
import { renderHtml } from '../../src/core/report/html.js';
import { renderMarkdown } from '../../src/core/report/markdown.js';
import type { ReportData } from '../../src/core/report/report-data.js';
import { showArgv, showLine, showText } from '../../src/core/text/harmless.js';
import { plain, safely } from '../../src/core/view/translate.js';
import { describeApproval } from '../../src/terminal/review.js';
import { oneLine, uncoloured } from '../../src/terminal/style.js';
import { tooltipMarkdown } from '../../src/vscode/views/tooltip.js';
import { setTexts, t as panelText } from '../../webview-ui/l10n.js';
import { jsx } from '../../webview-ui/jsx-runtime.js';
import { Status } from '../../webview-ui/parts/status.js';

vi.mock('vscode', () => import('../fakes/vscode.js'));
const { commandPage } = await import('../../src/vscode/pages/command-page.js');
const { t } = await import('../../src/vscode/report-errors.js');
const { createApprovalsTree } = await import('../../src/vscode/views/approvals-tree.js');
const { trees } = await import('../fakes/vscode.js');

/** One of each kind: what it is, and how it shows. */
const tricks: [what: string, text: string, seen: string][] = [
  ['a no-break space', '\u00a0', '<U+00A0>'],
  ['the space of Ogham', '\u1680', '<U+1680>'],
  ['an en quad', '\u2000', '<U+2000>'],
  ['a hair space', '\u200a', '<U+200A>'],
  ['a narrow no-break space', '\u202f', '<U+202F>'],
  ['a space of mathematics', '\u205f', '<U+205F>'],
  ['an ideographic space', '\u3000', '<U+3000>'],
  ['a soft hyphen', '\u00ad', '<U+00AD>'],
  ['zero width', '\u200b', '<U+200B>'],
  ['a join', '\u200d', '<U+200D>'],
  ['a filler of Hangul', '\u3164', '<U+3164>'],
  ['text turned round', '\u202e', '<U+202E>'],
  ['an isolate', '\u2066', '<U+2066>'],
  ['a line separator', '\u2028', '<U+2028>'],
  ['a variation selector', '\ufe00', '<U+FE00>'],
  ['a byte order mark', '\ufeff', '<U+FEFF>'],
  ['an unassigned ignorable', '\ufff0', '<U+FFF0>'],
  ['a sign of shorthand', '\u{1bca0}', '<U+1BCA0>'],
  ['a sign of music', '\u{1d173}', '<U+1D173>'],
  ['a tag', '\u{e0041}', '<U+E0041>'],
  ['half a character', '\ud800', '<U+D800>'],
  ['four blanks', '    ', '<4 spaces>'],
  ['fifteen blanks', ' '.repeat(15), '<15 spaces>'],
  ['a screen of blanks', ' '.repeat(300), '<300 spaces>'],
];

const approval = (title: string, argv: string[]): Approval =>
  ({
    id: 'A-1',
    run: 'r',
    plan: 'p',
    task: 'T-1',
    stage: 'implement',
    step: 's',
    title,
    why: title,
    subject: { kind: 'command', argv, cwd: '', sandbox: 'host', hash: 'a'.repeat(64), rule: 'ask', purpose: 'tool' },
    status: 'pending',
    createdAt: 1,
  }) as unknown as Approval;

function treeRow(title: string): { label: string; tooltip: string } {
  const model = { approvals: [{ approval: approval(title, ['x']), changeSet: undefined }] };
  const folders = { state: 'open', open: { model }, onDidChangeState: () => ({}), onDidChangeModel: () => ({}) };
  createApprovalsTree(folders as never, { file: () => undefined, onDidChange: () => ({}) } as never);
  const item = [...trees.values()].at(-1)!.getTreeItem({ kind: 'approval', approval: 'A-1' });
  return { label: item.label, tooltip: String(item.tooltip) };
}

const unescaped = (html: string): string =>
  html
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&');

const reportOf = (title: string, command: string): ReportData => ({
  run: {
    id: 'r',
    title,
    kind: 'plan',
    status: 'completed',
    planName: title,
    blueprint: 'b',
    blueprintHash: 'c'.repeat(64),
    model: 'm',
    recorded: false,
    sandbox: 'host',
    approval: 'changes',
    branch: null,
    commitsEnabled: false,
    createdAt: 1,
    durationMs: 1,
    events: 1,
  },
  tasks: [],
  checks: [
    { task: 'T-1', purpose: 'verify', command, exitCode: 0, timedOut: false, durationMs: 1, at: 1, tail: '' } as never,
  ],
  files: [],
  commits: [],
  spent: { costUsd: 0, tokens: 0, calls: 0, budgetUsd: null, budgetTokens: null, models: [] },
  questions: [],
  decisions: { allowed: 0, asked: 0, denied: 0, listed: [] },
  warnings: [],
  rollbacks: [],
  left: [],
});
const words = { redact: (text: string) => text, sentence: () => '' };

describe.each(tricks)('%s', (_what, trick, seen) => {
  const title = `Clean${trick}up`;
  const shown = `Clean${seen}up`;

  it('shows the same in a title, whatever shows it', () => {
    setTexts({}, 'en');
    const { label, tooltip } = treeRow(title);
    expect(showLine(title)).toBe(shown);
    expect({
      tree: label,
      tooltip: tooltip.split('\n')[0],
      sentence: t('{task} · {stage}: {decided} of {total} hunks decided', {
        task: title,
        stage: '',
        decided: 0,
        total: 1,
      }),
      page: commandPage(approval(title, ['x'])).split('\n')[0],
      row: unescaped(
        renderToStaticMarkup(createElement(Status, { look: { icon: 'pass', tone: 'good', word: title } })),
      ).includes(shown),
      rowTooltip: unescaped(renderToStaticMarkup(jsx('span', { title }))),
      panelSentence: panelText('needs you: {title}', { title }),
      terminal: oneLine(title),
      question: describeApproval(approval(title, ['x']), 1, uncoloured).split('\n')[0],
      report: unescaped(renderHtml(reportOf(title, 'x'), words, () => '')).includes(`<h1>${shown}</h1>`),
      markdown: unescaped(renderMarkdown(reportOf(title, 'x'), words).split('\n')[0]!.replace(/\\/g, '')),
      view: safely(plain)('{title}', { title }),
    }).toEqual({
      tree: shown,
      tooltip: shown,
      sentence: `${shown} · : 0 of 1 hunks decided`,
      page: `# ${shown}`,
      row: true,
      rowTooltip: `<span title="${shown}"></span>`,
      panelSentence: `needs you: ${shown}`,
      terminal: shown,
      question: `  1  ${shown} · ${shown}`,
      report: true,
      markdown: `# ${shown}`,
      view: shown,
    });
  });

  it('is seen in a command before a person says yes, in every door', () => {
    const command = showArgv(['rm', `a${trick}b`]);
    expect(command).toBe(`rm "a${seen}b"`);
    const asked = approval('Run it', ['rm', `a${trick}b`]);
    expect(commandPage(asked)).toContain(`    ${command}\n`);
    expect(describeApproval(asked, 1, uncoloured)).toContain(`\n     ${command}`);
    const script = approval('Run it', []);
    Object.assign(script.subject, { argv: undefined, script: `rm a${trick}b` });
    expect(commandPage(script)).toContain(`    ${showText(`rm a${trick}b`)}\n`);
    expect(describeApproval(script, 1, uncoloured)).toContain(`rm a${seen}b`);
    expect(tooltipMarkdown('T-1', [{ label: 'Verified by', text: `rm a${trick}b`, code: true }])).toContain(
      `rm a${seen}b`,
    );
    const panel = renderToStaticMarkup(jsx('pre', { className: 'command', children: `rm a${trick}b` }));
    expect(unescaped(panel)).toBe(`<pre class="command">rm a${seen}b</pre>`);
    expect(unescaped(renderHtml(reportOf('x', `rm a${trick}b`), words, () => ''))).toContain(
      `<code>rm a${seen}b</code>`,
    );
  });
});

it('leaves the output of commands its columns, in the panel and in a report', () => {
  const output = 'one      2\n  three  4';
  expect(renderToStaticMarkup(jsx('pre', { children: output }))).toBe(`<pre>${output}</pre>`);
});

it('leaves what a person edits as it is', () => {
  const value = 'a\u00a0b';
  expect(renderToStaticMarkup(jsx('input', { value, readOnly: true }))).toContain(value);
});
