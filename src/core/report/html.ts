/**
 * A run as one file that opens anywhere: no script, nothing fetched, a policy that forbids both. Everything that came from the
 * run is redacted, freed of terminal sequences and hidden characters, and escaped, in this order, in one place.
 */
import { harmless } from '../text/harmless.js';
import type { Reason } from '../model/primitives.js';
import type { ReportCheck, ReportData, ReportFile, ReportQuestion, ReportTask } from './report-data.js';
import { reportStyle } from './report-style.js';
import { count, duration, instant, money, plural } from './words.js';

export interface ReportWords {
  redact(text: string): string;
  /** The sentence of a reason. */
  sentence(reason: Reason): string;
}

/** Markup; anything else that is put into it is text from the run. */
interface Html {
  readonly html: string;
}
type Part = Html | string | number | undefined | false | readonly Part[];

/** Open diffs up to so many lines in all: more is a click away, and still printed. */
const OPEN_LINES = 600;

export function renderHtml(data: ReportData, words: ReportWords, base64Sha256: (text: string) => string): string {
  const text = (value: string): string =>
    harmless(words.redact(value)).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
  const flat = (part: Part): string =>
    part === undefined || part === false
      ? ''
      : typeof part === 'string' || typeof part === 'number'
        ? text(String(part))
        : 'html' in part
          ? part.html
          : part.map(flat).join('');
  const h = (strings: TemplateStringsArray, ...parts: Part[]): Html => ({
    html: strings.map((string, index) => string + flat(parts[index])).join(''),
  });
  const raw = (html: string): Html => ({ html });
  const each = <T>(items: readonly T[], one: (item: T, index: number) => Html): Html =>
    raw(items.map((item, index) => one(item, index).html).join(''));
  const table = (caption: string, heads: readonly string[], rows: readonly Html[]): Html =>
    rows.length === 0
      ? raw('')
      : h`<div class="scroll" tabindex="0" role="group" aria-label="${caption}"><table><caption>${caption}</caption><thead><tr>${each(heads, (head) => (head.startsWith('#') ? h`<th scope="col" class="number">${head.slice(1)}</th>` : h`<th scope="col">${head}</th>`))}</tr></thead><tbody>${rows}</tbody></table></div>`;
  const word = (said: string, tone: string): Html => h`<span class="word ${raw(tone)}">${said}</span>`;
  const section = (id: string, title: string, body: Part): Html =>
    h`<section aria-labelledby="${raw(id)}"><h2 id="${raw(id)}">${title}</h2>${body}</section>`;
  const nothing = (said: string): Html => h`<p class="dim">${said}</p>`;

  const { run, spent } = data;
  const own = data.tasks.filter((task) => !task.isCheck);
  const done = own.filter((task) => task.status === 'done' || task.status === 'skipped').length;

  const task = (one: ReportTask): Html =>
    h`<tr><td class="id">${one.id}</td><td class="wide">${one.title}${why(one)}</td><td>${statusOf(one)}</td><td class="number">${one.attempts}</td><td class="number">${duration(one.durationMs)}</td><td class="number">${money(one.costUsd)}</td><td>${one.commit && h`<code>${one.commit.slice(0, 10)}</code>`}</td></tr>`;
  const why = (one: ReportTask): Part =>
    one.reason
      ? h`<br><span class="dim">${words.sentence(one.reason)}</span>`
      : one.blockedBy
        ? h`<br><span class="dim">It waits for ${one.blockedBy}.</span>`
        : undefined;
  const statusOf = (one: ReportTask): Html =>
    one.status === 'done'
      ? one.unverified
        ? word('done, unverified', 'warn')
        : word('done', 'good')
      : one.status === 'failed'
        ? word('failed', 'bad')
        : word(one.status.replace('-', ' '), one.status === 'skipped' ? 'dim' : 'warn');
  const asked = (one: ReportTask): Html =>
    h`<li><strong>${one.id}</strong> ${one.title}${one.description && h`<p>${one.description}</p>`}${one.strategy && h`<p class="dim">How: ${one.strategy}</p>`}${one.verification && h`<p class="dim">Done when this exits 0:</p><pre class="text">${one.verification}</pre>`}</li>`;
  const stages = (one: ReportTask): Html =>
    h`<details><summary><code>${one.id}</code> <span class="dim">${plural(one.stages.length, 'stage visit')}</span></summary>${table(
      `Stages of ${one.id}`,
      ['Stage', 'Outcome', '#Time', '#Cost', 'What happened'],
      one.stages.map(
        (visit) =>
          h`<tr><td class="id">${visit.stage} ${visit.visit}${visit.attempt > 1 && `, attempt ${visit.attempt}`}</td><td>${word(visit.outcome, visit.outcome === 'succeeded' ? 'good' : visit.outcome === 'failed' ? 'bad' : 'dim')}</td><td class="number">${duration(visit.durationMs)}</td><td class="number">${money(visit.costUsd)}</td><td class="wide">${visit.summary}</td></tr>`,
      ),
    )}</details>`;
  const check = (one: ReportCheck): Html =>
    h`<tr><td class="id">${one.task}</td><td>${purposes[one.purpose] ?? one.purpose}</td><td>${exitOf(one)}</td><td class="wide"><code>${one.command}</code>${one.tail && h`<details><summary class="dim">last lines</summary><pre class="text">${one.tail}</pre></details>`}</td><td class="number">${duration(one.durationMs)}</td><td class="time">${instant(one.at)}</td></tr>`;
  const exitOf = (one: ReportCheck): Html => {
    const expected = one.purpose === 'check-before';
    const said = one.timedOut
      ? 'did not end in time'
      : one.exitCode === null
        ? 'ended by a signal'
        : `exit ${one.exitCode}`;
    return word(said, one.exitCode === 0 ? (expected ? 'warn' : 'good') : expected ? 'dim' : 'bad');
  };

  let lines = 0;
  const file = (one: ReportFile): Html => {
    const shown =
      one.diff === ''
        ? []
        : one.diff
            .replace(/\n$/, '')
            .split('\n')
            .filter((line, index) => index > 1 || !/^(---|\+\+\+) /.test(line));
    lines += shown.length;
    const kind =
      one.before === null ? 'new' : one.after === null ? 'deleted' : one.from ? `renamed from ${one.from}` : '';
    return h`<details${raw(lines <= OPEN_LINES ? ' open' : '')}><summary><code>${one.path}</code> <span class="good">+${one.added}</span> <span class="bad">−${one.removed}</span>${kind && h` <span class="dim">${kind}</span>`}</summary>${shown.length > 0 && h`<pre tabindex="0" aria-label="Changes of ${one.path}">${each(shown, (line) => h`<span class="${raw(line.startsWith('+') ? 'add' : line.startsWith('-') ? 'cut' : line.startsWith('@@') ? 'at' : 'same')}">${line || ' '}</span>`)}</pre>`}${one.note && h`<p class="dim">${one.note}</p>`}</details>`;
  };
  const question = (one: ReportQuestion): Html =>
    h`<li><strong>${one.title}</strong> ${word(one.option || one.status, one.status === 'rejected' ? 'bad' : one.status === 'pending' ? 'warn' : 'good')}<br><span class="dim">${one.task} · asked ${instant(one.at)}${one.answeredAt !== undefined && ` · answered after ${duration(one.answeredAt - one.at)} (${doors[one.by] ?? one.by})`} · ${one.why}</span>${one.comment && h`<blockquote>${one.comment}</blockquote>`}</li>`;

  const open = own.filter((one) => one.status !== 'done' && one.status !== 'skipped');
  const unanswered = data.questions.filter((one) => one.status === 'pending');
  const isOpen = open.length + unanswered.length > 0;
  const stories = [...new Map(own.map((one) => [one.story, one.storyTitle]))];

  const body = h`<header>
<h1>${run.title || run.id}</h1>
<p>${word(run.status, run.status === 'completed' ? 'good' : run.status === 'failed' ? 'bad' : 'warn')}${run.reason && h` <span>${words.sentence(run.reason)}</span>`}</p>
<dl class="facts">
<div><dt>Tasks done</dt><dd>${done} of ${own.length}</dd></div>
<div><dt>Time</dt><dd>${duration(run.durationMs)}</dd></div>
<div><dt>Cost</dt><dd>${money(spent.costUsd)}${spent.budgetUsd !== null && ` of ${money(spent.budgetUsd)}`}</dd></div>
<div><dt>Files changed</dt><dd>${data.files.length}</dd></div>
<div><dt>Commits</dt><dd>${data.commits.length}${run.branch !== null && ` on ${run.branch}`}</dd></div>
<div><dt>Model</dt><dd>${run.model}${run.recorded && !/recorded/i.test(run.model) && ' (recorded)'}</dd></div>
</dl>
<nav aria-label="Sections"><ul>${each(
    [
      ['asked', 'Asked'],
      ['done', 'Done'],
      ['verified', 'Verified'],
      ['changed', 'Changed'],
      ['spent', 'Spent'],
      ['decided', 'Decided'],
      ['open', 'Left open'],
      ['about', 'About this run'],
    ] as const,
    ([id, name]) => h`<li><a href="#${raw(id)}">${name}</a></li>`,
  )}</ul></nav>
</header>
<main>
${section(
  'asked',
  'Asked',
  stories.map(
    ([story, title]) =>
      h`<h3>${story} ${title}</h3><ul class="plain">${each(
        own.filter((one) => one.story === story),
        asked,
      )}</ul>`,
  ),
)}
${section('done', 'Done', [
  table(
    'Tasks, in the order of the plan',
    ['Task', 'Title', 'Outcome', '#Attempts', '#Time', '#Cost', 'Commit'],
    data.tasks.map(task),
  ),
  each(
    data.tasks.filter((one) => one.stages.length > 0),
    stages,
  ),
])}
${section('verified', 'Verified', data.checks.length > 0 ? table('Commands that decided, in the order they ran', ['Task', 'Check', 'Result', 'Command', '#Time', 'When'], data.checks.map(check)) : nothing('No command ran, so nothing was verified.'))}
${section(
  'changed',
  'Changed',
  data.files.length + data.commits.length > 0
    ? [
        table(
          'Commits',
          ['Commit', 'Subject', 'Task', '#Files'],
          data.commits.map(
            (one) =>
              h`<tr><td class="id"><code>${one.sha.slice(0, 10)}</code></td><td class="wide">${one.subject}</td><td class="id">${one.task}</td><td class="number">${one.files.length}</td></tr>`,
          ),
        ),
        data.rollbacks.length > 0 &&
          h`<ul class="plain">${each(data.rollbacks, (one) => h`<li>${one.what} <span class="dim">${instant(one.at)} · ${plural(one.files.length, 'file')}</span></li>`)}</ul>`,
        each(data.files, file),
      ]
    : nothing('No file was changed.'),
)}
${section('spent', 'Spent', [
  h`<p>${money(spent.costUsd)}, ${count(spent.tokens)} tokens in ${plural(spent.calls, 'model call')}.</p>`,
  table(
    'By model',
    ['Model', '#Calls', '#Tokens', '#Cost'],
    spent.models.map(
      (one) =>
        h`<tr><td class="wide">${one.model}</td><td class="number">${count(one.calls)}</td><td class="number">${count(one.tokens)}</td><td class="number">${money(one.costUsd)}</td></tr>`,
    ),
  ),
  table(
    'By task',
    ['Task', '#Tokens', '#Cost', '#Time'],
    data.tasks
      .filter((one) => one.tokens > 0)
      .map(
        (one) =>
          h`<tr><td>${one.id}</td><td class="number">${count(one.tokens)}</td><td class="number">${money(one.costUsd)}</td><td class="number">${duration(one.durationMs)}</td></tr>`,
      ),
  ),
])}
${section('decided', 'Decided', [
  h`<p>The policy allowed ${count(data.decisions.allowed)}, asked about ${count(data.decisions.asked)} and denied ${count(data.decisions.denied)}.</p>`,
  data.questions.length > 0 && h`<ul class="plain">${each(data.questions, question)}</ul>`,
  table(
    'What was asked about or denied',
    ['Task', 'What', 'Effect', 'Rule', 'Why'],
    data.decisions.listed.map(
      (one) =>
        h`<tr><td class="id">${one.task}</td><td class="wide"><code>${one.subject}</code></td><td>${word(one.effect, one.effect === 'deny' ? 'bad' : 'warn')}</td><td class="id">${one.rule}</td><td class="wide">${one.reason}</td></tr>`,
    ),
  ),
])}
${section('open', 'Left open', [!isOpen && nothing('Nothing.'), open.length > 0 && h`<ul class="plain">${each(open, (one) => h`<li><strong>${one.id}</strong> ${one.title} ${statusOf(one)}${why(one)}</li>`)}</ul>`, unanswered.length > 0 && h`<ul class="plain">${each(unanswered, (one) => h`<li>${one.title} ${word('waits for an answer', 'warn')}</li>`)}</ul>`, data.warnings.length > 0 && h`<h3>Noticed on the way</h3><ul class="plain">${each(data.warnings, (one) => h`<li>${one.task && h`<strong>${one.task}</strong> `}${words.sentence(one.reason)}</li>`)}</ul>`])}
${section('about', 'About this run', h`<dl class="facts"><div><dt>Run</dt><dd>${run.id}</dd></div>${run.planName && h`<div><dt>Plan</dt><dd>${run.planName}${run.iteration !== undefined && `, iteration ${run.iteration}`}</dd></div>`}<div><dt>Started</dt><dd>${instant(run.startedAt ?? run.createdAt)}</dd></div>${run.finishedAt !== undefined && h`<div><dt>Ended</dt><dd>${instant(run.finishedAt)}</dd></div>`}<div><dt>Blueprint</dt><dd>${run.blueprint} <span class="dim">${run.blueprintHash.slice(0, 12)}</span></dd></div><div><dt>Sandbox</dt><dd>${run.sandbox}</dd></div><div><dt>Approval</dt><dd>${run.approval}</dd></div><div><dt>Events</dt><dd>${count(run.events)}</dd></div></dl>${run.rerunOf && h`<p>It shares the record of ${run.rerunOf.run} up to the step ${run.rerunOf.step}.</p>`}${data.left.length > 0 && h`<h3>Not all of it fits</h3><p>This report shows ${data.left.join('; ')}. The JSON export has all.</p>`}`)}
</main>
<footer><p>Written by OpenExec. Known secrets are replaced; read it before you pass it on.</p></footer>`;

  const policy = `default-src 'none'; style-src 'sha256-${base64Sha256(reportStyle)}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${text(`${run.title || run.id} · ${run.status}`)}</title>
<style>${reportStyle}</style>
</head>
<body>
${body.html}
</body>
</html>
`;
}

const purposes: Readonly<Record<string, string>> = {
  'check-before': 'before the work',
  verify: 'verification',
  lint: 'lint',
  test: 'test',
  build: 'build',
  gate: 'gate',
  stage: 'stage',
  'story-check': 'story check',
  goal: 'goal',
};
const doors: Readonly<Record<string, string>> = {
  editor: 'in the editor',
  terminal: 'in a terminal',
  policy: 'by the policy',
  flag: 'by a flag of the run',
};
