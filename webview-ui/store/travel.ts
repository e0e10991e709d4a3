/** Going to a place in the watched run: a moment of it, a row of its timeline, the next error or question. */
import { nextMark, previousMark, rowOf, stateAt } from './history.js';
import { reveal, type OutlineNode } from './outline.js';
import type { Page } from './page.js';

export interface Travel {
  /** Shows the run as it stood after this event, and its row; null goes back to now. */
  scrub(seq: number | null): void;
  /**
   * Goes to the next or previous error or question:
   * of the timeline, or of the replay while one is shown. false = there is none.
   */
  jump(what: 'errors' | 'questions', way: 1 | -1): boolean;
  /** Shows a row of the timeline and its detail, whatever is folded or filtered. */
  goTo(node: string): void;
}

export function createTravel(page: Page): Travel {
  const { host, now, set } = page;
  let saving: ReturnType<typeof setTimeout> | undefined;

  /** A drag moves many times a second: it is kept when it rests. */
  function scrub(seq: number | null): void {
    const { run, view } = now();
    if (!run || run.history.events.length === 0) return;
    const last = run.history.events.length;
    const at = seq === null || seq >= last ? null : Math.max(1, Math.round(seq)); // the last event is now
    set({
      moment: at === null ? null : { seq: at, state: stateAt(run.history, at) },
      view: { ...view, at, follow: at === null },
    });
    clearTimeout(saving);
    saving = setTimeout(() => host.save(now().view), 200);
  }

  function goTo(id: string): void {
    const { run, view } = now();
    const node = run?.outline.byId.get(id);
    if (!run || !node) return;
    reveal(run.outline, node);
    page.touch();
    page.keep({ ...view, tab: 'run', node: id, follow: false, kind: 'all', text: '' });
  }

  return {
    scrub,
    goTo,
    jump(what, way) {
      const { run, moment, view } = now();
      if (!run) return false;
      const { history, outline } = run;
      const chosen = view.node === null ? undefined : outline.byId.get(view.node);
      const here = moment?.seq ?? (chosen ? whereIs(chosen) : way > 0 ? 0 : history.events.length + 1);
      const seq = way > 0 ? nextMark(history[what], here) : previousMark(history[what], here);
      if (seq === undefined) return false;
      if (moment) scrub(seq);
      goTo(rowOf(history.events[seq - 1]!));
      return true;
    },
  };
}

/** A stage is found at its end, so that what lies in it is found before it. */
const whereIs = ({ kind, seq, event }: OutlineNode): number => (kind === 'approval' ? seq : (event?.seq ?? seq));
