/** The Report tab: what was asked, done, verified, changed, spent, and what is left open. Only what the record says. */
import type { TaskState } from '../../src/core/model/run.js';
import { tookMs } from '../../src/core/model/plain/run-time.js';
import { storyOfCheck } from '../../src/core/model/plain/story-check.js';
import { reasonSentence } from '../../src/core/view/reasons.js';
import { useCan, usePanel } from '../context.js';
import { count, dateTime, duration, moneyOf, plural, time, tokensOf } from '../format.js';
import { t } from '../l10n.js';
import { AskedFor } from '../parts/asked-for.js';
import { modelName } from '../parts/model-name.js';
import { Empty, Skeleton } from '../parts/states.js';
import { Icon, runLook, Status, taskLook } from '../parts/status.js';
import { Costs } from '../run/costs.js';
import { exitWord } from '../../src/core/view/events.js';
import type { LiveRun } from '../store/page.js';

export function ReportTab() {
  const { panel, snapshot } = usePanel();
  const can = useCan();
  const { run, runs, caughtUp } = snapshot;
  if (!runs || (run && !caughtUp)) return <Skeleton rows={10} />;
  if (!run)
    return (
      <Empty title={t('Nothing to report yet')}>
        <p>
          {t(
            'After a run this says what was done, which command proved it, which files and commits came of it, and what is left.',
          )}
        </p>
      </Empty>
    );
  const { state } = run;
  return (
    <div className="page">
      <header className="page-head">
        <h1>{state.title || t('Run')}</h1>
        <p className="line">
          <Status look={runLook(state.status)} />{' '}
          <span className="dim">
            {[dateTime(state.createdAt), modelName(state.model, state.recorded)].filter(Boolean).join(' · ')}
          </span>
        </p>
        {can('openexec.exportReport') && (
          <div className="actions">
            <button type="button" onClick={() => panel.host.command('openexec.exportReport', { run: run.id })}>
              {t('Export Report…')}
            </button>
          </div>
        )}
        {state.finishedAt === undefined && (
          <p className="dim">{t('The run is not finished: this is how it stands now.')}</p>
        )}
      </header>
      <Asked run={run} />
      <LeftOpen run={run} />
      <Done run={run} />
      <StoryChecks run={run} />
      <Changed run={run} />
      <Spent run={run} />
    </div>
  );
}

