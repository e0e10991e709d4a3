/** The chosen row in full, beside the timeline. */
import type { EventOf, RunEvent } from '../../src/core/model/event.js';
import { whoWord } from '../../src/core/view/answers.js';
import { classSentence } from '../../src/core/view/command-class.js';
import { effectWord, exitWord } from '../../src/core/view/events.js';
import { approvalLook } from '../../src/core/view/looks.js';
import { askedText } from '../../src/core/view/question-text.js';
import { chosenOption } from '../../src/core/view/questions.js';
import { reasonSentence } from '../../src/core/view/reasons.js';
import { useCan, usePanel } from '../context.js';
import { bytes, count, dateTime, duration, money } from '../format.js';
import { t } from '../l10n.js';
import { Facts } from '../parts/facts.js';
import { restsNow } from '../parts/task-actions.js';
import { IconButton } from '../parts/icon-button.js';
import type { OutlineNode } from '../store/outline.js';
import type { LiveRun } from '../store/page.js';
import { Blob } from './blob.js';
import { ChangedFiles } from './changed-files.js';
import { whyDecided } from '../../src/core/view/decision.js';
import { decisionQuestion } from './decision-question.js';
import { nodeText } from './node-text.js';
import { ModelCall } from './model-call.js';
import { redoable } from './redoable.js';
import { StepRecord } from './step-record.js';
import { TaskDetail } from './task-detail.js';

export function Detail({ node, run }: { node: OutlineNode; run: LiveRun }) {
  const { panel, snapshot } = usePanel();
  const { label, detail, word } = nodeText(node, snapshot.moment?.state ?? run.state);
  const seq = Math.max(node.seq, node.endSeq);
  return (
    <aside className="detail-pane" aria-label={t('Detail')}>
      <div className="detail-head">
        <h2>{label}</h2>
        <span className="detail-tools">
          {snapshot.moment?.seq !== seq && (
            <IconButton icon="history" label={t('Show the Run at This Moment')} onClick={() => panel.scrub(seq)} />
          )}
          <IconButton icon="close" label={t('Close Detail')} onClick={() => panel.setView({ node: null })} />
        </span>
      </div>
      <p className="dim">
        {[
          word,
          dateTime(node.at),
          node.durationMs === undefined ? '' : duration(node.durationMs),
          node.costUsd === undefined ? '' : money(node.costUsd),
        ]
          .filter(Boolean)
          .join(' · ')}
      </p>
      {node.kind !== 'command' &&
        node.kind !== 'task' &&
        node.kind !== 'approval' &&
        node.kind !== 'decision' &&
        detail && <p>{detail}</p>}
      {node.kind === 'task' ? (
        <TaskDetail run={run} task={node.task} />
      ) : (
        node.event && <EventDetail event={node.event} node={node} run={run} />
      )}
    </aside>
  );
}

function EventDetail({ event, node, run }: { event: RunEvent; node: OutlineNode; run: LiveRun }) {
  switch (event.type) {
    case 'stage-started':
    case 'stage-finished':
      return <StageDetail event={event} node={node} run={run} />;
    case 'model-called':
      return <ModelCall event={event} />;
    case 'tool-called':
      return <ToolDetail event={event} />;
    case 'command-run':
      return <CommandDetail event={event} />;
    case 'decision-made':
      return <DecisionDetail event={event} />;
    case 'approval-requested':
      return <ApprovalDetail event={event} node={node} run={run} />;
    case 'approval-answered':
      return <AnswerFacts event={event} />;
    case 'changes-applied':
    case 'command-changed':
      return <ChangedFiles files={event.files} />;
    case 'rolled-back':
    case 'redone':
      return <RollbackDetail event={event} run={run} />;
    case 'changed-on-save':
      return (
        <ChangedFiles
          files={[
            { path: event.path, op: 'modify', added: 0, removed: 0, before: event.approved, after: event.written },
          ]}
        />
      );
    case 'commit-made':
      return (
        <Facts
          rows={[
            [t('Commit'), <code key="c">{event.sha}</code>],
            [t('Subject'), event.subject],
            [t('Files'), event.files.join(', ')],
          ]}
        />
      );
    case 'check-before':
      return (
        <Facts
          rows={[
            [t('Exit code'), event.exitCode === null ? '–' : count(event.exitCode)],
            [
              t('Means'),
              event.class
                ? classSentence(event.class, t)
                : event.red
                  ? t('The check fails before the work, so it can prove it.')
                  : t('The check passes before the work, so it proves nothing.'),
            ],
          ]}
        />
      );
    case 'plan-proposed':
      return <ProposalDetail event={event} />;
    case 'run-paused':
      return <p>{reasonSentence(event.reason, t)}</p>;
    default:
      return null;
  }
}

