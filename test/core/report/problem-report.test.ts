import { describe, expect, it } from 'vitest';
import { problemMarkdown, problemReport, type Problem } from '../../../src/core/report/problem-report.js';

const KEY = 'a-key-of-no-known-form-4711';
const TOKEN = `ghp_${'a1B2'.repeat(9)}`;
const given: Problem = {
  at: Date.UTC(2026, 4, 1, 10, 0, 0),
  door: 'editor',
  versions: { OpenExec: '1.2.3', Node: 'v24.9.0' },
  settings: [],
  folder: { state: 'open', notices: [], facts: null },
  log: [],
};
const hidden = { secrets: [KEY], home: '/home/ada', roots: ['/home/ada/quotes', '/data/clients/acme'] };
const both = (problem: Partial<Problem>, hide = hidden) => {
  const report = problemReport({ ...given, ...problem }, hide);
  return `${JSON.stringify(report)}\n${problemMarkdown(report)}`;
};

describe('the report of a problem', () => {
  it('has no key in it, wherever one stood: a setting, the log, a code', () => {
    const text = both({
      settings: [
        { name: 'openexec.model', value: KEY },
        { name: 'openexec.commands.test', value: ['npm test', `curl -H "x: ${TOKEN}"`] },
      ],
      log: [`asked with ${KEY}`, `clone with ${TOKEN}`, `KEY as JSON ${JSON.stringify({ key: KEY })}`],
      folder: { state: `failed ${KEY}`, code: TOKEN, notices: [KEY], facts: null },
    });
    expect(text).not.toContain(KEY);
    expect(text).not.toContain(TOKEN);
    expect(text).toContain('npm test');
  });

  it('says of an address only where it leads, and of rules how many there are', () => {
    const text = both({
      settings: [
        { name: 'openexec.anthropic.baseUrl', value: 'https://ada:pw123456@gateway.example/team?token=abc' },
        { name: 'openexec.policy.rules', value: [{ id: 'my-customer', value: 'acme/**' }] },
      ],
    });
    expect(text).toContain('https://gateway.example');
    expect(text).not.toMatch(/pw123456|team|token=abc|my-customer|acme/);
    expect(text).toContain('1 of them');
  });

  it('names neither the folder nor the home folder nor a mail address', () => {
    const text = both({
      log: [
        'opened {"root":"/home/ada/quotes"} in /home/ada/quotes/src/a.ts',
        'a page could not be made root%3D%252Fhome%252Fada%252Fquotes in quotes-0123456789abcdef of /data/clients/acme/x',
        'approving: OpenExecError: plan-not-approved {"name":"Buy Zebra"}\n    at approve (/home/ada/quotes/a.js:1:2)',
        'read file:///home/ada/.config/x; not /home/adam and not /srv/home/ada2; by ada@example.com from 10.1.2.3',
      ],
    });
    expect(text).toContain('<folder>/src/a.ts');
    expect(text).toContain('file://~/.config/x; not /home/adam');
    expect(text).not.toMatch(/\/home\/ada\b(?!2)|quotes|acme|Zebra|ada@example|10\.1\.2\.3/);
  });

  it('knows paths of Windows, also inside JSON', () => {
    const text = both(
      { log: ['{"root":"C:\\\\Users\\\\Ada\\\\quotes"} at C:\\Users\\Ada\\quotes\\a.ts and c:/users/ada/x'] },
      { secrets: [], home: 'C:\\Users\\Ada', roots: ['C:\\Users\\Ada\\quotes'] },
    );
    expect(text).not.toMatch(/Users|quotes/i);
  });

  it('lets no line of the log become part of the page, or hide', () => {
    const text = problemMarkdown(
      problemReport({ ...given, log: ['```', '# Not a title', 'red \u001b[31m text', 'a\u202Eb'] }, hidden),
    );
    expect(text).toContain('````text\n```\n# Not a title\nred  text\na<U+202E>b\n````\n');
  });

  it('cuts a line that is too long', () => expect(both({ log: ['x'.repeat(100_000)] }).length).toBeLessThan(10_000));

  it('is a page to read and a document for programs', () => {
    const problem: Problem = {
      ...given,
      settings: [{ name: 'openexec.maxParallel', value: 4, from: 'user' }],
      folder: {
        state: 'open',
        notices: ['folder-moved'],
        facts: {
          isolation: 'bubblewrap',
          git: 'rebase',
          plans: 1,
          runs: 3,
          pending: 0,
          run: {
            id: 'run_1',
            plan: 'plan_1',
            kind: 'plan',
            status: 'failed',
            blueprint: 'standard_task',
            model: 'recorded',
            createdAt: given.at,
            finishedAt: given.at + 1000,
            tasks: 2,
            done: 1,
            events: 40,
            trouble: [
              {
                seq: 39,
                at: given.at,
                event: 'stage-finished',
                where: 'run_1/T-1/1/verify/1',
                code: 'failed',
                times: 2,
              },
            ],
          },
        },
      },
      log: ['2026-05-01T10:00:00.000Z error a call failed'],
    };
    const report = problemReport(problem, hidden);
    expect(report).toMatchObject({ format: 'openexec-problem', version: 1, at: '2026-05-01T10:00:00.000Z' });
    expect(problemMarkdown(report)).toBe(`# Report of a problem with OpenExec

Made on 2026-05-01T10:00:00.000Z in the editor. It was written to this file and sent nowhere. Read it, take out what you do not want to show, and give it with your report.

Keys and tokens that were recognised, e-mail and network addresses were taken out; your folder is \`<folder>\`, your home \`~\`. Texts of files, plans, prompts and answers are not in it.

## Versions

- OpenExec: \`1.2.3\`
- Node: \`v24.9.0\`

## Settings that differ from the defaults

- \`openexec.maxParallel\`: \`4\` (user)

## Folder

- state: \`open\`
- said when it opened: \`folder-moved\`
- commands are kept apart by: \`bubblewrap\`
- git: \`rebase\`
- plans: 1, runs: 3, questions that wait: 0

## Newest run

- \`run_1\` of \`plan_1\`: plan, failed, 1 of 2 tasks, 40 events
- blueprint: \`standard_task\`, model: \`recorded\`
- from 2026-05-01T10:00:00.000Z to 2026-05-01T10:00:01.000Z

### What went wrong in it

- 2026-05-01T10:00:00.000Z 39 stage-finished: \`failed\` at \`run_1/T-1/1/verify/1\`, 2 times

## Log

\`\`\`text
2026-05-01T10:00:00.000Z error a call failed
\`\`\`
`);
  });
});
