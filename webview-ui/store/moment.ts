/**
 * The outline as it stood at an earlier event:
 * what came later is not there, and what ended later still runs. Derived, never stored.
 */
import type { RunEvent } from '../../src/core/model/event.js';
import type { Outline, OutlineNode } from './outline.js';

/** The node as it stood then; the node itself where it was the same. `seq` is not before the node's own. */
export function nodeAt(node: OutlineNode, seq: number): OutlineNode {
  if (node.endSeq <= seq) return node;
  const event = node.event?.type === 'stage-finished' ? startOf(node.event, node) : node.event;
  return {
    ...node,
    event,
    state: node.kind === 'approval' ? 'waiting' : 'running',
    durationMs: undefined,
    costUsd: undefined,
  };
}

const startOf = (end: Extract<RunEvent, { type: 'stage-finished' }>, { seq, at }: OutlineNode): RunEvent => ({
  v: end.v,
  run: end.run,
  seq,
  at,
  type: 'stage-started',
  step: end.step,
  task: end.task,
  attempt: end.attempt,
  stage: end.stage,
  visit: end.visit,
  stageType: 'deterministic',
});

/** Open then: as the person left it, else while it was at work. */
export const openAt = (node: OutlineNode, seq: number): boolean =>
  node.touched || node.endSeq <= seq ? node.open : true;

/**
 * The rows that stood open then.
 * What lies in a node is in the order of its events, so that the rest of a list is skipped.
 */
export function rowsAt(outline: Outline, seq: number): OutlineNode[] {
  const rows: OutlineNode[] = [];
  const walk = (nodes: readonly OutlineNode[]): void => {
    for (const node of nodes) {
      if (node.seq > seq) return;
      rows.push(node);
      if (node.children.length > 0 && openAt(node, seq)) walk(node.children);
    }
  };
  walk(outline.top);
  return rows;
}

/** The row that is nearest to a node among those that are open then: itself, or what it is folded away in. */
export function shownFor(node: OutlineNode, seq: number): OutlineNode {
  let shown = node;
  for (let up = node.parent; up; up = up.parent) if (!openAt(up, seq)) shown = up;
  return shown;
}
