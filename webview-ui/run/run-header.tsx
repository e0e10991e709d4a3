/**
 * The head of a run: its name and outcome, elapsed, cost and tokens against their budgets, commits;
 * and what can be done with it.
 */
import { useEffect, useRef, useState } from 'react';
import { tookMs } from '../../src/core/model/plain/run-time.js';
import { storyOfCheck } from '../../src/core/model/plain/story-check.js';
import { askedText } from '../../src/core/view/question-text.js';
import { reasonSentence } from '../../src/core/view/reasons.js';
import { isReadOnly, useCan, usePanel } from '../context.js';
import { duration, moneyOf, plural, tokensOf } from '../format.js';
import { t } from '../l10n.js';
import { modelName } from '../parts/model-name.js';
import { Notice } from '../parts/states.js';
import { runLook, Status } from '../parts/status.js';
import type { LiveRun } from '../store/page.js';

/** Tasks at work that are named. */
const SHOWN = 3;

/**
 * ms since the last event, once a second while `on`: by the clock what passed before it was seen here, and measured
 * from then on, so that a clock that is set does not show in it.
 */
function useSince(on: boolean, lastAt: number, seq: number): number {
  const [now, setNow] = useState(() => performance.now());
  const seen = useRef({ seq: -1, at: 0, before: 0 });
  if (seen.current.seq !== seq)
    seen.current = {
      seq,
      at: performance.now(),
      before: seen.current.seq < 0 ? Math.max(0, Date.now() - lastAt) : 0,
    };
  useEffect(() => {
    if (!on) return;
    setNow(performance.now());
    const timer = setInterval(() => setNow(performance.now()), 1000);
    return () => clearInterval(timer);
  }, [on]);
  return on ? seen.current.before + Math.max(0, now - seen.current.at) : 0;
}

/** As it is now, or as it was at the moment that is looked at. */
export function RunHeader({ run }: { run: LiveRun }) {
  const { snapshot } = usePanel();
  const { moment } = snapshot;
  const state = moment?.state ?? run.state;
  const going = !moment && (state.status === 'running' || state.status === 'queued');
  const since = useSince(going, state.lastAt, state.seq);
  const ran = tookMs(state.began, state.ended ?? state.time);
  const elapsed = ran === undefined ? undefined : ran + since;
  const working = [...state.tasks.values(), ...state.checks.values()].filter((task) => task.status === 'running');
  const waits = state.status === 'running' && state.pending.size > 0 && working.length === 0;
  return (
    <header className="run-header">
      <div className="run-title">
        <h1>{state.title || t('Run')}</h1>
        <Status look={waits ? { icon: 'bell-dot', tone: 'care', word: t('waits for you') } : runLook(state.status)} />
        {!moment && !isReadOnly(snapshot) && <RunActions run={run} />}
      </div>
      <dl className="facts">
        <Fact name={t('Tasks')} value={t('{done} of {all} done', { done: state.done, all: state.tasks.size })} />
        {working.length > 0 && (
          <Fact
            name={moment ? t('At work') : t('Now')}
            value={
              working
                .slice(0, SHOWN)
                .map((task) => [workName(task.id), task.stage].filter(Boolean).join(' · '))
                .join(', ') + (working.length > SHOWN ? t(' and {n} more', { n: working.length - SHOWN }) : '')
            }
          />
        )}
        {state.began !== undefined && <Fact name={t('Elapsed')} value={duration(elapsed)} />}
        <Fact name={t('Cost')} value={moneyOf(state.costUsd, state.budgetUsd)} />
        <Fact name={t('Tokens')} value={tokensOf(state.tokens, state.budgetTokens)} />
        <Fact
          name={t('Commits')}
          value={
            state.commitsEnabled
              ? `${state.commits.length}${state.branch ? t(' on {branch}', { branch: state.branch }) : ''}`
              : t('off')
          }
        />
        <Fact name={t('Model')} value={modelName(state.model, state.recorded)} mark={state.recorded} />
      </dl>
      {state.reason && state.status !== 'running' && <p className="reason">{reasonSentence(state.reason, t)}</p>}
      {state.status === 'interrupted' && (
        <p className="reason">
          {t('The process that ran it ended. Resume goes on at the stage it was in; nothing recorded is done twice.')}
        </p>
      )}
    </header>
  );
}

