/** The outline of a run as a tree of 22-pixel rows; only what is seen is drawn, however long the run. */
import { useVirtualizer, type Virtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef } from 'react';
import { usePanel } from '../context.js';
import { t } from '../l10n.js';
import { rowOf } from '../store/history.js';
import { nodeAt, openAt, rowsAt, shownFor } from '../store/moment.js';
import { matchingRows, setOpen, visibleRows, type OutlineNode } from '../store/outline.js';
import type { LiveRun } from '../store/page.js';
import { filterOf } from './filter.js';
import { ROW } from './row-height.js';
import { TimelineRow } from './timeline-row.js';
import { useTreeKeys } from './tree-keys.js';

export function useRows(run: LiveRun): { rows: readonly OutlineNode[]; filtered: boolean } {
  const { snapshot } = usePanel();
  const { kind, text } = snapshot.view;
  const { version, moment } = snapshot;
  /** The nodes that match, whatever the moment: the text of each is dear to make. */
  const matches = useMemo(() => {
    const filter = filterOf(kind, text, run.state);
    if (!filter) return undefined;
    const found = new Set<OutlineNode>();
    for (const node of run.outline.byId.values()) if (filter(node)) found.add(node);
    return found;
    // the outline is changed in place: `version` says when
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [kind, text, run, version]);
  const seq = moment?.seq;
  return useMemo(() => {
    const has = (node: OutlineNode): boolean =>
      matches!.has(node) && (seq === undefined || Math.max(node.seq, node.endSeq) <= seq);
    const rows = matches
      ? matchingRows(run.outline, has)
      : seq === undefined
        ? visibleRows(run.outline)
        : rowsAt(run.outline, seq);
    return { rows, filtered: matches !== undefined };
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [matches, run, version, seq]);
}

export function Timeline({ run }: { run: LiveRun }) {
  const { panel, snapshot } = usePanel();
  const { rows, filtered } = useRows(run);
  const scroller = useRef<HTMLDivElement>(null);
  const { follow, node: selected, kind } = snapshot.view;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 6,
  });
  const { moment } = snapshot;
  const state = moment?.state ?? run.state;
  const live = run.state.status === 'running' && !moment;
  const isOpen = (node: OutlineNode): boolean => filtered || (moment ? openAt(node, moment.seq) : node.open);

  const current = selected === null ? -1 : indexOf(rows, run.outline.byId.get(selected));
  const toggle = (node: OutlineNode, open: boolean): void => {
    setOpen(run.outline, node, open);
    panel.touch();
  };
  const select = (index: number): void => {
    const node = rows[index];
    if (!node) return;
    panel.setView({ node: node.id, follow: false });
    virtual.scrollToIndex(index, { align: 'auto' });
  };
  const onKeyDown = useTreeKeys({
    rows,
    run: state,
    current,
    select,
    toggle,
    isOpen,
    folding: !filtered,
    page: () => Math.max(1, Math.floor((scroller.current?.clientHeight ?? ROW) / ROW) - 1),
  });

  useEffect(() => {
    if (!follow || !live || rows.length === 0) return;
    virtual.scrollToIndex(rows.length - 1, { align: 'end' });
  }, [follow, live, rows.length, virtual]);

  useEffect(() => {
    if (snapshot.caughtUp && rows.length > 0 && performance.getEntriesByName('openexec-timeline').length === 0)
      performance.mark('openexec-timeline');
  }, [snapshot.caughtUp, rows.length]);

  const event = moment ? run.history.events[moment.seq - 1] : undefined;
  const reached = event && run.outline.byId.get(rowOf(event));
  const here = moment && reached ? indexOf(rows, filtered ? reached : shownFor(reached, moment.seq)) : -1;
  useInSight(virtual, here, here);
  useInSight(virtual, current, selected);

  // a person who scrolls away wants to read: following ends, and its button says so
  const onWheel = (up: boolean): void => {
    if (up && follow && live) panel.setView({ follow: false });
  };

  if (rows.length === 0)
    return (
      <p className="hint">{filtered ? t('Nothing in this run matches the filter.') : t('Nothing has happened yet.')}</p>
    );
  return (
    <div
      ref={scroller}
      className="timeline"
      role="tree"
      tabIndex={0}
      aria-label={t('Timeline')}
      aria-activedescendant={current >= 0 ? `row-${current}` : undefined}
      onKeyDown={onKeyDown}
      onWheel={({ deltaY }) => onWheel(deltaY < 0)}
    >
      <div className="sizer" role="none" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const node = rows[item.index];
          return (
            node && (
              <TimelineRow
                key={node.id}
                node={moment ? nodeAt(node, moment.seq) : node}
                run={run}
                state={state}
                audit={kind === 'audit'}
                index={item.index}
                top={item.start}
                selected={item.index === current}
                here={item.index === here}
                unfolded={isOpen(node)}
                onSelect={() => select(item.index)}
                onToggle={() => toggle(node, !isOpen(node))}
              />
            )
          );
        })}
      </div>
    </div>
  );
}

/**
 * What was chosen elsewhere (a jump, a link) comes into sight, too;
 * a row that only moved does not pull the view along: `chosen` says when another one is meant.
 */
function useInSight(virtual: Virtualizer<HTMLDivElement, Element>, index: number, chosen: unknown): void {
  useEffect(() => {
    const place = virtual.scrollElement;
    if (index < 0 || !place) return;
    // the virtualizer knows where it stands; asking the page would lay it out once more for every move
    const top = virtual.scrollOffset ?? 0;
    const height = virtual.scrollRect?.height || place.clientHeight;
    if (index * ROW < top) place.scrollTop = index * ROW;
    else if ((index + 1) * ROW > top + height) place.scrollTop = (index + 1) * ROW - height;
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [chosen]);
}

const places = new WeakMap<readonly OutlineNode[], Map<OutlineNode, number>>();
/** The index of a row, remembered while the row stays there. */
function indexOf(rows: readonly OutlineNode[], node: OutlineNode | undefined): number {
  if (!node) return -1;
  const known = places.get(rows)?.get(node);
  if (known !== undefined && rows[known] === node) return known;
  const at = rows.indexOf(node);
  if (at >= 0) places.set(rows, new Map([[node, at]]));
  return at;
}