function ToolDetail({ event }: { event: EventOf<'tool-called'> }) {
  return (
    <>
      <Facts
        rows={[
          [t('Tool'), event.tool],
          [t('Outcome'), event.outcome],
          [t('What came of it'), event.summary],
        ]}
      />
      {event.input && <Blob title={t('Input as given')} hash={event.input} pretty />}
      {event.output && <Blob title={t('Full result')} hash={event.output} />}
    </>
  );
}

function CommandDetail({ event }: { event: EventOf<'command-run'> }) {
  return (
    <>
      <pre className="command">{event.command}</pre>
      <Facts
        rows={[
          [t('Purpose'), event.purpose],
          [t('Result'), exitWord(event, t)],
          [t('Took'), duration(event.durationMs)],
          [t('Output'), bytes(event.bytes)],
        ]}
      />
      {event.log ? (
        <Blob title={t('Full output')} hash={event.log} fromEnd />
      ) : event.tail ? (
        <pre>{event.tail}</pre>
      ) : (
        <p className="dim">{t('It wrote nothing.')}</p>
      )}
    </>
  );
}

function ProposalDetail({ event }: { event: EventOf<'plan-proposed'> }) {
  return (
    <>
      <p>{event.message}</p>
      <Facts
        rows={[
          [t('New tasks'), event.added.join(', ') || '–'],
          [t('Changed tasks'), event.changed.join(', ') || '–'],
        ]}
      />
      <p className="dim">
        {t('Nothing of it is applied by itself. “OpenExec: Review Proposed Changes…” shows it before and after.')}
      </p>
    </>
  );
}

function RollbackDetail({ event, run }: { event: EventOf<'rolled-back' | 'redone'>; run: LiveRun }) {
  const { panel, snapshot } = usePanel();
  const can = useCan();
  const redo =
    event.type === 'rolled-back' &&
    !snapshot.moment &&
    can('openexec.redoRollback') &&
    restsNow(run.state.status) &&
    redoable(run.history.events, event.rollback);
  return (
    <>
      <Facts
        rows={[
          [t('Tasks'), event.tasks.join(', ') || '–'],
          ...(event.commit ? [[t('Commit'), <code key="c">{event.commit}</code>] as const] : []),
          ...(event.reverts.length > 0
            ? [[t('Reverts'), event.reverts.map((sha) => sha.slice(0, 7)).join(', ')] as const]
            : []),
          ...(event.left.length > 0 ? [[t('Left as they are'), event.left.join(', ')] as const] : []),
        ]}
      />
      {redo && (
        <div className="actions">
          <button type="button" onClick={() => panel.host.command('openexec.redoRollback', { run: run.id })}>
            {t('Bring Back…')}
          </button>
        </div>
      )}
      <ChangedFiles files={event.files} />
    </>
  );
}

function DecisionDetail({ event }: { event: EventOf<'decision-made'> }) {
  const { panel } = usePanel();
  const can = useCan();
  const question = decisionQuestion(event);
  return (
    <>
      <Facts
        rows={[
          [t('Asked for'), <code key="s">{event.subject}</code>],
          [t('Decision'), effectWord(event.effect, t)],
          [t('Rule'), <code key="r">{event.rule}</code>],
          [t('Why'), whyDecided(event, t)],
          [t('Who'), t('the policy')],
          [t('When'), dateTime(event.at)],
          ...hashRow(event.hash),
        ]}
      />
      {can('openexec.explainPolicy') && question && (
        <div className="actions">
          <button type="button" onClick={() => panel.host.command('openexec.explainPolicy', question)}>
            {t('Explain, or Make a Rule…')}
          </button>
        </div>
      )}
    </>
  );
}

