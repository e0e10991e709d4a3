/**
 * Along the bottom of the Run tab: the whole run as a line that can be dragged, walked and played;
 * where it went wrong and where it asked is marked on it.
 */
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import type { RunEvent } from '../../src/core/model/event.js';
import { usePanel } from '../context.js';
import { count, time } from '../format.js';
import { t } from '../l10n.js';
import { IconButton } from '../parts/icon-button.js';
import { nextMark, previousMark, rowOf, type History } from '../store/history.js';
import type { LiveRun } from '../store/page.js';

/** The longest a whole run plays, and the fewest events a second. */
const PLAY_SECONDS = 60;
const PLAY_RATE = 10;
const PLAY_MS = 80;

export function Scrubber({ run }: { run: LiveRun }) {
  const { panel, snapshot } = usePanel();
  const { moment, view } = snapshot;
  const last = run.history.events.length;
  const seq = moment?.seq ?? last;
  const event = run.history.events[seq - 1];
  const [playing, setPlaying] = useState(false);
  const [said, setSaid] = useState('');

  useEffect(() => setSaid(''), [seq, view.node]);
  useEffect(() => {
    if (!playing) return;
    // read anew at each step: a run that goes on must not begin the wait for the next one again
    const timer = setInterval(() => {
      const end = run.history.events.length;
      const now = panel.snapshot().moment?.seq;
      if (now === undefined || now >= end) return setPlaying(false);
      panel.scrub(now + Math.ceil((Math.max(PLAY_RATE, end / PLAY_SECONDS) * PLAY_MS) / 1000));
    }, PLAY_MS);
    return () => clearInterval(timer);
  }, [playing, run, panel]);
  // an open detail goes along, once the hand rests: it reads stored texts
  useEffect(() => {
    if (!moment || view.node === null || !event) return;
    const timer = setTimeout(() => {
      const row = rowOf(event);
      if (run.outline.byId.has(row) && row !== view.node) panel.setView({ node: row });
    }, 250);
    return () => clearTimeout(timer);
    // only a move takes the detail along, not a click on another row
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [moment?.seq]);

  if (last === 0 || !event) return null;
  const jump = (what: 'errors' | 'questions', way: 1 | -1) => () => {
    setPlaying(false);
    if (!panel.jump(what, way)) setSaid(noMore(what, way));
  };
  const play = (): void => {
    if (!playing && seq >= last) panel.scrub(1);
    else if (!playing && !moment) panel.scrub(seq);
    setPlaying(!playing);
  };
  const errors = run.history.errors.length;
  const questions = run.history.questions.length;
  return (
    <div className="scrubber" role="group" aria-label={t('Replay')}>
      <Track
        history={run.history}
        seq={seq}
        past={moment !== null}
        says={says(event, seq, last)}
        stop={() => setPlaying(false)}
      />
      <div className="scrub-bar">
        <IconButton
          icon={playing ? 'debug-pause' : 'play'}
          label={playing ? t('Pause the Replay') : t('Play')}
          onClick={play}
        />
        <span className="scrub-says">{said || says(event, seq, last)}</span>
        <span role="status" className="sr-only">
          {said}
        </span>
        <span className="scrub-jumps">
          <Jumps
            icon="error"
            tone="bad"
            n={errors}
            name={t('errors')}
            previous={t('Previous Error (Shift+F8)')}
            next={t('Next Error (F8)')}
            jump={(way) => jump('errors', way)}
          />
          <Jumps
            icon="question"
            tone="care"
            n={questions}
            name={t('approvals')}
            previous={t('Previous Approval (Shift+F7)')}
            next={t('Next Approval (F7)')}
            jump={(way) => jump('questions', way)}
          />
        </span>
        {moment && (
          <button
            type="button"
            className="primary"
            onClick={() => {
              setPlaying(false);
              panel.scrub(null);
            }}
          >
            {t('Back to Now')}
          </button>
        )}
      </div>
    </div>
  );
}

export const noMore = (what: 'errors' | 'questions', way: 1 | -1): string =>
  what === 'errors'
    ? way > 0
      ? t('No later error.')
      : t('No earlier error.')
    : way > 0
      ? t('No later approval.')
      : t('No earlier approval.');

function says(event: RunEvent, seq: number, last: number): string {
  const task = 'task' in event && event.task ? event.task : '';
  const stage = 'stage' in event ? event.stage : '';
  return [time(event.at), t('event {n} of {all}', { n: count(seq), all: count(last) }), task, stage]
    .filter(Boolean)
    .join(' · ');
}

interface JumpsProps {
  icon: string;
  tone: string;
  n: number;
  name: string;
  previous: string;
  next: string;
  jump(way: 1 | -1): () => void;
}

/** Nothing to jump to: no buttons, but the zero is said. */
function Jumps({ icon, tone, n, name, previous, next, jump }: JumpsProps) {
  return (
    <span className="jumps">
      {n > 0 && <IconButton icon="chevron-left" label={previous} onClick={jump(-1)} />}
      <span className="jump-count" title={`${count(n)} ${name}`}>
        <span className={`codicon codicon-${icon} tone-${n > 0 ? tone : 'dim'}`} aria-hidden="true" /> {count(n)}
        <span className="sr-only"> {name}</span>
      </span>
      {n > 0 && <IconButton icon="chevron-right" label={next} onClick={jump(1)} />}
    </span>
  );
}

interface TrackProps {
  history: History;
  seq: number;
  /** An earlier moment is shown. */
  past: boolean;
  says: string;
  /** Something else than a move by itself happens. */
  stop(): void;
}

function Track({ history, seq, past, says: words, stop }: TrackProps) {
  const { panel } = usePanel();
  const track = useRef<HTMLDivElement>(null);
  const frame = useRef<number | undefined>(undefined);
  /** Where the hand is, as a share of the line: several moves make one frame. */
  const hand = useRef(1);
  const last = history.events.length;
  /** The far right is now, so that dragging there follows the run again. */
  const go = (to: number): void => {
    stop();
    panel.scrub(to >= last ? null : to);
  };
  const follow = (event: PointerEvent): void => {
    const box = track.current?.getBoundingClientRect();
    if (!box) return;
    hand.current = Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
    frame.current ??= requestAnimationFrame(() => {
      frame.current = undefined;
      go(1 + Math.round(hand.current * (last - 1)));
    });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { stages, tasks } = history;
    const marks = event.shiftKey ? tasks : stages;
    const to = {
      ArrowRight: seq + 1,
      ArrowUp: seq + 1,
      ArrowLeft: seq - 1,
      ArrowDown: seq - 1,
      PageDown: nextMark(marks, seq) ?? last,
      PageUp: previousMark(marks, seq) ?? 1,
      Home: 1,
      End: last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(Math.max(1, to));
  };
  const share = last <= 1 ? 1 : (seq - 1) / (last - 1);
  return (
    <div
      ref={track}
      className="track"
      role="slider"
      tabIndex={0}
      aria-label={t('Moment of the run')}
      aria-valuemin={1}
      aria-valuemax={last}
      aria-valuenow={seq}
      aria-valuetext={past ? words : t('now: {words}', { words })}
      title={t(
        'Drag to see the run as it was. Arrows: one event; Page Up and Down: one stage, with Shift one task; Home and End.',
      )}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        follow(event);
      }}
      onPointerMove={(event) => event.currentTarget.hasPointerCapture(event.pointerId) && follow(event)}
    >
      <Marks history={history} last={last} />
      <div className={`track-done${past ? ' past' : ''}`} style={{ width: `${share * 100}%` }} />
      <div className="thumb" style={{ left: `${share * 100}%` }} />
    </div>
  );
}

const COLUMNS = 400;

/** Errors above the line, questions below it, task beginnings across: at most one of a kind in a column. */
function Marks({ history, last }: { history: History; last: number }) {
  const { errors, questions, tasks } = history;
  const paths = useMemo(() => {
    const draw = (marks: readonly number[], from: number, to: number): string => {
      const columns = new Set(marks.map((seq) => Math.round(((seq - 1) / Math.max(1, last - 1)) * COLUMNS)));
      return [...columns].map((x) => `M${x} ${from}V${to}`).join('');
    };
    return { errors: draw(errors, 0, 7), questions: draw(questions, 13, 20), tasks: draw(tasks, 8, 12) };
    // the lists grow in place
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [last, errors.length, questions.length, tasks.length]);
  return (
    <svg className="marks" viewBox={`0 0 ${COLUMNS} 20`} preserveAspectRatio="none" aria-hidden="true">
      <path className="mark-task" d={paths.tasks} vectorEffect="non-scaling-stroke" />
      <path className="mark-question" d={paths.questions} vectorEffect="non-scaling-stroke" />
      <path className="mark-error" d={paths.errors} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
