/** What a person meets first: the views before there is anything in them, also without a folder, without trust, and in little space. */
import { describe, expect, it } from 'vitest';
import { editorPerTest } from './editor-per-test.js';

const open = editorPerTest();

describe('the views', () => {
  it.each(['dark', 'light'] as const)('say what they are for before there is a plan (%s)', async (theme) => {
    const { page, openSideBar, picture, errors } = await open({ theme });
    await openSideBar();
    await page.getByText('A plan holds goals, stories and tasks', { exact: false }).first().waitFor();
    await picture('empty');
    expect(errors).toEqual([]);
  });

  it('fit a narrow side bar', async () => {
    const { page, openSideBar, picture } = await open({ size: { width: 520, height: 900 } });
    await openSideBar();
    await page.getByText('A plan holds goals', { exact: false }).first().waitFor();
    await picture('empty-narrow');
    const overflow = await page
      .locator('.sidebar .pane-body')
      .evaluateAll((panes) => panes.filter((pane) => pane.scrollWidth > pane.clientWidth + 1).length);
    expect(overflow).toBe(0);
  });

  it('offer a folder or the demo when none is open', async () => {
    const { page, openSideBar, picture } = await open({ folder: null });
    await openSideBar();
    await page.getByRole('button', { name: 'Open Demo' }).first().waitFor();
    await picture('no-folder');
  });

  it('run nothing in a folder that is not trusted, and say so', async () => {
    const { page, openSideBar, picture, folder, git } = await open({ trusted: false });
    await openSideBar();
    await page.getByText('This workspace is not trusted', { exact: false }).first().waitFor();
    await picture('untrusted');
    expect(git('status', '--porcelain'), folder).toBe('');
  });
});
