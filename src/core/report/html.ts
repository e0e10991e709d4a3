/** A run as one file that opens anywhere: no script, nothing fetched, a policy that forbids both. */
import { htmlPage } from '../../base/html-page.js';
import type { Reason } from '../model/primitives.js';
import { createMarkup, raw, type Html, type Markup, type Part, type Tone } from './markup.js';
import type { ReportCheck, ReportData, ReportFile, ReportQuestion, ReportStage, ReportTask } from './report-data.js';
import { taskLookOf, toneOf } from './report-looks.js';
import { reportStyle } from './report-style.js';
import { count, counted, duration, instant, money } from '../view/amounts.js';
import { runLook } from '../view/looks.js';

export interface ReportWords {
  redact(text: string): string;
  /** The sentence of a reason. */
  sentence(reason: Reason): string;
}

type Sentence = ReportWords['sentence'];

/** Open diffs up to so many lines in all: more is a click away, and still printed. */
const OPEN_LINES = 600;

/** The sections, in their order; each is reached from the top. */
const SECTIONS = {
  asked: 'Asked',
  done: 'Done',
  verified: 'Verified',
  changed: 'Changed',
  spent: 'Spent',
  decided: 'Decided',
  open: 'Left open',
  about: 'About this run',
} as const;

export function renderHtml(data: ReportData, words: ReportWords, base64Sha256: (text: string) => string): string {
  const markup = createMarkup((text) => words.redact(text));
  const sentence: Sentence = (reason) => words.sentence(reason);
  const parts: Record<keyof typeof SECTIONS, Part> = {
    asked: asked(data, markup),
    done: done(data, markup, sentence),
    verified: verified(data, markup),
    changed: changed(data, markup),
    spent: spent(data, markup),
    decided: decided(data, markup),
    open: leftOpen(data, markup, sentence),
    about: aboutRun(data, markup),
  };
  const main = (Object.keys(SECTIONS) as (keyof typeof SECTIONS)[]).map((id) =>
    markup.section(id, SECTIONS[id], parts[id]),
  );
  return htmlPage({
    lang: 'en',
    policy: `default-src 'none'; style-src 'sha256-${base64Sha256(reportStyle)}'; base-uri 'none'; form-action 'none'`,
    title: markup.shownText(`${data.run.title || data.run.id} · ${data.run.status}`),
    head: `<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<style>${reportStyle}</style>`,
    body: `${header(data, markup, sentence).html}
<main>
${main.map((section) => section.html).join('\n')}
</main>
<footer><p>Written by OpenExec. Known secrets are replaced; read it before you pass it on.</p></footer>`,
  });
}

function header(data: ReportData, { h, word, each }: Markup, sentence: Sentence): Html {
  const { run, spent: cost } = data;
  const own = ownTasks(data);
  const status = runLook(run.status);
  return h`
    <header>
      <h1>${run.title || run.id}</h1>
      <p>${word(status.word, toneOf(status))}${run.reason && h` <span>${sentence(run.reason)}</span>`}</p>
      <dl class="facts">
        <div><dt>Tasks done</dt><dd>${own.length - own.filter(isOpen).length} of ${own.length}</dd></div>
        <div><dt>Time</dt><dd>${duration(run.durationMs)}</dd></div>
        <div>
          <dt>Cost</dt>
          <dd>${money(cost.costUsd)}${cost.budgetUsd !== null && ` of ${money(cost.budgetUsd)}`}</dd>
        </div>
        <div><dt>Files changed</dt><dd>${data.files.length}</dd></div>
        <div><dt>Commits</dt><dd>${data.commits.length}${run.branch !== null && ` on ${run.branch}`}</dd></div>
        <div><dt>Model</dt><dd>${run.model}${run.recorded && !/recorded/i.test(run.model) && ' (recorded)'}</dd></div>
      </dl>
      <nav aria-label="Sections">
        <ul>${each(Object.entries(SECTIONS), ([id, name]) => h`<li><a href="#${raw(id)}">${name}</a></li>`)}</ul>
      </nav>
    </header>`;
}

