/**
 * The timeline as a tree: task → (attempt →) visit of a stage → what happened in it. Built event by event, in place; an
 * event costs O(1). The rows that are open are kept as a flat list, which a new last row only extends.
 */
import { assertNever } from '../../src/base/assert-never.js';
import type { EventOf, RunEvent } from '../../src/core/model/event.js';

export type NodeKind =
  | 'task'
  | 'attempt'
  | 'stage'
  | 'model'
  | 'tool'
  | 'command'
  | 'decision'
  | 'approval'
  | 'changes'
  | 'commit'
  | 'check'
  | 'warning'
  | 'run';
export type NodeState = 'running' | 'ok' | 'failed' | 'waiting' | 'skipped' | 'cancelled' | 'warning' | 'info';

export interface OutlineNode {
  /** Stable over a reload: `task/T-1`, a step key, `event/12`. */
  readonly id: string;
  readonly kind: NodeKind;
  readonly parent: OutlineNode | undefined;
  /** 0 for a row at the top. */
  readonly depth: number;
  /** Place among its siblings, from 0. */
  readonly index: number;
  readonly children: OutlineNode[];
  state: NodeState;
  open: boolean;
  /** The person folded or unfolded it: it is not folded by itself any more. */
  touched: boolean;
  at: number;
  durationMs: number | undefined;
  /** null = unknown price; undefined = it costs nothing by its nature. */
  costUsd: number | null | undefined;
  /** The event that says most about it: for a stage its end, once there. */
  event: RunEvent | undefined;
  /** A task's id, else ''. */
  readonly task: string;
  /** The number of an attempt. */
  readonly attempt: number;
  /** Number of the event that made it. */
  readonly seq: number;
  /** Number of the event that gave it its present state, where that came later; 0 when none did. */
  endSeq: number;
}

export interface Outline {
  readonly top: OutlineNode[];
  readonly byId: Map<string, OutlineNode>;
  /** What is visible, in order; use `visibleRows` to read it. */
  rows: OutlineNode[];
  stale: boolean;
  /** A node's index in `rows` cannot be trusted while `stale`. */
  readonly titles: Map<string, string>;
  /** Where what has no step of its own belongs: a task's latest visit. */
  readonly latest: Map<string, OutlineNode>;
  readonly attempts: Map<string, OutlineNode>;
  readonly questions: Map<string, OutlineNode>;
}

export const emptyOutline = (): Outline => ({
  top: [],
  byId: new Map(),
  rows: [],
  stale: false,
  titles: new Map(),
  latest: new Map(),
  attempts: new Map(),
  questions: new Map(),
});

export function applyToOutline(outline: Outline, event: RunEvent): void {
  switch (event.type) {
    case 'run-created':
      for (const task of event.tasks) outline.titles.set(task.id, task.title);
      return;
    case 'run-started':
    case 'run-resumed':
      leaf(outline, undefined, 'run', 'info', event);
      return;
    case 'run-paused':
    case 'run-interrupted':
      leaf(
        outline,
        undefined,
        'run',
        event.type === 'run-interrupted' && event.rerunFrom !== undefined ? 'info' : 'waiting',
        event,
      );
      return;
    case 'run-finished':
      leaf(
        outline,
        undefined,
        'run',
        event.status === 'completed' ? 'ok' : event.status === 'failed' ? 'failed' : 'cancelled',
        event,
      );
      return;
    case 'task-changed':
      return changeTask(outline, event);
    case 'stage-started':
      return startStage(outline, event);
    case 'stage-finished':
      return finishStage(outline, event);
    case 'model-called':
      leaf(
        outline,
        stepOf(outline, event),
        'model',
        event.stop === 'refused' ? 'failed' : 'ok',
        event,
        event.durationMs,
        event.costUsd,
      );
      return;
    case 'tool-called':
      leaf(outline, stepOf(outline, event), 'tool', event.outcome === 'ok' ? 'ok' : 'failed', event, event.durationMs);
      return;
    case 'command-run':
      leaf(
        outline,
        stepOf(outline, event),
        'command',
        event.cancelled ? 'cancelled' : event.exitCode === 0 ? 'ok' : 'failed',
        event,
        event.durationMs,
      );
      return;
    case 'check-before':
      leaf(outline, taskNode(outline, event), 'check', event.red ? 'ok' : 'warning', event, event.durationMs);
      return;
    case 'decision-made':
      leaf(
        outline,
        stepOf(outline, event),
        'decision',
        event.effect === 'allow' ? 'ok' : event.effect === 'ask' ? 'info' : 'failed',
        event,
      );
      return;
    case 'approval-requested':
      outline.questions.set(
        event.approval,
        leaf(outline, outline.latest.get(event.task) ?? taskNode(outline, event), 'approval', 'waiting', event),
      );
      return;
    case 'approval-answered':
      return answerQuestion(outline, event);
    case 'command-changed':
      leaf(outline, stepOf(outline, event), 'changes', event.left.length > 0 ? 'failed' : 'info', event);
      return;
    case 'changes-applied':
      leaf(outline, stepOf(outline, event), 'changes', 'ok', event);
      return;
    case 'changed-on-save':
      leaf(outline, outline.latest.get(event.task) ?? taskNode(outline, event), 'changes', 'info', event);
      return;
    case 'commit-made':
      leaf(outline, stepOf(outline, event), 'commit', 'ok', event);
      return;
    case 'rolled-back':
    case 'redone':
      leaf(
        outline,
        event.task === '' ? undefined : (outline.latest.get(event.task) ?? taskNode(outline, event)),
        'changes',
        'info',
        event,
      );
      return;
    case 'plan-proposed':
      leaf(outline, stepOf(outline, event), 'warning', 'info', event);
      return;
    case 'warning':
      leaf(
        outline,
        event.task === undefined
          ? undefined
          : (outline.latest.get(event.task) ?? taskNode(outline, { ...event, task: event.task })),
        'warning',
        'warning',
        event,
      );
      return;
    default:
      return assertNever(event, 'event');
  }
}

