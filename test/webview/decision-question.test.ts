import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../src/protocol/panel.js';
import { decisionQuestion } from '../../webview-ui/run/decision-question.js';

const hash = 'a'.repeat(64);

describe('what a decision of the timeline is explained as', () => {
  it.each([
    ['a path with spaces', { subject: 'write docs/my notes.md' }, { path: 'docs/my notes.md', op: 'write' }],
    ['a command', { subject: 'npm test && git push', hash }, { cmd: 'npm test && git push' }],
    ['a script that reads like a path', { subject: 'read foo', hash }, { cmd: 'read foo' }],
    ['a tool, which is no program', { subject: 'write_file' }, undefined],
    ['a command that was cut', { subject: 'x'.repeat(2000), hash }, undefined],
  ])('%s', (_, event, question) => {
    const asked = decisionQuestion(event);
    expect(asked).toEqual(question);
    if (asked) expect(parseCommand({ id: 'openexec.explainPolicy', args: asked })).toMatchObject({ ok: true });
  });
});