function asked(data: ReportData, { h, each }: Markup): Part {
  const own = ownTasks(data);
  const task = (one: ReportTask): Html => h`
    <li>
      <strong>${one.id}</strong> ${one.title}
      ${one.description && h`<p>${one.description}</p>`}
      ${one.strategy && h`<p class="dim">How: ${one.strategy}</p>`}
      ${one.verification && h`<p class="dim">Done when this exits 0:</p><pre class="text">${one.verification}</pre>`}
    </li>`;
  const stories = [...new Map(own.map((one) => [one.story, one.storyTitle]))];
  return stories.map(([story, title]) => {
    const tasks = own.filter((one) => one.story === story);
    return h`<h3>${story} ${title}</h3><ul class="plain">${each(tasks, task)}</ul>`;
  });
}

function done(data: ReportData, markup: Markup, sentence: Sentence): Part {
  const { h, each, table, word } = markup;
  const task = (one: ReportTask): Html => h`
    <tr>
      <td class="id">${one.id}</td>
      <td class="wide">${one.title}${why(one, markup, sentence)}</td>
      <td>${statusOf(one, markup)}</td>
      <td class="number">${one.attempts}</td>
      <td class="number">${duration(one.durationMs)}</td>
      <td class="number">${money(one.costUsd)}</td>
      <td>${one.commit && h`<code>${one.commit.slice(0, 10)}</code>`}</td>
    </tr>`;
  const toneOfVisit = (visit: ReportStage): Tone =>
    visit.outcome === 'succeeded' ? 'good' : visit.outcome === 'failed' ? 'bad' : 'dim';
  const stage = (visit: ReportStage): Html => h`
    <tr>
      <td class="id">${visit.stage} ${visit.visit}${visit.attempt > 1 && `, attempt ${visit.attempt}`}</td>
      <td>${word(visit.outcome, toneOfVisit(visit))}</td>
      <td class="number">${duration(visit.durationMs)}</td>
      <td class="number">${money(visit.costUsd)}</td>
      <td class="wide">${visit.summary}</td>
    </tr>`;
  const stagesOf = (one: ReportTask): Html => h`
    <details>
      <summary><code>${one.id}</code> <span class="dim">${counted(one.stages.length, 'stage visit')}</span></summary>
      ${table(`Stages of ${one.id}`, ['Stage', 'Outcome', '#Time', '#Cost', 'What happened'], one.stages.map(stage))}
    </details>`;
  return [
    table(
      'Tasks, in the order of the plan',
      ['Task', 'Title', 'Outcome', '#Attempts', '#Time', '#Cost', 'Commit'],
      data.tasks.map(task),
    ),
    each(
      data.tasks.filter((one) => one.stages.length > 0),
      stagesOf,
    ),
  ];
}

function verified(data: ReportData, { h, table, word, nothing, output }: Markup): Part {
  const exitOf = (one: ReportCheck): Html => {
    const expected = one.purpose === 'check-before';
    const ended = one.exitCode === null ? 'ended by a signal' : `exit ${one.exitCode}`;
    const said = one.timedOut ? 'did not end in time' : ended;
    return word(said, one.exitCode === 0 ? (expected ? 'warn' : 'good') : expected ? 'dim' : 'bad');
  };
  const lastLines = (tail: string): Html =>
    h`<details><summary class="dim">last lines</summary><pre class="text">${output(tail)}</pre></details>`;
  const check = (one: ReportCheck): Html => h`
    <tr>
      <td class="id">${one.task}</td>
      <td>${purposes[one.purpose] ?? one.purpose}</td>
      <td>${exitOf(one)}</td>
      <td class="wide"><code>${one.command}</code>${one.tail && lastLines(one.tail)}</td>
      <td class="number">${duration(one.durationMs)}</td>
      <td class="time">${instant(one.at)}</td>
    </tr>`;
  if (data.checks.length === 0) return nothing('No command ran, so nothing was verified.');
  return table(
    'Commands that decided, in the order they ran',
    ['Task', 'Check', 'Result', 'Command', '#Time', 'When'],
    data.checks.map(check),
  );
}

