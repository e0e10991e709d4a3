/** A stored event as lines of a terminal; undefined for what only a closer look needs. */
import { assertNever } from '../base/assert-never.js';
import { harmless } from '../core/text/harmless.js';
import type { RunEvent } from '../core/model/event.js';
import { reasonSentence } from '../core/view/reasons.js';
import { cost, counted, duration } from '../core/view/amounts.js';
import { indent, oneLine, type Style } from './style.js';
import { runWord, taskWord } from './words.js';

const TAIL_LINES = 8;
const OP = { create: 'created', modify: 'changed', delete: 'deleted', rename: 'renamed' } as const;

export function eventLine(event: RunEvent, style: Style): string | undefined {
  switch (event.type) {
    case 'run-created':
      return `${style.bold(oneLine(event.title))} · ${counted(event.tasks.length, 'task')} · ${oneLine(event.model)}${event.branch ? ` · branch ${oneLine(event.branch)}` : ''}\n${style.dim(event.run)}`;
    case 'run-started':
      return undefined;
    case 'run-paused':
      return style.yellow(
        event.reason.code === 'by-operator'
          ? reasonSentence(event.reason)
          : `Paused${event.task ? ` at ${event.task}` : ''}: ${oneLine(reasonSentence(event.reason))}`,
      );
    case 'run-resumed':
      return 'Resumed.';
    case 'run-interrupted':
      return event.rerunFrom === undefined
        ? style.yellow('Interrupted: the process that ran it ended.')
        : `Begun anew from ${event.rerunFrom}; what stands above is shared with the run before.`;
    case 'run-finished':
      return `Run ${runWord(event.status, style)}${event.reason ? `: ${oneLine(reasonSentence(event.reason))}` : '.'}`;
    case 'task-changed': {
      if (event.status === 'pending' || event.status === 'ready' || event.status === 'waiting') return undefined;
      if (event.status === 'running')
        return event.attempt > 1 ? `${style.bold(event.task)}  attempt ${event.attempt}` : style.bold(event.task);
      const word = taskWord(
        { stage: '', ...event, waitingFor: event.waitingFor, blockedBy: event.blockedBy, unverified: event.unverified },
        style,
      );
      return `${style.bold(event.task)}  ${word}${event.reason ? `: ${oneLine(reasonSentence(event.reason))}` : ''}`;
    }
    case 'check-before':
      return `  its check ${event.red ? 'fails, as it should before the work' : style.yellow('passes before the work, so it proves nothing')} · ${duration(event.durationMs)}`;
    case 'stage-started':
      return undefined;
    case 'stage-finished': {
      if (event.stage === 'commit' && event.outcome === 'succeeded') return undefined; // the commit has a line of its own
      const word =
        event.outcome === 'failed' ? style.red('failed') : event.outcome === 'succeeded' ? '' : event.outcome;
      const parts = [
        word,
        oneLine(event.summary),
        duration(event.durationMs),
        event.costUsd ? cost(event.costUsd, 0) : '',
        event.checkpoint ? 'checkpoint' : '',
      ].filter((part) => part !== '');
      return `  ${event.stage === '@merge' ? 'merge' : event.stage}${event.visit > 1 ? ` (${event.visit})` : ''}  ${parts.join(' · ')}`;
    }
    case 'model-called':
      return event.text.trim() === '' ? undefined : style.dim(`    ${oneLine(event.text)}`);
    case 'tool-called': {
      const said = event.outcome === 'ok' ? '' : ` · ${event.outcome}: ${oneLine(event.summary)}`;
      return style.dim(`    ${oneLine(event.title)}${said}`);
    }
    case 'command-run': {
      const ended = event.cancelled
        ? 'cancelled'
        : event.timedOut
          ? 'did not end in time'
          : event.exitCode === null
            ? 'ended by a signal'
            : `exited ${event.exitCode}`;
      const line = `    $ ${oneLine(event.command)}  ${event.exitCode === 0 ? ended : style.red(ended)} · ${duration(event.durationMs)}`;
      // Before the work the check is meant to fail: its output says nothing yet.
      if (event.exitCode === 0 || event.purpose === 'check-before') return line;
      const tail = harmless(event.tail).trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
      return tail === '' ? line : `${line}\n${style.dim(indent(tail, '      '))}`;
    }
    case 'decision-made':
      // An allow is the rule, and an ask is followed by its question.
      return event.effect === 'deny'
        ? style.yellow(`    denied: ${oneLine(event.subject)} · ${oneLine(event.reason)} (${event.rule})`)
        : undefined;
    case 'approval-requested':
      return style.yellow(`  needs you: ${oneLine(event.title)}`) + (event.why ? ` · ${oneLine(event.why)}` : '');
    case 'approval-answered':
      return `  ${event.option ?? event.status}, by ${event.by === 'flag' ? 'the run’s flag' : `the ${event.by}`}${event.comment ? `: ${oneLine(event.comment)}` : ''}`;
    case 'changes-applied':
      return event.files
        .map(
          (file) =>
            `  ${OP[file.op]} ${oneLine(file.path)}  ${style.green(`+${file.added}`)} ${style.red(`−${file.removed}`)}`,
        )
        .join('\n');
    case 'changed-on-save':
      return style.yellow(
        `  ${oneLine(event.path)} was changed on save by the editor: it differs from what was approved.`,
      );
    case 'commit-made':
      return `  commit ${style.cyan(event.sha.slice(0, 7))} ${oneLine(event.subject)}`;
    case 'rolled-back':
    case 'redone': {
      const what = event.step || event.task || 'the whole run';
      const head = `${event.type === 'rolled-back' ? 'Rolled back' : 'Brought back'} ${style.bold(what)}${event.commit ? ` · commit ${style.cyan(event.commit.slice(0, 7))}` : ''}`;
      const left = event.left.map((path) => style.yellow(`  left as it is: ${oneLine(path)}`));
      return [
        head,
        ...event.files.map(
          (file) =>
            `  ${OP[file.op]} ${oneLine(file.path)}  ${style.green(`+${file.added}`)} ${style.red(`−${file.removed}`)}`,
        ),
        ...left,
      ].join('\n');
    }
    case 'plan-proposed': {
      const what = [
        event.added.length ? `adds ${counted(event.added.length, 'task')}` : '',
        event.changed.length ? `changes ${event.changed.join(', ')}` : '',
      ]
        .filter(Boolean)
        .join(', ');
      return style.yellow(`  proposed for the plan: ${what} · ${oneLine(event.message)}`);
    }
    case 'warning':
      return style.yellow(`  note: ${oneLine(reasonSentence(event))}`);
    default:
      return assertNever(event, 'event');
  }
}

