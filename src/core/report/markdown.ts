/** A run as Markdown, for a pull request or a wiki: short, with the diffs left to git. */
import { showLine } from '../text/harmless.js';
import type { ReportWords } from './html.js';
import type { ReportData, ReportTask } from './report-data.js';
import { count, counted, duration, instant, money } from '../view/amounts.js';
import { runLook } from '../view/looks.js';
import { taskLookOf } from './report-looks.js';

const MAX_ROWS = 200;

export function renderMarkdown(data: ReportData, words: ReportWords): string {
  const { text, code } = escapes(words);
  const status = (task: ReportTask): string => text(taskLookOf(task).word);
  const { run, spent } = data;
  const own = data.tasks.filter((task) => !task.isCheck);
  const open = own.filter((task) => task.status !== 'done' && task.status !== 'skipped');
  const waiting = data.questions.filter((question) => question.status === 'pending');
  const left = [
    ...open.map(
      (task) =>
        `- ${text(task.id)} ${text(task.title)}: ${status(task)}${task.reason ? `. ${text(words.sentence(task.reason))}` : ''}`,
    ),
    ...waiting.map((question) => `- ${text(question.title)}: waits for an answer`),
  ];
  return [
    `# ${text(run.title || run.id)}`,
    '',
    `**${runLook(run.status).word}**${run.reason ? `: ${text(words.sentence(run.reason))}` : ''}. ${own.length - open.length} of ${counted(own.length, 'task')} done in ${duration(run.durationMs)}, ${money(spent.costUsd)}, ${count(spent.tokens)} tokens, ${text(run.model)}${run.recorded && !/recorded/i.test(run.model) ? ' (recorded)' : ''}.`,
    '',
    '## Done',
    '',
    ...table(
      ['Task', 'Title', 'Outcome', 'Attempts', 'Time', 'Cost', 'Commit'],
      data.tasks.map((task) => [
        text(task.id),
        text(task.title),
        status(task),
        String(task.attempts),
        duration(task.durationMs),
        money(task.costUsd),
        code(task.commit.slice(0, 10)),
      ]),
    ),
    '## Verified',
    '',
    ...(data.checks.length === 0
      ? ['No command ran, so nothing was verified.', '']
      : table(
          ['Task', 'Check', 'Command', 'Result', 'Time', 'When'],
          data.checks.map((check) => [
            text(check.task),
            text(check.purpose),
            code(check.command),
            check.timedOut ? 'did not end in time' : `exit ${check.exitCode ?? 'by a signal'}`,
            duration(check.durationMs),
            instant(check.at),
          ]),
        )),
    '## Changed',
    '',
    ...(data.files.length === 0
      ? ['No file was changed.', '']
      : table(
          ['File', 'Added', 'Removed'],
          data.files.map((file) => [code(file.path), `+${file.added}`, `−${file.removed}`]),
        )),
    ...table(
      ['Commit', 'Subject'],
      data.commits.map((commit) => [code(commit.sha.slice(0, 10)), text(commit.subject)]),
    ),
    '## Decided',
    '',
    `The policy allowed ${count(data.decisions.allowed)}, asked about ${count(data.decisions.asked)} and denied ${count(data.decisions.denied)}.`,
    '',
    ...table(
      ['Question', 'Answer', 'Comment'],
      data.questions.map((question) => [
        text(question.title),
        text(question.option || question.status),
        text(question.comment),
      ]),
    ),
    '## Left open',
    '',
    ...(left.length > 0 ? left : ['Nothing.']),
    '',
    ...(data.left.length > 0 ? [`Not all of it fits: ${text(data.left.join('; '))}.`, ''] : []),
    `Run ${text(run.id)}, ${text(run.blueprint)}, ${instant(run.startedAt ?? run.createdAt)}. Written by OpenExec.`,
    '',
  ].join('\n');
}

/** What a run says, so that Markdown and HTML leave it alone: as text and as code. */
function escapes({ redact }: Pick<ReportWords, 'redact'>) {
  const plain = (value: string): string => showLine(redact(value)).trim();
  const text = (value: string): string =>
    plain(value).replace(/[\\`*_{}[\]<>#|~&!]/g, (char) =>
      char === '<' ? '&lt;' : char === '>' ? '&gt;' : char === '&' ? '&amp;' : `\\${char}`,
    );
  const code = (value: string): string => {
    const inner = plain(value).replaceAll('|', '\\|');
    const fence = '`'.repeat(Math.max(0, ...[...inner.matchAll(/`+/g)].map((run) => run[0].length)) + 1);
    const pad = /^`|`$/.test(inner) ? ' ' : '';
    return inner ? `${fence}${pad}${inner}${pad}${fence}` : '';
  };
  return { text, code };
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const kept = rows.slice(0, MAX_ROWS);
  return [
    `| ${heads.join(' | ')} |`,
    `|${heads.map(() => ' --- ').join('|')}|`,
    ...kept.map((row) => `| ${row.join(' | ')} |`),
    ...(rows.length > kept.length ? ['', `${count(rows.length - kept.length)} more were left out.`] : []),
    '',
  ];
}