function changed(data: ReportData, markup: Markup): Part {
  const { h, each, table, nothing } = markup;
  if (data.files.length + data.commits.length === 0) return nothing('No file was changed.');
  const commit = (one: ReportData['commits'][number]): Html => h`
    <tr>
      <td class="id"><code>${one.sha.slice(0, 10)}</code></td>
      <td class="wide">${one.subject}</td>
      <td class="id">${one.task}</td>
      <td class="number">${one.files.length}</td>
    </tr>`;
  const rollback = (one: ReportData['rollbacks'][number]): Html =>
    h`<li>${one.what} <span class="dim">${instant(one.at)} · ${counted(one.files.length, 'file')}</span></li>`;
  let lines = 0;
  const file = (one: ReportFile): Html => {
    const diff = diffLines(one);
    lines += diff.length;
    return fileDiff(one, diff, lines <= OPEN_LINES, markup);
  };
  return [
    table('Commits', ['Commit', 'Subject', 'Task', '#Files'], data.commits.map(commit)),
    data.rollbacks.length > 0 && h`<ul class="plain">${each(data.rollbacks, rollback)}</ul>`,
    each(data.files, file),
  ];
}

/** Without the two lines that name the files. */
const diffLines = ({ diff }: ReportFile): string[] =>
  diff === ''
    ? []
    : diff
        .replace(/\n$/, '')
        .split('\n')
        .filter((line, index) => index > 1 || !/^(---|\+\+\+) /.test(line));

function fileDiff(one: ReportFile, diff: readonly string[], open: boolean, { h, each, output }: Markup): Html {
  const renamed = one.from ? `renamed from ${one.from}` : '';
  const kind = one.before === null ? 'new' : one.after === null ? 'deleted' : renamed;
  const line = (text: string): Html => h`<span class="${raw(classOfLine(text))}">${output(text || ' ')}</span>`;
  const added = h`<span class="good">+${one.added}</span>`;
  const removed = h`<span class="bad">−${one.removed}</span>`;
  return h`
    <details${raw(open ? ' open' : '')}>
      <summary><code>${one.path}</code> ${added} ${removed}${kind && h` <span class="dim">${kind}</span>`}</summary>
      ${diff.length > 0 && h`<pre tabindex="0" aria-label="Changes of ${one.path}">${each(diff, line)}</pre>`}
      ${one.note && h`<p class="dim">${one.note}</p>`}
    </details>`;
}

function classOfLine(line: string): 'add' | 'cut' | 'at' | 'same' {
  if (line.startsWith('+')) return 'add';
  if (line.startsWith('-')) return 'cut';
  return line.startsWith('@@') ? 'at' : 'same';
}

function spent({ spent: all, tasks }: ReportData, { h, table }: Markup): Part {
  const model = (one: ReportData['spent']['models'][number]): Html => h`
    <tr>
      <td class="wide">${one.model}</td>
      <td class="number">${count(one.calls)}</td>
      <td class="number">${count(one.tokens)}</td>
      <td class="number">${money(one.costUsd)}</td>
    </tr>`;
  const task = (one: ReportTask): Html => h`
    <tr>
      <td>${one.id}</td>
      <td class="number">${count(one.tokens)}</td>
      <td class="number">${money(one.costUsd)}</td>
      <td class="number">${duration(one.durationMs)}</td>
    </tr>`;
  return [
    h`<p>${money(all.costUsd)}, ${count(all.tokens)} tokens in ${counted(all.calls, 'model call')}.</p>`,
    table('By model', ['Model', '#Calls', '#Tokens', '#Cost'], all.models.map(model)),
    table('By task', ['Task', '#Tokens', '#Cost', '#Time'], tasks.filter((one) => one.tokens > 0).map(task)),
  ];
}

