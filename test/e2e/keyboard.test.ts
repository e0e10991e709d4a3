/** A review without a mouse: each hunk by its key, the next file by itself, the answer sent; what was rejected is not on disk and the model hears why. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { editorPerTest } from './editor-per-test.js';
import { acceptAll, answerAtOnce, modelWasTold, questionOf, toFirstQuestion, until } from './steps.js';

const open = editorPerTest();
answerAtOnce();

const COMMENT = 'Say where the new quote is found.';

describe('the review by keyboard', () => {
  it('decides hunk by hunk, opens the next file, sends the answer and tells the model what was rejected', async () => {
    const here = await open();
    const { page, folder, picture, command, quickInput } = here;
    const tab = (title: string) => page.locator('.tab', { hasText: title }).first();
    /** What the open review says of itself in the tab: file and decided hunks. */
    const shown = async (decided: number, file: string, hunk: string) => {
      await tab(`: ${decided} of 7 hunks decided · ${file}`)
        .waitFor({ timeout: 20_000 })
        .catch(async (cause: unknown) => {
          throw new Error(
            `expected ${decided} decided and ${file}, but there is: ${(await page.locator('.tab').allInnerTexts()).join(' | ')}`,
            { cause },
          );
        });
      // The next key belongs to the hunk once the status bar names it and the right side has the focus.
      await until(`${hunk} in the status bar`, async () => (await here.statusBar()).includes(`hunk ${hunk}, pending`));
      await until('the focus on the right side', () =>
        page.evaluate(() => document.activeElement?.closest('.editor.modified') !== null),
      );
    };
    await toFirstQuestion(here);
    for (const [task, stage] of [
      ['T-US-001-001', 'implement'],
      ['T-US-002-001', 'implement'],
      ['T-US-002-001', 'fix_lint'],
    ] as const)
      await acceptAll(here, task, stage);
    await questionOf(here, 'T-US-002-002', 'implement');
    await picture('keyboard-first');
    await shown(0, 'src/app.ts', '1 of 3');
    await page.keyboard.press('Alt+Enter');
    await shown(1, 'src/app.ts', '2 of 3');
    await page.keyboard.press('Shift+Alt+Enter');
    await shown(2, 'src/app.ts', '2 of 2');
    await command('OpenExec: Reject Hunk with Comment…');
    await page.locator('.quick-input-title', { hasText: 'Why is this hunk rejected?' }).waitFor();
    await quickInput(COMMENT);
    await shown(3, 'src/quotes.ts', '1 of 3'); // the next file, by itself
    await picture('keyboard-next-file');
    expect(
      readFileSync(path.join(folder, 'src', 'quotes.ts'), 'utf8'),
      'nothing is written before the answer',
    ).not.toContain('add(quote');
    for (const decided of [4, 5]) {
      await page.keyboard.press('Alt+Enter');
      await shown(decided, 'src/quotes.ts', `${decided - 2} of 3`);
    }
    await page.keyboard.press('Alt+Enter');
    await shown(6, 'test/quotes-create.test.ts', '1 of 1');
    await page.keyboard.press('Alt+Enter');

    // The answer went by itself; what the model does with it is a question of its own.
    await tab('T-US-002-002 · implement: 0 of').waitFor({ timeout: 60_000 });
    const app = readFileSync(path.join(folder, 'src', 'app.ts'), 'utf8');
    expect(app).toContain("import { validateQuote } from './validate.ts'");
    expect(app, 'a rejected hunk is not on disk').not.toContain("request.method === 'POST'");
    expect(app, 'a rejected hunk is not on disk').not.toContain('async function create');
    expect(readFileSync(path.join(folder, 'src', 'quotes.ts'), 'utf8')).toContain('add(quote');
    await until('the comment in what the model was told', () => modelWasTold(here, COMMENT));
    await page
      .locator('.monaco-diff-editor .view-line', { hasText: "'location'" })
      .first()
      .waitFor({ timeout: 30_000 });
    await picture('keyboard-told');
    expect(here.errors).toEqual([]);
  });
});