/** Decisions and approvals only: who, when, rule, hash. */
export function auditLine(event: RunEvent, style: Style): string | undefined {
  const at = style.dim(new Date(event.at).toISOString());
  switch (event.type) {
    case 'decision-made':
      return `${at}  ${event.effect.padEnd(8)}  ${oneLine(event.subject)}  rule ${event.rule}: ${oneLine(event.reason)}`;
    case 'tool-called':
      return event.rule === undefined
        ? undefined
        : `${at}  ${'allow'.padEnd(8)}  ${oneLine(event.title)}  rule ${event.rule}`;
    case 'approval-requested':
      return `${at}  asked     ${oneLine(event.title)}  ${event.approval}`;
    case 'approval-answered':
      return `${at}  ${event.status.padEnd(8)}  by ${event.by}  ${event.approval}${event.comment ? `  “${oneLine(event.comment)}”` : ''}`;
    case 'changes-applied':
      return event.files
        .map(
          (file) =>
            `${at}  wrote     ${oneLine(file.path)}  ${file.before?.slice(0, 12) ?? 'nothing'} → ${file.after?.slice(0, 12) ?? 'nothing'}`,
        )
        .join('\n');
    case 'rolled-back':
    case 'redone':
      return [
        `${at}  ${event.type === 'rolled-back' ? 'undone  ' : 'redone  '}  ${event.step || event.task || 'the whole run'}  ${event.rollback}`,
        ...event.files.map(
          (file) =>
            `${at}  wrote     ${oneLine(file.path)}  ${file.before?.slice(0, 12) ?? 'nothing'} → ${file.after?.slice(0, 12) ?? 'nothing'}`,
        ),
        ...(event.commit ? [`${at}  commit    ${event.commit}  ${oneLine(event.subject ?? '')}`] : []),
      ].join('\n');
    case 'commit-made':
      return `${at}  commit    ${event.sha}  ${oneLine(event.subject)}`;
    default:
      return undefined;
  }
}

export const isAudit = (event: RunEvent): boolean =>
  (event.type === 'tool-called' && event.rule !== undefined) ||
  [
    'decision-made',
    'approval-requested',
    'approval-answered',
    'changes-applied',
    'commit-made',
    'rolled-back',
    'redone',
  ].includes(event.type);