function decided({ decisions, questions }: ReportData, { h, each, table, word }: Markup): Part {
  const toneOfAnswer = (one: ReportQuestion): Tone =>
    one.status === 'rejected' ? 'bad' : one.status === 'pending' ? 'warn' : 'good';
  const answered = (one: ReportQuestion): string =>
    one.answeredAt === undefined
      ? ''
      : ` · answered ${one.waitedMs === undefined ? instant(one.answeredAt) : `after ${duration(one.waitedMs)}`} (${doors[one.by] ?? one.by})`;
  const question = (one: ReportQuestion): Html => h`
    <li>
      <strong>${one.title}</strong> ${word(one.option || one.status, toneOfAnswer(one))}<br>
      <span class="dim">${one.task} · asked ${instant(one.at)}${answered(one)} · ${one.why}</span>
      ${one.comment && h`<blockquote>${one.comment}</blockquote>`}
    </li>`;
  const decision = (one: ReportData['decisions']['listed'][number]): Html => h`
    <tr>
      <td class="id">${one.task}</td>
      <td class="wide"><code>${one.subject}</code></td>
      <td>${word(one.effect, one.effect === 'deny' ? 'bad' : 'warn')}</td>
      <td class="id">${one.rule}</td>
      <td class="wide">${one.reason}</td>
    </tr>`;
  const { allowed, denied, listed } = decisions;
  return [
    h`<p>The policy allowed ${count(allowed)}, asked about ${count(decisions.asked)} and denied ${count(denied)}.</p>`,
    questions.length > 0 && h`<ul class="plain">${each(questions, question)}</ul>`,
    table('What was asked about or denied', ['Task', 'What', 'Effect', 'Rule', 'Why'], listed.map(decision)),
  ];
}

function leftOpen(data: ReportData, markup: Markup, sentence: Sentence): Part {
  const { h, each, word, nothing } = markup;
  const open = ownTasks(data).filter(isOpen);
  const unanswered = data.questions.filter((one) => one.status === 'pending');
  const task = (one: ReportTask): Html =>
    h`<li><strong>${one.id}</strong> ${one.title} ${statusOf(one, markup)}${why(one, markup, sentence)}</li>`;
  const question = (one: ReportQuestion): Html => h`<li>${one.title} ${word('waits for an answer', 'warn')}</li>`;
  const warning = (one: ReportData['warnings'][number]): Html =>
    h`<li>${one.task && h`<strong>${one.task}</strong> `}${sentence(one.reason)}</li>`;
  return [
    open.length + unanswered.length === 0 && nothing('Nothing.'),
    open.length > 0 && h`<ul class="plain">${each(open, task)}</ul>`,
    unanswered.length > 0 && h`<ul class="plain">${each(unanswered, question)}</ul>`,
    data.warnings.length > 0 && h`<h3>Noticed on the way</h3><ul class="plain">${each(data.warnings, warning)}</ul>`,
  ];
}

function aboutRun({ run, left }: ReportData, { h }: Markup): Part {
  const fact = (name: string, value: Part): Html => h`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  const iteration = run.iteration === undefined ? '' : `, iteration ${run.iteration}`;
  const { rerunOf } = run;
  return h`
    <dl class="facts">
      ${fact('Run', run.id)}
      ${run.planName && fact('Plan', `${run.planName}${iteration}`)}
      ${fact('Started', instant(run.startedAt ?? run.createdAt))}
      ${run.finishedAt !== undefined && fact('Ended', instant(run.finishedAt))}
      ${fact('Blueprint', h`${run.blueprint} <span class="dim">${run.blueprintHash.slice(0, 12)}</span>`)}
      ${fact('Sandbox', run.sandbox)}
      ${fact('Approval', run.approval)}
      ${fact('Events', count(run.events))}
    </dl>
    ${rerunOf && h`<p>It shares the record of ${rerunOf.run} up to the step ${rerunOf.step}.</p>`}
    ${left.length > 0 && notAll(left)}`;

  function notAll(parts: readonly string[]): Html {
    return h`<h3>Not all of it fits</h3><p>This report shows ${parts.join('; ')}. The JSON export has all.</p>`;
  }
}

/** A story's own check counts as no task. */
const ownTasks = ({ tasks }: ReportData): ReportTask[] => tasks.filter((task) => !task.isCheck);

const isOpen = ({ status }: ReportTask): boolean => status !== 'done' && status !== 'skipped';

function statusOf(task: ReportTask, { word }: Markup): Html {
  const look = taskLookOf(task);
  return word(look.word, toneOf(look));
}

function why({ reason, blockedBy }: ReportTask, { h }: Markup, sentence: Sentence): Part {
  if (reason) return h`<br><span class="dim">${sentence(reason)}</span>`;
  return blockedBy ? h`<br><span class="dim">It waits for ${blockedBy}.</span>` : undefined;
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