interface NewNode {
  id: string;
  kind: NodeKind;
  state: NodeState;
  open: boolean;
  from: { seq: number; at: number };
  event?: RunEvent;
  task?: string;
  attempt?: number;
}

function append(outline: Outline, parent: OutlineNode | undefined, given: NewNode): OutlineNode {
  const siblings = parent ? parent.children : outline.top;
  const node: OutlineNode = {
    id: given.id,
    kind: given.kind,
    parent,
    depth: parent ? parent.depth + 1 : 0,
    index: siblings.length,
    children: [],
    state: given.state,
    open: given.open,
    touched: false,
    at: given.from.at,
    durationMs: undefined,
    costUsd: undefined,
    event: given.event,
    task: given.task ?? '',
    attempt: given.attempt ?? 0,
    seq: given.from.seq,
    endSeq: 0,
  };
  siblings.push(node);
  outline.byId.set(node.id, node);
  extendRows(outline, node);
  return node;
}

/** The usual case is a new last row; anything else has the list made anew when it is next read. */
function extendRows(outline: Outline, node: OutlineNode): void {
  if (outline.stale) return;
  for (let up = node.parent; up; up = up.parent) if (!up.open) return;
  const last = outline.rows[outline.rows.length - 1];
  let above: OutlineNode | undefined = node.parent;
  if (node.index > 0) {
    above = (node.parent ? node.parent.children : outline.top)[node.index - 1];
    while (above && above.open && above.children.length > 0) above = above.children[above.children.length - 1];
  }
  if (last === above) outline.rows.push(node);
  else outline.stale = true;
}

function leaf(
  outline: Outline,
  parent: OutlineNode | undefined,
  kind: NodeKind,
  state: NodeState,
  event: RunEvent,
  durationMs?: number,
  costUsd?: number | null,
): OutlineNode {
  const node = append(outline, parent, { id: `event/${event.seq}`, kind, state, open: false, from: event, event });
  node.durationMs = durationMs;
  node.costUsd = costUsd;
  return node;
}

type Placed = { task: string; seq: number; at: number };

function taskNode(outline: Outline, event: Placed): OutlineNode | undefined {
  const { task } = event;
  if (task === '') return undefined;
  return (
    outline.byId.get(`task/${task}`) ??
    append(outline, undefined, { id: `task/${task}`, kind: 'task', state: 'running', open: true, from: event, task })
  );
}

const stepOf = (outline: Outline, event: Placed & { step: string }): OutlineNode | undefined =>
  outline.byId.get(event.step) ?? outline.latest.get(event.task) ?? taskNode(outline, event);

function attemptNode(outline: Outline, event: Placed & { attempt: number }): OutlineNode | undefined {
  const { task, attempt } = event;
  const parent = taskNode(outline, event);
  if (attempt <= 1) return parent; // the first attempt needs no row of its own
  const id = `attempt/${task}/${attempt}`;
  const earlier = outline.attempts.get(id);
  if (earlier) return earlier;
  const node = append(outline, parent, {
    id,
    kind: 'attempt',
    state: 'running',
    open: true,
    from: event,
    task,
    attempt,
  });
  outline.attempts.set(id, node);
  return node;
}

function fold(outline: Outline, node: OutlineNode | undefined): void {
  if (!node || node.touched || !node.open) return;
  node.open = false;
  if (node.children.length > 0) outline.stale = true;
}