/** A story's check is named by its story. */
function workName(id: string): string {
  const story = storyOfCheck(id);
  return story === undefined ? id : t('check of {story}', { story });
}

function Fact({ name, value, mark = false }: { name: string; value: string; mark?: boolean }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd className={mark ? 'mark' : ''}>{value}</dd>
    </div>
  );
}

function RunActions({ run }: { run: LiveRun }) {
  const { panel } = usePanel();
  const can = useCan();
  const [asked, setAsked] = useState<string | null>(null);
  const { status } = run.state;
  // a request that acts at the next safe point shows at once that it was heard
  useEffect(() => setAsked(null), [status]);
  const act = (method: 'run/pause' | 'run/resume' | 'run/cancel', says: string) => () => {
    setAsked(says);
    panel.act(method, run.id);
  };
  const resumable = status === 'paused' || status === 'interrupted';
  return (
    <div className="actions">
      {asked && <span className="dim">{asked}</span>}
      {status === 'running' && (
        <button type="button" onClick={act('run/pause', t('pausing at the next safe point'))}>
          {t('Pause')}
        </button>
      )}
      {resumable && (
        <button
          type="button"
          className="primary"
          onClick={
            can('openexec.resume')
              ? () => panel.host.command('openexec.resume', { run: run.id })
              : act('run/resume', t('resuming'))
          }
        >
          {t('Resume')}
        </button>
      )}
      {(status === 'running' || status === 'queued' || resumable) && (
        <button type="button" onClick={act('run/cancel', t('cancelling'))}>
          {t('Cancel Run')}
        </button>
      )}
      {(run.state.finishedAt !== undefined || resumable) && <AfterActions run={run} />}
    </div>
  );
}

/** For a run that rests: what can be made of its record. */
function AfterActions({ run }: { run: LiveRun }) {
  const { panel } = usePanel();
  const can = useCan();
  const finished = run.state.finishedAt !== undefined;
  const args = { run: run.id };
  return (
    <>
      {finished && can('openexec.exportReport') && (
        <button type="button" onClick={() => panel.host.command('openexec.exportReport', args)}>
          {t('Export Report…')}
        </button>
      )}
      {finished && can('openexec.replayRun') && (
        <button type="button" onClick={() => panel.host.command('openexec.replayRun', args)}>
          {t('Replay Exactly')}
        </button>
      )}
      {finished && can('openexec.compareRuns') && (
        <button type="button" onClick={() => panel.host.command('openexec.compareRuns', args)}>
          {t('Compare…')}
        </button>
      )}
      {can('openexec.rollBack') && (
        <button type="button" onClick={() => panel.host.command('openexec.rollBack', args)}>
          {t('Roll Back…')}
        </button>
      )}
    </>
  );
}

/** The oldest question that waits, with the way to answer it: in VS Code's own editor, never here. */
export function NeedsYou({ run }: { run: LiveRun }) {
  const { panel, snapshot } = usePanel();
  const can = useCan();
  const [first, ...others] = run.state.pending.values();
  if (!first) return null;
  const { title, why } = askedText(first, t);
  return (
    <Notice
      icon="bell-dot"
      tone="care"
      actions={[
        ...(can('openexec.reviewApproval') && !isReadOnly(snapshot)
          ? [
              {
                label: first.kind === 'change-set' ? t('Review Changes') : t('Answer…'),
                primary: true,
                run: () => panel.host.command('openexec.reviewApproval', { approval: first.approval }),
              },
            ]
          : []),
        {
          label: t('Show in Timeline'),
          run: () => {
            panel.scrub(null);
            panel.goTo(run.outline.questions.get(first.approval)?.id ?? '');
          },
        },
      ]}
    >
      <strong>{title}</strong>
      <div className="dim">
        {why}
        {others.length > 0 && ` · ${plural(others.length, '{n} more question waits', '{n} more questions wait')}`}
      </div>
    </Notice>
  );
}
