/**
 * The report of a problem: what a maintainer needs to know, in a file that a person reads before they give it to
 * anyone. Every string in it has passed the redaction at its strictest (keys, tokens, e-mail, addresses), and the
 * folder and the home folder have no names. It holds no text of files, tasks, prompts or answers; only the log's lines
 * are free text. It is for maintainers, so it is not translated.
 */
import type { ProblemFacts } from '../model/problem.js';
import { harmless } from '../text/harmless.js';
import { createRedactor } from '../text/redact.js';
import { withoutSecrets } from '../text/without-secrets.js';

/** A setting that is not at its default. `from`: where it was set, where there are several places. */
export interface ToldSetting {
  name: string;
  value: unknown;
  from?: string;
}

export interface Problem {
  /** Milliseconds since the epoch. */
  at: number;
  door: 'editor' | 'terminal';
  /** By name, e.g. OpenExec, VS Code, Node, system. */
  versions: Readonly<Record<string, string>>;
  /** A code: they could not be read. */
  settings: readonly ToldSetting[] | string;
  /** `code`: why there are no facts. `notices`: codes of what the folder said when it opened. */
  folder: { state: string; code?: string; notices: readonly string[]; facts: ProblemFacts | null };
  /** The newest lines, oldest first; null = this door keeps none. */
  log: readonly string[] | null;
}

export interface ProblemReport extends Omit<Problem, 'at'> {
  format: 'openexec-problem';
  version: 1;
  /** ISO 8601. */
  at: string;
}

export interface Hidden {
  /** The keys in use. */
  secrets: readonly string[];
  /** Absolute paths; '' = not known. */
  home: string;
  /** As the door names them and as they really are: of a link both. */
  roots: readonly string[];
}

const LINE_MAX = 2000;

export function problemReport({ at, ...problem }: Problem, { secrets, home, roots }: Hidden): ProblemReport {
  const { redact } = createRedactor(secrets, { level: 'all' });
  const named = hideFolders([
    ...[...roots].sort((a, b) => b.length - a.length).map((root) => [root, '<folder>'] as const),
    [home, '~'],
  ]);
  return withoutSecrets<ProblemReport>(
    {
      format: 'openexec-problem',
      version: 1,
      at: new Date(at).toISOString(),
      ...problem,
      settings: typeof problem.settings === 'string' ? problem.settings : problem.settings.map(told),
      log: problem.log?.map((line) => redact(withoutParameters(line)).slice(0, LINE_MAX)) ?? null,
    },
    (text) => harmless(named(redact(text))),
  );
}

/** Of an address where it leads, of rules and the like how many: the rest is the person's own. */
function told(setting: ToldSetting): ToldSetting {
  const { value } = setting;
  if (typeof value === 'string' && URL.canParse(value) && /^https?:/i.test(value))
    return { ...setting, value: new URL(value).origin };
  if (Array.isArray(value) && value.some((one) => typeof one === 'object'))
    return { ...setting, value: `${value.length} of them` };
  return setting;
}

/** An error is logged with its code and its parameters; those may be names and texts of a plan, a command, a path. */
const withoutParameters = (line: string): string => line.replace(/(OpenExecError: [a-z-]+) \{[^\n]*\}/g, '$1');

/**
 * As they are written, in JSON, with slashes, and percent-encoded; never a part of a longer name. The folder that holds the data of a
 * root is named after it, with a hash: that name goes, too.
 */
