/** What somebody meets first: how to report, how to change. Read as text, so that it names only what is there. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { commands } from '../../src/vscode/contributions.js';

const top = path.join(__dirname, '..', '..');
const read = (name: string) => readFileSync(path.join(top, name), 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  scripts: Record<string, string>;
  homepage: string;
  repository: { url: string };
  bugs: { url: string };
};
interface Form {
  body: { type: string; id?: string; attributes: { description?: string }; validations?: { required: boolean } }[];
}
const anchor = (title: string) =>
  title
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replaceAll(' ', '-');

describe('reporting', () => {
  it('asks for the file of Report a Problem, by the names that command has', () => {
    const { body } = parse(read('.github/ISSUE_TEMPLATE/bug.yml')) as Form;
    const ids = body.flatMap((one) => one.id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    const report = body.find((one) => one.id === 'report');
    expect(report?.validations?.required).toBe(true);
    const title = (JSON.parse(read('package.nls.json')) as Record<string, string>)['command.reportProblem'];
    expect(commands.reportProblem).toBe('openexec.reportProblem');
    expect(report?.attributes.description).toContain(`OpenExec: ${title}`);
    expect(report?.attributes.description).toContain('openexec report-problem');
    expect(read('src/terminal/program.ts')).toContain("'report-problem'");
  });

  it('sends a weakness the private way, and names no address that nobody reads', () => {
    const text = read('SECURITY.md');
    expect(text).toContain('Report a vulnerability');
    expect(text).not.toMatch(/[\w.]+@[\w.]+/);
    expect(read('.github/ISSUE_TEMPLATE/bug.yml')).toContain('SECURITY.md');
  });
});

describe('links and commands in the documents', () => {
  const documents = [
    'README.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'ARCHITECTURE.md',
    '.github/pull_request_template.md',
  ];
  it.each(documents)('%s leads to what is there', (name) => {
    for (const [, target = '', part] of read(name).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)) {
      const file = target === '' ? name : target;
      expect(existsSync(path.join(top, file)), file).toBe(true);
      if (part !== undefined)
        expect([...read(file).matchAll(/^#+ (.+)$/gm)].map((match) => anchor(match[1] ?? ''))).toContain(part);
    }
    if (name === 'README.md') return; // its commands are a reader's own project's, too
    for (const [, script = ''] of read(name).matchAll(/npm run ([a-z][\w:-]*)/g))
      expect(Object.keys(manifest.scripts)).toContain(script);
  });
});

describe('where the project lives', () => {
  it('is said in all three fields of package.json or, before the first publication, in none', () => {
    const fields = [manifest.homepage, manifest.repository.url, manifest.bugs.url];
    expect([0, 3]).toContain(fields.filter((field) => /^(git\+)?https:\/\//.test(field)).length);
    expect(fields.filter((field) => field === '').length % 3).toBe(0);
  });
});
