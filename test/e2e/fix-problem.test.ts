/** The lightbulb: a type error that VS Code shows is fixed by a model behind the real SDK, reviewed, and done when the editor no longer shows it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { editorPerTest } from './editor-per-test.js';
import { startMessagesApi, type MessagesApi } from '../fakes/messages-api.js';
import { setApiKey, until } from './steps.js';

let api: MessagesApi | undefined;
afterEach(async () => await api?.close());

const open = editorPerTest();

const BROKEN = "export const limit: number = '10';\n";
const MENDED = 'export const limit: number = 10;\n';

describe('Fix with OpenExec', () => {
  it('mends a type error whose check is that the editor no longer shows it', async () => {
    api = await startMessagesApi(() => ({
      kind: 'message',
      content: [
        {
          type: 'tool_use',
          id: 'toolu_1',
          name: 'apply_patch',
          input: { patch: JSON.stringify([{ path: 'src/limit.ts', search: BROKEN.trim(), replace: MENDED.trim() }]) },
        },
        { type: 'tool_use', id: 'toolu_2', name: 'submit_result', input: { summary: 'The limit is a number now.' } },
      ],
    }));
    const editor = await open({
      files: { 'src/limit.ts': BROKEN },
      settings: { 'openexec.model': 'claude-sonnet-5-5', 'openexec.anthropic.baseUrl': api.url },
    });
    const { page, command, picture, git, openSideBar } = editor;
    const file = path.join(editor.folder, 'src', 'limit.ts');
    await openSideBar();
    await setApiKey(editor);

    await page.keyboard.press('Control+P');
    await page.locator('.quick-input-widget:visible input').first().fill('src/limit.ts');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'limit.ts' }).first().click();
    const line = page.locator('.monaco-editor .view-line', { hasText: 'export const limit' }).first();
    await line.waitFor();
    await page.locator('.monaco-editor .squiggly-error').first().waitFor({ timeout: 90_000 });
    await line.click();
    await page.keyboard.press('Home');
    await page.keyboard.press('F8'); // to the problem
    await page.keyboard.press('Control+.');
    const offer = page.locator('.action-widget .monaco-list-row', { hasText: 'Fix with OpenExec' }).first();
    await offer.waitFor({ timeout: 20_000 });
    await picture('fix-lightbulb');
    await offer.click();

    await page.locator('.tab', { hasText: 'QF-1 · implement' }).first().waitFor({ timeout: 60_000 });
    await page.locator('.monaco-diff-editor').first().waitFor();
    await picture('fix-review');
    expect(readFileSync(file, 'utf8'), 'nothing is written before the answer').toBe(BROKEN);
    await command('OpenExec: Accept All');
    await until('the commit', () => git('log', '-1', '--format=%B').includes('OpenExec-Task: QF-1'), 90_000);
    expect(readFileSync(file, 'utf8')).toBe(MENDED);
    expect(git('show', '--stat', '--format=', 'HEAD')).toContain('src/limit.ts');
    expect(editor.diagnose()).toMatch(/no ts\(2322\) in src\/limit\.ts/);
    await picture('fix-done');
    const asked = JSON.stringify(api.requests[0]?.body);
    expect(asked).toContain('It stands at src/limit.ts:1');
    expect(asked).not.toContain('sk-ant-test');
    expect(editor.errors).toEqual([]);
  });
});