function hideFolders(folders: readonly (readonly [string, string])[]): (text: string) => string {
  const patterns = folders
    .filter(([path]) => /[^/\\:]{2,}/.test(path))
    .map(([path, name]) => {
      const slashed = path.replaceAll('\\', '/');
      const once = encodeURIComponent(slashed);
      const encoded = [once, encodeURIComponent(once)];
      const parts = slashed.split('/').map(encodeURIComponent).join('/');
      const spellings = new Set([path, JSON.stringify(path).slice(1, -1), slashed, parts]);
      const any = (words: Iterable<string>): string => [...words].map(literal).join('|');
      const readable = /[^/]*$/.exec(slashed)?.[0].replace(/[^A-Za-z0-9._-]+/g, '-') || 'root';
      const dataFolder = `${literal(readable)}-[0-9a-f]{16}`;
      const whole = `(?<![\\p{L}\\p{N}_.-])(?:/private)?(?:${any(spellings)})(?![\\p{L}\\p{N}_-])`;
      return [new RegExp(`${whole}|${any(encoded)}|${dataFolder}`, 'giu'), name] as const;
    });
  return (text) => patterns.reduce((now, [pattern, name]) => now.replace(pattern, name), text);
}

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

export function problemMarkdown(report: ProblemReport): string {
  const { folder, settings, log } = report;
  return [
    '# Report of a problem with OpenExec',
    `Made on ${report.at} in the ${report.door}. It was written to this file and sent nowhere. Read it, take out what you do not want to show, and give it with your report.`,
    'Keys and tokens that were recognised, e-mail and network addresses were taken out; your folder is `<folder>`, your home `~`. Texts of files, plans, prompts and answers are not in it.',
    '## Versions',
    listed(Object.entries(report.versions).map(([name, version]) => `${name}: ${code(version)}`)),
    '## Settings that differ from the defaults',
    typeof settings === 'string'
      ? `They could not be read: ${code(settings)}`
      : listed(
          settings.map(
            ({ name, value, from }) => `${code(name)}: ${code(JSON.stringify(value))}${from ? ` (${from})` : ''}`,
          ),
        ),
    '## Folder',
    listed([
      `state: ${code(folder.state)}${folder.code ? `, ${code(folder.code)}` : ''}`,
      ...folder.notices.map((one) => `said when it opened: ${code(one)}`),
      ...(folder.facts ? factsOf(folder.facts) : []),
    ]),
    ...(folder.facts?.run ? runOf(folder.facts.run) : []),
    '## Log',
    log === null ? 'None is kept here.' : log.length === 0 ? 'Nothing was said.' : fenced(log.join('\n')),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

const factsOf = ({ isolation, git, plans, runs, pending }: ProblemFacts): string[] => [
  `commands are kept apart by: ${code(isolation)}`,
  `git: ${code(git)}`,
  `plans: ${plans}, runs: ${runs}, questions that wait: ${pending}`,
];

function runOf(run: NonNullable<ProblemFacts['run']>): string[] {
  const time = (at: number): string => new Date(at).toISOString();
  return [
    '## Newest run',
    listed([
      `${code(run.id)}${run.plan === null ? '' : ` of ${code(run.plan)}`}: ${run.kind}, ${run.status}, ${run.done} of ${run.tasks} tasks, ${run.events} events`,
      `blueprint: ${code(run.blueprint)}, model: ${code(run.model)}`,
      `from ${time(run.createdAt)}${run.finishedAt === null ? '' : ` to ${time(run.finishedAt)}`}`,
    ]),
    '### What went wrong in it',
    listed(
      run.trouble.map(
        ({ seq, at, event, where, code: what, times }) =>
          `${time(at)} ${seq} ${event}: ${code(what)}${where === '' ? '' : ` at ${code(where)}`}${times > 1 ? `, ${times} times` : ''}`,
      ),
    ),
  ];
}

const listed = (lines: readonly string[]): string =>
  lines.length === 0 ? 'None.' : lines.map((one) => `- ${one}`).join('\n');

/** Marks that hold whatever the text holds (CommonMark 6.1). */
function code(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  const marks = '`'.repeat(longestRun(line) + 1);
  const space = /^`|`$/.test(line) ? ' ' : '';
  return `${marks}${space}${line}${space}${marks}`;
}

function fenced(text: string): string {
  const marks = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${marks}text\n${text}\n${marks}`;
}

const longestRun = (text: string): number => Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