function StageDetail({
  event,
  node,
  run,
}: {
  event: EventOf<'stage-started' | 'stage-finished'>;
  node: OutlineNode;
  run: LiveRun;
}) {
  const { panel, snapshot } = usePanel();
  const can = useCan();
  return (
    <>
      <Facts
        rows={[
          [t('Task'), event.task],
          [t('Attempt'), count(event.attempt)],
          [t('Visit'), count(event.visit)],
          ...(event.type === 'stage-finished'
            ? ([
                [t('Outcome'), event.outcome],
                [t('Went on to'), event.next],
              ] as const)
            : []),
        ]}
      />
      {event.type === 'stage-finished' && !snapshot.moment && restsNow(run.state.status) && (
        <div className="actions">
          {can('openexec.rerunFrom') && (
            <button
              type="button"
              onClick={() => panel.host.command('openexec.rerunFrom', { run: run.id, step: event.step })}
            >
              {t('Re-run From Here…')}
            </button>
          )}
          {can('openexec.rollBack') && (
            <button
              type="button"
              onClick={() => panel.host.command('openexec.rollBack', { run: run.id, step: event.step })}
            >
              {t('Roll Back…')}
            </button>
          )}
        </div>
      )}
      {event.type === 'stage-finished' && <StepRecord key={event.step} step={event.step} />}
      {node.children.length > 0 && (
        <>
          <h3>{t('What happened in it')}</h3>
          <ul className="plain-list">
            {node.children.slice(0, 200).map((child) => {
              const { label, word } = nodeText(child, run.state);
              return (
                <li key={child.id}>
                  <button
                    type="button"
                    className="link"
                    onClick={() => panel.setView({ node: child.id, follow: false })}
                  >
                    {label}
                  </button>{' '}
                  <span className="dim">{word}</span>
                </li>
              );
            })}
          </ul>
        </>
      )}
    </>
  );
}

/** What it is bound to, in full: it can be compared with a file's or a log's. */
const hashRow = (hash: string | undefined) => (hash ? ([[t('Hash'), <code key="h">{hash}</code>]] as const) : []);

function AnswerFacts({ event }: { event: EventOf<'approval-answered'> }) {
  return (
    <Facts
      rows={[
        [t('Answer'), event.option ? chosenOption(event, t) : approvalLook('question', event.status, t).word],
        [t('Who'), whoWord(event.by, t)],
        [t('When'), dateTime(event.at)],
        ...(event.comment ? [[t('Comment'), event.comment] as const] : []),
        ...hashRow(event.hash),
      ]}
    />
  );
}

function ApprovalDetail({
  event,
  node,
  run,
}: {
  event: EventOf<'approval-requested'>;
  node: OutlineNode;
  run: LiveRun;
}) {
  const { panel, snapshot } = usePanel();
  const can = useCan();
  const waits = run.state.pending.has(event.approval) && !snapshot.moment;
  const answer = node.children.map((child) => child.event).find((child) => child?.type === 'approval-answered');
  return (
    <>
      <Facts
        rows={[
          [t('Asked by'), event.stage || t('the run')],
          [t('When'), dateTime(event.at)],
          [t('Why'), askedText(event, t).why],
          ...hashRow(event.hash),
        ]}
      />
      {event.files.length > 0 && (
        <ul className="plain-list">
          {event.files.map((file) => (
            <li key={file.path}>
              <code>{file.path}</code> <span className="dim">{`+${file.added} −${file.removed}`}</span>
            </li>
          ))}
        </ul>
      )}
      {answer && node.state !== 'waiting' && (
        <>
          <h3>{t('Answer')}</h3>
          <AnswerFacts event={answer} />
        </>
      )}
      {waits && can('openexec.reviewApproval') && (
        <div className="actions">
          <button
            type="button"
            className="primary"
            onClick={() => panel.host.command('openexec.reviewApproval', { approval: event.approval })}
          >
            {event.kind === 'change-set' ? t('Review Changes') : t('Answer…')}
          </button>
        </div>
      )}
    </>
  );
}
