/** What the policy would decide, asked in the editor: a sentence with rule and reason, a rule of one's own after a look at it, and Why? on a question. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { editorPerTest } from './editor-per-test.js';
import type { Editor } from './harness.js';
import { answer, answerAtOnce, fromMenu, told, toFirstQuestion } from './steps.js';

const open = editorPerTest();
answerAtOnce();

async function explain(here: Editor, text: string): Promise<void> {
  await here.command('OpenExec: Explain Policy…');
  await here.page.locator('.quick-input-title', { hasText: 'Explain Policy' }).waitFor();
  await here.quickInput(text);
}

describe('the policy in the editor', () => {
  it('says what it would decide and why, and makes a rule of it only after a look', async () => {
    const here = await open();
    const { page, picture, folder, openSideBar } = here;
    await openSideBar();
    await explain(here, 'npm test && git push --force');
    expect(await told(here, /git push/)).toMatch(/asks first, because .*Rule: /);
    await picture('policy-explained');
    await explain(here, 'rm -fr / --no-preserve-root');
    expect(await told(here, /rm -fr/)).toMatch(/denied, because/);
    expect(existsSync(path.join(folder, 'package.json'))).toBe(true);

    await explain(here, 'make docs');
    await told(here, /make docs.*asks first/);
    await page
      .locator('.notifications-toasts .notification-list-item', { hasText: 'make docs' })
      .locator('.monaco-button', { hasText: 'Make a Rule…' })
      .first()
      .click();
    const rule = page.locator('.quick-input-list .monaco-list-row', { hasText: 'Allow' }).first();
    await rule.waitFor();
    await picture('policy-rules');
    await rule.click();
    await answer(here, 'Add to My Settings', 'policy-rule-preview');
    await explain(here, 'make docs');
    await told(here, /make docs.*unasked/);
    expect(here.errors).toEqual([]);
  });

  it('says why a question is asked', async () => {
    const here = await open();
    await toFirstQuestion(here);
    await fromMenu(here, here.row('Approvals', 'implement wants'), 'Why?');
    expect(await told(here, /docs\/api\.md/)).toMatch(/asks first, because changes are shown/);
    await here.picture('policy-why');
    expect(here.errors).toEqual([]);
  });
});
