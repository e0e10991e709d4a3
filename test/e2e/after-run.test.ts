/** What a person does with a run that is over: replay it exactly, write its report, begin it anew from a step, compare the two; and what its tasks found about the plan. */
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { startMessagesApi, type MessagesApi } from '../fakes/messages-api.js';
import { editorPerTest } from './editor-per-test.js';
import {
  answer,
  answerAtOnce,
  approvePlan,
  committed,
  pick,
  planFromFile,
  planFromIntent,
  saveAsProposed,
  setApiKey,
  startRun,
  TASKS,
  told,
  until,
} from './steps.js';

let api: MessagesApi | undefined;
afterEach(async () => await api?.close());

const open = editorPerTest();
answerAtOnce();

describe('a run that is over', () => {
  it('is replayed exactly, told in a report, begun anew from a step and compared', async () => {
    const here = await open({ settings: { 'openexec.approval': 'never' } });
    const { page, command, picture } = here;
    await planFromIntent(here);
    await approvePlan(here);
    await startRun(here);
    await until(
      'the run to be done',
      async () => /completed/.test(await here.statusBar()) && committed(here).length >= TASKS.length,
      120_000,
    );

    await command('OpenExec: Replay (Exact Check)');
    await told(here, /replays equal/);
    await command('OpenExec: Export Report…');
    const report = await saveAsProposed(here, 'Export Report');
    await until('the report', () => existsSync(report) && /<\/html>\s*$/.test(readFileSync(report, 'utf8')));
    expect(readFileSync(report, 'utf8')).toMatch(/^<!doctype html>/i);

    await command('OpenExec: Re-run From…');
    await page.locator('.quick-input-title', { hasText: 'Re-run From' }).waitFor();
    await page.locator('.quick-input-widget:visible input').first().fill('T-US-003-004 · implement');
    await picture('after-rerun-steps');
    await pick(here, 'T-US-003-004 · implement').click();
    await answer(here, 'Start Anyway', 'after-rerun-changed');
    await until(
      'the second run to be over',
      async () => (await here.rows('Runs')).filter((row) => /completed|paused|failed/.test(row)).length === 2,
      90_000,
    );
    const panel = await here.webview('[role="tablist"]');
    await panel.getByText('begun anew from', { exact: false }).first().waitFor();
    await picture('after-rerun');

    await command('OpenExec: Compare Runs…');
    for (const title of ['Compare Runs', 'Compare “INTENT” with']) {
      await page.locator('.quick-input-title', { hasText: title }).waitFor();
      await pick(here, 'completed').click();
    }
    await page.locator('.monaco-editor .view-line', { hasText: 'They part at T-US-003-004' }).first().waitFor();
    await picture('after-compared');
    expect(here.errors).toEqual([]);
  });
});

describe('what a task finds about the plan', () => {
  it('comes as a proposal with before and after, and is a new version of the plan once it is accepted', async () => {
    const task = (id: string, after: string[]) => ({
      id,
      title: `Make ${id}`,
      description: '',
      technical_strategy: 'one file',
      depends_on: after,
      verification_script: `test -f ${id}.txt`,
    });
    let accept = () => {};
    const accepted = new Promise<void>((resolve) => (accept = resolve));
    api = await startMessagesApi((_, n) =>
      n === 1
        ? {
            kind: 'message',
            content: [
              {
                type: 'tool_use',
                id: 'toolu_0',
                name: 'signal',
                input: {
                  kind: 'scope-discovery',
                  message: 'The files need an index.',
                  proposal: {
                    add: [
                      {
                        story: 'US-001',
                        title: 'Write the index',
                        technical_strategy: 'list them',
                        verification_script: 'test -f index.txt',
                        depends_on: ['T-1'],
                      },
                    ],
                    change: [{ task: 'T-2', title: 'Make T-2 with its line in the index', depends_on: ['T-1', '#1'] }],
                  },
                },
              },
            ],
          }
        : {
            kind: 'message',
            after: accepted, // a task that has begun stays as it is: T-2 must not begin before the proposal is accepted
            content: [
              { type: 'tool_use', id: 'toolu_1', name: 'write_file', input: { path: 'T-1.txt', content: 'one\n' } },
              { type: 'tool_use', id: 'toolu_2', name: 'submit_result', input: { summary: 'There it is.' } },
            ],
          },
    );
    const stories = {
      schema_version: '1.1',
      goals: [{ id: 'G-001', title: 'Files' }],
      stories: [{ id: 'US-001', title: 'Two files', goal_id: 'G-001', tasks: [task('T-1', []), task('T-2', ['T-1'])] }],
    };
    const here = await open({
      files: { 'stories.json': JSON.stringify(stories) },
      settings: {
        'openexec.model': 'claude-sonnet-5-5',
        'openexec.anthropic.baseUrl': api.url,
        'openexec.approval': 'never',
      },
    });
    const { page, picture, row } = here;
    await planFromFile(here, 'stories.json', 'stories', 'US-001');
    await setApiKey(here);
    await approvePlan(here);
    await startRun(here);
    await told(here, /proposes a change of the plan/);
    await page.locator('.notifications-toasts .monaco-button', { hasText: 'Show…' }).first().click();
    await page.locator('.monaco-editor .view-line', { hasText: 'Proposed by T-1' }).first().waitFor();
    await pick(here, 'Accept').waitFor();
    await picture('proposal-page');
    await pick(here, 'Accept').click();
    await until('the new task', async () => (await here.rows('Plan')).some((one) => one.includes('Write the index')));
    accept();
    expect(await row('Plan', 'T-2').getAttribute('aria-label')).toMatch(/index/);
    await picture('proposal-accepted');
    expect(here.errors).toEqual([]);
  });
});
