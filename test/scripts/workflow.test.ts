import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import vitestConfig from '../../vitest.config.mjs';

interface Step {
  uses?: string;
  run?: string;
  if?: string;
}
interface Job {
  permissions?: unknown;
  'timeout-minutes'?: number;
  strategy?: { matrix: { include: Record<string, string>[] } };
  steps: Step[];
}
interface Workflow {
  on: Record<string, unknown>;
  permissions: unknown;
  concurrency?: { group: string; 'cancel-in-progress': boolean };
  jobs: Record<string, Job>;
}

const top = path.join(__dirname, '..', '..');
const read = (name: string) => readFileSync(path.join(top, name), 'utf8');
const folder = '.github/workflows';
const workflows = readdirSync(path.join(top, folder)).map((name) => parse(read(`${folder}/${name}`)) as Workflow);
const jobs = workflows.flatMap((workflow) => Object.values(workflow.jobs));
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
const testSteps = [...read('scripts/test.mjs').matchAll(/\bname: '([a-z0-9]+)'/g)].map((match) => match[1]);

/** What a row of the matrix runs, line by line, on the system it names. */
function linesOf(job: Job, row: Record<string, string>): string[] {
  const os = { ubuntu: 'Linux', macos: 'macOS', windows: 'Windows' }[(row['runner'] ?? '').split('-')[0] ?? ''];
  return job.steps
    .filter((step) => step.if === undefined || step.if === `runner.os == '${os}'`)
    .flatMap((step) => (step.run ?? '').split('\n'))
    .map((line) => line.trim().replace(/\$\{\{ matrix\.([\w-]+) \}\}/g, (_, key: string) => row[key] ?? ''))
    .filter((line) => line !== '');
}
const rows = jobs.flatMap((job) => (job.strategy?.matrix.include ?? [{}]).map((row) => ({ job, row })));
const lines = rows.flatMap(({ job, row }) => linesOf(job, row));

describe('the workflows', () => {
  it('call only what package.json and npm test have', () => {
    const called = lines.flatMap((line) => [...line.matchAll(/\bnpm run ([\w:-]+)/g)].map((match) => match[1]));
    expect(called.length).toBeGreaterThan(0);
    for (const name of called) expect(Object.keys(scripts)).toContain(name);
    const steps = lines.flatMap((line) => [...line.matchAll(/--only (\w+)/g)].map((match) => match[1]));
    expect(steps).toContain('host');
    for (const name of steps) expect(testSteps).toContain(name);
    for (const line of lines.filter((one) => one.startsWith('npm'))) expect(line).toMatch(/^npm (ci|run|test)\b/);
  });

  it.each([
    ['ubuntu', 'npm test -- --only host'],
    ['macos', 'npm run test:desktop'],
    ['windows', 'npm run test:desktop'],
  ])('run every check, the unit and contract tests and the in-host suite on %s', (system, inHost) => {
    const found = rows.filter(({ row }) => row['runner']?.startsWith(`${system}-`));
    expect(found).toHaveLength(1);
    expect(found.flatMap(({ job, row }) => linesOf(job, row))).toEqual(
      expect.arrayContaining([
        'npm ci',
        'npm run lint',
        'npm run format -- --check',
        'npm run typecheck',
        'npm run layers',
        'npm run unit',
        inHost,
      ]),
    );
    expect(scripts['unit']).toBe('vitest run');
    expect(vitestConfig.test?.include).toContain('test/**/*.test.ts');
    expect(vitestConfig.test?.exclude?.filter((one) => /contracts|adapters|core/.test(one))).toEqual([]);
  });

  it('install on Linux what VS Code’s server is built with', () => {
    const [linux] = rows.filter(({ row }) => row['runner']?.startsWith('ubuntu-'));
    const installed = linesOf(linux!.job, linux!.row).join('\n');
    for (const [, name = ''] of read('scripts/vscode-server.mjs').matchAll(/name: '([\w-]+)',\s+present/g))
      if (name !== 'chromium') expect(installed).toContain(name); // the runner has a browser
  });

  it('may read the repository and nothing more, end, and give way to a newer push', () => {
    for (const workflow of workflows) {
      expect(workflow.permissions).toEqual({ contents: 'read' });
      expect(workflow.concurrency?.['cancel-in-progress']).toBe(true);
      // pull_request_target would run a stranger's change with this repository's rights.
      expect(Object.keys(workflow.on).sort()).toEqual(['pull_request', 'push', 'workflow_dispatch']);
    }
    for (const job of jobs) {
      expect(job.permissions).toBeUndefined();
      expect(job['timeout-minutes']).toBeLessThanOrEqual(60);
    }
    for (const { uses } of jobs.flatMap((job) => job.steps))
      if (uses !== undefined) expect(uses).toMatch(/^actions\/[\w-]+@(v\d+|[0-9a-f]{40})$/);
  });
});