function changeTask(outline: Outline, event: EventOf<'task-changed'>): void {
  if ((event.status === 'pending' || event.status === 'ready') && !outline.byId.has(`task/${event.task}`)) return;
  const node = taskNode(outline, event);
  if (!node) return;
  node.event = event;
  node.endSeq = event.seq;
  switch (event.status) {
    case 'pending':
    case 'ready':
      node.state = 'info';
      break;
    case 'running':
      node.state = 'running';
      break;
    case 'waiting':
      node.state = 'waiting';
      break;
    case 'done':
      node.state = event.unverified ? 'warning' : 'ok';
      break;
    case 'skipped':
    case 'rolled-back':
      node.state = 'skipped';
      break;
    case 'failed':
      node.state = 'failed';
      break;
    case 'blocked':
      node.state = 'warning';
      break;
    case 'cancelled':
      node.state = 'cancelled';
      break;
    default:
      assertNever(event.status, 'task status');
  }
  if (
    event.status === 'done' ||
    event.status === 'skipped' ||
    event.status === 'failed' ||
    event.status === 'cancelled'
  ) {
    node.durationMs = event.at - node.at;
    const attempt = outline.attempts.get(`attempt/${event.task}/${event.attempt}`);
    if (attempt) Object.assign(attempt, { state: node.state, endSeq: event.seq });
    if (event.status === 'done' || event.status === 'skipped') fold(outline, node);
  }
}

function startStage(outline: Outline, event: EventOf<'stage-started'>): void {
  const known = outline.byId.get(event.step);
  if (known) {
    Object.assign(known, { state: 'running', endSeq: 0 }); // resumed: the visit goes on where it was
    outline.latest.set(event.task, known);
    return;
  }
  const before = outline.attempts.get(`attempt/${event.task}/${event.attempt - 1}`);
  if (before && before.state === 'running') Object.assign(before, { state: 'failed', endSeq: event.seq });
  const parent = attemptNode(outline, event);
  const node = append(outline, parent, {
    id: event.step,
    kind: 'stage',
    state: 'running',
    open: true,
    from: event,
    event,
  });
  outline.latest.set(event.task, node);
}

function finishStage(outline: Outline, event: EventOf<'stage-finished'>): void {
  const node = outline.byId.get(event.step);
  if (!node) return;
  node.event = event;
  node.endSeq = event.seq;
  node.durationMs = event.durationMs;
  node.costUsd = event.costUsd === 0 ? undefined : event.costUsd;
  node.state = event.outcome === 'succeeded' ? 'ok' : event.outcome;
  fold(outline, node);
  settleOwner(outline, event);
}

/**
 * A check of a story or goal is no task of the plan:
 * where nothing is said of it but its stages, the machine's end is its own.
 */
function settleOwner(outline: Outline, event: EventOf<'stage-finished'>): void {
  const owner = outline.byId.get(`task/${event.task}`);
  if (!owner || owner.event?.type === 'task-changed') return;
  const end = { done: 'ok', fail: 'failed', paused: 'waiting' }[event.next] as NodeState | undefined;
  Object.assign(owner, {
    state: end ?? 'running',
    endSeq: end ? event.seq : 0,
    durationMs: end ? event.at - owner.at : undefined,
  });
  if (end === 'ok') fold(outline, owner);
}

function answerQuestion(outline: Outline, event: EventOf<'approval-answered'>): void {
  const node = outline.questions.get(event.approval);
  if (!node) return;
  node.durationMs = event.at - node.at;
  node.endSeq = event.seq;
  node.state =
    event.status === 'accepted' || event.status === 'partly'
      ? 'ok'
      : event.status === 'cancelled'
        ? 'cancelled'
        : 'failed';
  leaf(outline, node, 'approval', node.state, event);
}

/** The open rows, in order. The list is the outline's own: not to be changed, and replaced when the order changes. */
export function visibleRows(outline: Outline): readonly OutlineNode[] {
  if (!outline.stale) return outline.rows;
  const rows: OutlineNode[] = [];
  const walk = (nodes: readonly OutlineNode[]): void => {
    for (const node of nodes) {
      rows.push(node);
      if (node.open && node.children.length > 0) walk(node.children);
    }
  };
  walk(outline.top);
  outline.rows = rows;
  outline.stale = false;
  return rows;
}

/** The nodes that match, each with what it lies in, whatever is folded. O(all nodes). */
export function matchingRows(outline: Outline, matches: (node: OutlineNode) => boolean): OutlineNode[] {
  const rows: OutlineNode[] = [];
  const walk = (nodes: readonly OutlineNode[]): boolean => {
    let any = false;
    for (const node of nodes) {
      const place = rows.length;
      rows.push(node);
      const inside = walk(node.children);
      if (inside || matches(node)) any = true;
      else rows.length = place;
    }
    return any;
  };
  walk(outline.top);
  return rows;
}

export function setOpen(outline: Outline, node: OutlineNode, open: boolean): void {
  node.touched = true;
  if (node.open === open || node.children.length === 0) {
    node.open = open;
    return;
  }
  node.open = open;
  outline.stale = true;
}

export function setAllOpen(outline: Outline, open: boolean): void {
  for (const node of outline.byId.values()) {
    if (node.children.length === 0) continue;
    node.open = open;
    node.touched = true;
  }
  outline.stale = true;
}

/** Opens everything a node lies in, so that it is visible. */
export function reveal(outline: Outline, node: OutlineNode): void {
  for (let up = node.parent; up; up = up.parent) if (!up.open) setOpen(outline, up, true);
}