/** The intent where it is known, and what the run was of it. */
function Asked({ run }: { run: LiveRun }) {
  const { snapshot } = usePanel();
  const { state } = run;
  const plan = snapshot.planView?.plan && snapshot.planView.plan.id === state.plan ? snapshot.planView.plan : undefined;
  const source = plan?.source;
  return (
    <section>
      <h2>
        {t('Asked')}{' '}
        <span className="dim">
          {[
            plural(state.tasks.size, '{n} task', '{n} tasks'),
            state.planName ? t('of the plan “{name}”', { name: state.planName }) : '',
          ]
            .filter(Boolean)
            .join(' ')}
        </span>
      </h2>
      {source?.text && (source.kind === 'intent' || source.kind === 'intent-file') && (
        <AskedFor text={source.text} fromFile={source.kind === 'intent-file'} />
      )}
      {plan && plan.document.goals.length > 0 && (
        <ul className="plain-list">
          {plan.document.goals.map((goal) => (
            <li key={goal.id}>
              <code>{goal.id}</code> {goal.title}
              {snapshot.goals[goal.id] && (
                <>
                  {' '}
                  <Icon name="pass" tone="good" /> {t('met: all its stories are done')}
                </>
              )}
              {goal.verification_method && <span className="dim"> · {goal.verification_method}</span>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** Stories whose own check ran, or is still to run. */
function StoryChecks({ run }: { run: LiveRun }) {
  const { panel } = usePanel();
  const checks = [...run.state.checks.values()];
  if (checks.length === 0) return null;
  const held = checks.filter((check) => check.status === 'done' && !check.unverified).length;
  return (
    <section>
      <h2>
        {t('Stories')}{' '}
        <span className="dim">{t('{held} of {all} hold by their own check', { held, all: checks.length })}</span>
      </h2>
      <ul className="plain-list">
        {checks.map((check) => {
          const ran = run.report.checks.get(check.id) ?? run.report.checks.get(check.story);
          return (
            <li key={check.id}>
              <Status look={taskLook(check)} />{' '}
              <button type="button" className="link" onClick={() => panel.goTo(`task/${check.id}`)}>
                {check.story}
              </button>{' '}
              {check.title}
              {ran && (
                <span className="dim">
                  {' '}
                  · <code>{ran.command}</code> · {exitWord(ran, t)} · {time(ran.at)}
                </span>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** First what is not done: a report that ends well on its first screen must be true. */
function LeftOpen({ run }: { run: LiveRun }) {
  const { state, report } = run;
  const open = (task: TaskState): boolean => task.status !== 'done' && task.status !== 'skipped';
  // a check that has not begun waits for tasks that stand here anyway
  const left = [
    ...state.tasks.values(),
    ...[...state.checks.values()].filter((check) => check.status !== 'pending'),
  ].filter(open);
  const waitsFor = (task: TaskState): string | undefined =>
    task.dependsOn.find((id) => open(state.tasks.get(id) ?? task));
  const unverified = [...state.tasks.values(), ...state.checks.values()].filter(
    (task) => task.status === 'done' && task.unverified,
  );
  const pending = [...state.pending.values()];
  const nothing = left.length + unverified.length + pending.length + report.warnings.length === 0;
  return (
    <section>
      <h2>{t('Left open')}</h2>
      {nothing && <p>{t('Nothing: every task is done and was verified, or was skipped by you.')}</p>}
      <ul className="plain-list">
        {pending.map((question) => (
          <li key={question.approval}>
            <Icon name="bell-dot" tone="care" /> {t('needs you: {title}', { title: question.title })}
          </li>
        ))}
        {left.map((task) => (
          <li key={task.id}>
            <Status look={taskLook(task, waitsFor(task))} />{' '}
            <code>{storyOfCheck(task.id) === undefined ? task.id : t('check of {story}', { story: task.story })}</code>{' '}
            {task.title}
            {task.reason && <span className="dim"> · {reasonSentence(task.reason, t)}</span>}
          </li>
        ))}
        {unverified.map((task) => (
          <li key={task.id}>
            <Status look={taskLook(task)} /> <code>{task.id}</code> {task.title}{' '}
            <span className="dim">· {t('no check that proves it exited 0')}</span>
          </li>
        ))}
        {report.warnings.slice(0, 100).map((warning) => (
          <li key={warning.seq}>
            <Icon name="warning" tone="care" /> {warning.task && <code>{warning.task}</code>}{' '}
            {reasonSentence(warning, t)}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Done({ run }: { run: LiveRun }) {
  const { panel } = usePanel();
  const done = [...run.state.tasks.values()].filter((task) => task.status === 'done' || task.status === 'skipped');
  return (
    <section>
      <h2>
        {t('Done')}{' '}
        <span className="dim">
          {t('{done} of {all} tasks, {verified} verified', {
            done: done.length,
            all: run.state.tasks.size,
            verified: done.filter((task) => task.status === 'done' && !task.unverified).length,
          })}
        </span>
      </h2>
      {done.length === 0 && <p className="dim">{t('No task is done yet.')}</p>}
      {done.length > 0 && (
        <div className="table-scroll">
          <table className="tasks stack">
            <thead>
              <tr>
                <th scope="col">{t('Task')}</th>
                <th scope="col">{t('Verified by')}</th>
                <th scope="col">{t('Result')}</th>
                <th scope="col" className="wide">
                  {t('Commit')}
                </th>
              </tr>
            </thead>
            <tbody>
              {done.map((task) => {
                const check = run.report.checks.get(task.id);
                return (
                  <tr key={task.id}>
                    <td>
                      <button type="button" className="link" onClick={() => panel.goTo(`task/${task.id}`)}>
                        {task.id}
                      </button>{' '}
                      {task.title}
                    </td>
                    <td>{check ? <code>{check.command}</code> : <Status look={taskLook(task)} />}</td>
                    <td>{check ? `${exitWord(check, t)} · ${time(check.at)} · ${duration(check.durationMs)}` : '–'}</td>
                    <td className="wide">{task.commit ? <code>{task.commit.slice(0, 7)}</code> : '–'}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Changed({ run }: { run: LiveRun }) {
  const { panel, snapshot } = usePanel();
  const root = snapshot.environment?.root ?? '';
  const { files, commits } = run.report;
  const signs = { create: t('new'), modify: t('changed'), delete: t('deleted'), rename: t('renamed') };
  return (
    <section>
      <h2>
        {t('Changed')}{' '}
        <span className="dim">{`${plural(files.size, '{n} file', '{n} files')}, ${plural(commits.length, '{n} commit', '{n} commits')}`}</span>
      </h2>
      <ul className="plain-list">
        {[...files.values()]
          .toSorted((a, b) => (a.path < b.path ? -1 : 1))
          .map((file) => (
            <li key={file.path}>
              {file.op === 'delete' ? (
                <code>{file.path}</code>
              ) : (
                <button
                  type="button"
                  className="link"
                  onClick={() => panel.host.send({ type: 'open-file', root, path: file.path })}
                >
                  <code>{file.path}</code>
                </button>
              )}{' '}
              <span className="dim">{`${signs[file.op]} · +${file.added} −${file.removed}`}</span>
            </li>
          ))}
      </ul>
      <ul className="plain-list">
        {commits.map((commit) => (
          <li key={commit.seq}>
            <Icon name="git-commit" /> <code>{commit.sha.slice(0, 7)}</code> {commit.subject}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Spent({ run }: { run: LiveRun }) {
  const { panel } = usePanel();
  const { state, report } = run;
  return (
    <section>
      <h2>{t('Spent')}</h2>
      <dl className="table">
        <div>
          <dt>{t('Cost')}</dt>
          <dd>{moneyOf(state.costUsd, state.budgetUsd)}</dd>
        </div>
        <div>
          <dt>{t('Tokens')}</dt>
          <dd>
            {t('{tokens} in {calls} model turns', {
              tokens: tokensOf(state.tokens, state.budgetTokens),
              calls: count(state.calls),
            })}
          </dd>
        </div>
        <div>
          <dt>{t('Time')}</dt>
          <dd>{state.began === undefined ? '–' : duration(tookMs(state.began, state.ended ?? state.time))}</dd>
        </div>
        <div>
          <dt>{t('Your answers')}</dt>
          <dd>
            {t('{accepted} accepted, {rejected} rejected', { accepted: report.accepted, rejected: report.rejected })} ·{' '}
            <button
              type="button"
              className="link"
              onClick={() => panel.setView({ tab: 'run', kind: 'audit', text: '', node: null })}
            >
              {t('Audit')}
            </button>
          </dd>
        </div>
      </dl>
      <Costs run={run} />
    </section>
  );
}
