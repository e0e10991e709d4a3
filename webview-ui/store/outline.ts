/**
 * The timeline as a tree: task → (attempt →) visit of a stage → what happened in it. Built event by event, in place; an
 * event costs O(1). The rows that are open are kept as a flat list, which a new last row only extends.
 */
import { assertNever } from '../../src/base/assert-never.js';
import type { EventOf, RunEvent } from '../../src/core/model/event.js';
import { noTime, timeAt, tookMs, waitedMs, type RunTime } from '../../src/core/model/plain/run-time.js';

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
  /** Of the same moment: lengths come from this. */
  readonly began: RunTime;
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
  /** Of the last event: lengths come from this, not from the clock. */
  time: RunTime;
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
  time: noTime,
});

export function applyToOutline(outline: Outline, event: RunEvent): void {
  outline.time = timeAt(outline.time, event);
  switch (event.type) {
    case 'run-created':
      for (const task of event.tasks) outline.titles.set(task.id, task.title);
      return;
    case 'task-changed':
      return changeTask(outline, event);
    case 'stage-started':
      return startStage(outline, event);
    case 'stage-finished':
      return finishStage(outline, event);
    case 'approval-requested':
      outline.questions.set(
        event.approval,
        leaf(outline, homeOf(outline, event, 'visit'), 'approval', 'waiting', event),
      );
      return;
    case 'approval-answered':
      return answerQuestion(outline, event);
    default: {
      const [home, kind, state] = leafOf(event);
      const node = leaf(outline, homeOf(outline, event, home), kind, state, event);
      if ('durationMs' in event) node.durationMs = event.durationMs;
      if ('costUsd' in event) node.costUsd = event.costUsd;
    }
  }
}

type Leaf = Exclude<
  RunEvent,
  EventOf<
    'run-created' | 'task-changed' | 'stage-started' | 'stage-finished' | 'approval-requested' | 'approval-answered'
  >
>;

/** What a row lies in: nothing, its task, that task's latest visit of a stage, or the visit that its step names. */
type Home = 'run' | 'task' | 'visit' | 'step';

/** Of an event that is a row and changes no other. */
function leafOf(event: Leaf): readonly [Home, NodeKind, NodeState] {
  switch (event.type) {
    case 'run-started':
    case 'run-resumed':
      return ['run', 'run', 'info'];
    case 'run-paused':
      return ['run', 'run', 'waiting'];
    case 'run-interrupted':
      return ['run', 'run', event.rerunFrom === undefined ? 'waiting' : 'info'];
    case 'run-finished':
      return ['run', 'run', event.status === 'completed' ? 'ok' : event.status];
    case 'model-called':
      return ['step', 'model', event.stop === 'refused' ? 'failed' : 'ok'];
    case 'tool-called':
      return ['step', 'tool', event.outcome === 'ok' ? 'ok' : 'failed'];
    case 'command-run':
      return ['step', 'command', event.cancelled ? 'cancelled' : event.exitCode === 0 ? 'ok' : 'failed'];
    case 'check-before':
      return ['task', 'check', event.red ? 'ok' : 'warning'];
    case 'decision-made':
      return ['step', 'decision', event.effect === 'allow' ? 'ok' : event.effect === 'ask' ? 'info' : 'failed'];
    case 'command-changed':
      return ['step', 'changes', event.left.length > 0 ? 'failed' : 'info'];
    case 'changes-applied':
      return ['step', 'changes', 'ok'];
    case 'changed-on-save':
    case 'rolled-back':
    case 'redone':
      return ['visit', 'changes', 'info'];
    case 'commit-made':
      return ['step', 'commit', 'ok'];
    case 'plan-proposed':
      return ['step', 'warning', 'info'];
    case 'warning':
      return ['visit', 'warning', 'warning'];
    default:
      return assertNever(event, 'event');
  }
}

function homeOf(outline: Outline, event: Leaf | EventOf<'approval-requested'>, home: Home): OutlineNode | undefined {
  if (home === 'run') return undefined;
  const named = home === 'step' && 'step' in event ? outline.byId.get(event.step) : undefined;
  if (named) return named;
  const task = ('task' in event && event.task) || '';
  return (home === 'task' ? undefined : outline.latest.get(task)) ?? taskNode(outline, task, event);
}

interface NewNode {
  id: string;
  kind: NodeKind;
  state: NodeState;
  open: boolean;
  from: Origin;
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
    began: outline.time,
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
): OutlineNode {
  return append(outline, parent, { id: `event/${event.seq}`, kind, state, open: false, from: event, event });
}

type Origin = { seq: number; at: number };

function taskNode(outline: Outline, task: string, from: Origin): OutlineNode | undefined {
  if (task === '') return undefined;
  return (
    outline.byId.get(`task/${task}`) ??
    append(outline, undefined, { id: `task/${task}`, kind: 'task', state: 'running', open: true, from, task })
  );
}

function attemptNode(outline: Outline, event: EventOf<'stage-started'>): OutlineNode | undefined {
  const { task, attempt } = event;
  const parent = taskNode(outline, task, event);
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

const taskStates: Record<EventOf<'task-changed'>['status'], NodeState> = {
  pending: 'info',
  ready: 'info',
  running: 'running',
  waiting: 'waiting',
  done: 'ok',
  skipped: 'skipped',
  'rolled-back': 'skipped',
  failed: 'failed',
  blocked: 'warning',
  cancelled: 'cancelled',
};

function changeTask(outline: Outline, event: EventOf<'task-changed'>): void {
  if ((event.status === 'pending' || event.status === 'ready') && !outline.byId.has(`task/${event.task}`)) return;
  const node = taskNode(outline, event.task, event);
  if (!node) return;
  node.event = event;
  node.endSeq = event.seq;
  node.state = event.status === 'done' && event.unverified ? 'warning' : taskStates[event.status];
  if (
    event.status === 'done' ||
    event.status === 'skipped' ||
    event.status === 'failed' ||
    event.status === 'cancelled'
  ) {
    node.durationMs = tookMs(node.began, outline.time);
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
    durationMs: end ? tookMs(owner.began, outline.time) : undefined,
  });
  if (end === 'ok') fold(outline, owner);
}

function answerQuestion(outline: Outline, event: EventOf<'approval-answered'>): void {
  const node = outline.questions.get(event.approval);
  if (!node) return;
  node.durationMs = waitedMs(node.began, outline.time);
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
