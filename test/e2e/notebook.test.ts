/** A change of a notebook that is open: reviewed as the text it is, decided by hunk, and the open notebook shows what was accepted. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { startMessagesApi, type MessagesApi } from '../fakes/messages-api.js';
import { editorPerTest } from './editor-per-test.js';
import { answerAtOnce, approvePlan, planFromFile, questionOf, setApiKey, startRun, until } from './steps.js';

let api: MessagesApi | undefined;
afterEach(async () => await api?.close());

const open = editorPerTest();
answerAtOnce();

const cell = (source: string) => ({
  cell_type: 'code',
  execution_count: null,
  id: source.slice(0, 5),
  metadata: {},
  outputs: [],
  source: [source],
});
/** With an indent of one, as Jupyter writes it. */
const notebook = (...sources: string[]): string =>
  `${JSON.stringify({ cells: sources.map(cell), metadata: { language_info: { name: 'python' } }, nbformat: 4, nbformat_minor: 5 }, null, 1)}\n`;
const BEFORE = notebook('first = 1', 'middle = 2', 'third = 3');

it('a notebook is decided by hunk: the accepted one is in the file and in the open notebook, the rejected one nowhere', async () => {
  const edits = [
    ['first = 1', 'first = 10'],
    ['third = 3', 'third = 30'],
  ].map(([search, replace]) => ({ path: 'data.ipynb', search, replace }));
  api = await startMessagesApi((_, n) => ({
    kind: 'message',
    content: [
      ...(n > 1
        ? []
        : [{ type: 'tool_use' as const, id: 'toolu_1', name: 'apply_patch', input: { patch: JSON.stringify(edits) } }]),
      { type: 'tool_use', id: `toolu_${n + 1}`, name: 'submit_result', input: { summary: 'The numbers are larger.' } },
    ],
  }));
  const stories = {
    schema_version: '1.1',
    goals: [{ id: 'G-001', title: 'Numbers' }],
    stories: [
      {
        id: 'US-001',
        title: 'Larger numbers',
        goal_id: 'G-001',
        tasks: [
          {
            id: 'T-1',
            title: 'Make the first number larger',
            description: '',
            technical_strategy: 'edit',
            depends_on: [],
            verification_script: 'grep -q "first = 10" data.ipynb',
          },
        ],
      },
    ],
  };
  const here = await open({
    files: { 'data.ipynb': BEFORE, 'stories.json': JSON.stringify(stories) },
    settings: { 'openexec.model': 'claude-sonnet-5-5', 'openexec.anthropic.baseUrl': api.url },
  });
  const file = path.join(here.folder, 'data.ipynb');
  const { page, command, picture } = here;
  const cells = page.locator('.notebookOverlay .view-lines');
  await planFromFile(here, 'stories.json', 'stories', 'US-001');
  await command('View: Show Explorer');
  await page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'data.ipynb' }).first().dblclick();
  await cells.filter({ hasText: 'first = 1' }).first().waitFor({ timeout: 60_000 });
  await setApiKey(here);
  await approvePlan(here);
  await startRun(here);
  await questionOf(here, 'T-1', 'implement');
  await until('the first hunk', async () => (await here.statusBar()).includes('hunk 1 of 2, pending'));
  await picture('notebook-question');
  expect(readFileSync(file, 'utf8')).toBe(BEFORE);
  await command('OpenExec: Accept Hunk');
  await until('the second hunk', async () => (await here.statusBar()).includes('hunk 2 of 2, pending'));
  await command('OpenExec: Reject Hunk');

  await here.openSideBar();
  await here.row('Runs', 'completed').waitFor({ timeout: 60_000 });
  expect(readFileSync(file, 'utf8')).toBe(notebook('first = 10', 'middle = 2', 'third = 3'));
  await page.locator('.tab', { hasText: 'data.ipynb' }).first().click();
  await cells.filter({ hasText: 'first = 10' }).first().waitFor();
  await picture('notebook-after');
  expect(await cells.filter({ hasText: 'third = 30' }).count()).toBe(0);
  expect(here.git('status', '--porcelain')).toBe('');
  expect(here.errors).toEqual([]);
});
