/** The plan as a graph: look around, find, choose a task. What depends on what can be walked with the arrow keys. */
import {
  Background,
  MiniMap,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
  type Edge,
  type Node,
} from '@xyflow/react';
import { useEffect, useMemo, useState, type KeyboardEvent } from 'react';
import { eachTask, type PlanDocument } from '../../src/core/model/plan.js';
import type { TaskState } from '../../src/core/model/run.js';
import { usePanel } from '../context.js';
import { t } from '../l10n.js';
import { taskLook } from '../parts/status.js';
import { IconButton } from '../parts/icon-button.js';
import type { PlanView } from '../store/page.js';
import { StoryNode, TaskNode, type StoryNodeData, type TaskNodeData } from './graph-nodes.js';
import { layoutPlan, type GraphLayout } from './layout.js';
import type { TaskLooks } from './task-states.js';

const nodeTypes = { task: TaskNode, story: StoryNode };
const reduced = (): boolean => window.matchMedia('(prefers-reduced-motion: reduce)').matches;

export function Graph(props: { planView: PlanView; look: TaskLooks }) {
  return (
    <ReactFlowProvider>
      <Flow {...props} />
    </ReactFlowProvider>
  );
}

function Flow({ planView, look }: { planView: PlanView; look: TaskLooks }) {
  const { panel, snapshot } = usePanel();
  const [find, setFind] = useState('');
  const document = planView.plan?.document;
  const selected = snapshot.view.task;
  const critical = planView.schedule?.critical;
  const layout = useMemo(
    () => (document ? layoutPlan(document, planView.schedule?.waves ?? [], critical ?? []) : undefined),
    [document, planView.schedule, critical],
  );
  const choose = (task: string | null): void => panel.setView({ task });
  if (!document || !layout) return null;
  const nodes = makeNodes({
    document,
    layout,
    look,
    critical: new Set(critical),
    selected,
    find: find.trim().toLocaleLowerCase(),
    choose,
  });
  const edges = makeEdges(layout, selected);
  const working = new Set(
    layout.tasks
      .map((task) => task.id)
      .filter((id) => ['running', 'waiting'].includes(look.states.get(id)?.status ?? '')),
  );
  return (
    <div className="graph" onKeyDown={(event) => walk(event, layout, choose)}>
      <GraphBar find={find} setFind={setFind} layout={layout} document={document} working={working} />
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        minZoom={0.1}
        maxZoom={2}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        deleteKeyCode={null}
        disableKeyboardA11y
        proOptions={{ hideAttribution: true }}
        onPaneClick={() => choose(null)}
        aria-label={t('Graph of the plan')}
      >
        <Background gap={16} size={1} />
        <MiniMap
          pannable
          zoomable
          ariaLabel={t('Overview')}
          nodeClassName={(node) => `mini mini-${node.type}`}
          nodeStrokeWidth={0}
        />
      </ReactFlow>
      <p className="legend" aria-hidden="true">
        <span className="legend-line" /> {t('critical path: what decides how long it takes')}
      </p>
    </div>
  );
}

interface GraphBarProps {
  find: string;
  setFind(text: string): void;
  layout: GraphLayout;
  document: PlanDocument;
  /** Tasks that run or wait for the person. */
  working: ReadonlySet<string>;
}

const READABLE = 0.75;

function GraphBar({ find, setFind, layout, document, working }: GraphBarProps) {
  const { panel, snapshot } = usePanel();
  const flow = useReactFlow();
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const selected = snapshot.view.task;
  const time = reduced() ? 0 : 150;
  const sized = width > 0 && height > 0;
  useEffect(() => {
    if (!sized) return;
    const right = Math.max(...layout.stories.map((box) => box.x + box.width));
    // smaller than this no title can be read: then it opens where something happens
    const place =
      layout.tasks.find((task) => task.id === selected) ??
      layout.tasks.find((task) => working.has(task.id)) ??
      layout.tasks[0];
    if (right * READABLE <= width || !place) void flow.fitView({ padding: 0.04, maxZoom: 1 });
    else void flow.setViewport(openAt(layout, place, { width, height }));
    // once for each layout: what is chosen later is brought into sight below, and what works later moves nothing
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [flow, layout, sized]);
  useEffect(() => {
    const box = layout.tasks.find((task) => task.id === selected);
    if (!box || width === 0) return;
    const { x, y, zoom } = flow.getViewport();
    const left = box.x * zoom + x;
    const top = box.y * zoom + y;
    if (left >= 0 && top >= 0 && left + box.width * zoom <= width && top + box.height * zoom <= height) return;
    void flow.setCenter(box.x + box.width / 2, box.y + box.height / 2, { zoom: Math.max(zoom, 0.7), duration: time });
  }, [flow, layout, selected, width, height, time]);
  const next = (): void => {
    const hits = [...eachTask(document)]
      .filter(({ task }) => matches(task, find.trim().toLocaleLowerCase()))
      .map(({ task }) => task.id);
    if (find.trim() === '' || hits.length === 0) return;
    panel.setView({ task: hits[(hits.indexOf(selected ?? '') + 1) % hits.length]! });
  };
  return (
    <div className="bar">
      <input
        type="search"
        aria-label={t('Find a task')}
        placeholder={t('Find a task')}
        value={find}
        onChange={(event) => setFind(event.target.value)}
        onKeyDown={(event) => event.key === 'Enter' && next()}
      />
      <IconButton icon="zoom-out" label={t('Zoom Out')} onClick={() => void flow.zoomOut({ duration: time })} />
      <IconButton icon="zoom-in" label={t('Zoom In')} onClick={() => void flow.zoomIn({ duration: time })} />
      <IconButton
        icon="screen-full"
        label={t('Show All')}
        onClick={() => void flow.fitView({ padding: 0.04, maxZoom: 1, duration: time })}
      />
    </div>
  );
}

const matches = (task: { id: string; title: string }, find: string): boolean =>
  `${task.id} ${task.title}`.toLocaleLowerCase().includes(find);

const MARGIN = 16;

/** Where a wide plan opens: readable, the place in sight, and no empty space where the plan could be. */
function openAt(
  layout: GraphLayout,
  place: { x: number; y: number; height: number },
  pane: { width: number; height: number },
) {
  const right = Math.max(...layout.stories.map((box) => box.x + box.width));
  const bottom = Math.max(...layout.stories.map((box) => box.y + box.height));
  const left = Math.max(0, Math.min(place.x - MARGIN, right + MARGIN - pane.width / READABLE));
  const free = pane.height - bottom * READABLE;
  const y =
    free >= 0
      ? free / 2
      : Math.min(
          MARGIN,
          Math.max(
            pane.height - (bottom + MARGIN) * READABLE,
            pane.height / 2 - (place.y + place.height / 2) * READABLE,
          ),
        );
  return { x: MARGIN - left * READABLE, y, zoom: READABLE };
}

interface NodesInput {
  document: PlanDocument;
  layout: GraphLayout;
  look: TaskLooks;
  critical: ReadonlySet<string>;
  selected: string | null;
  find: string;
  choose(task: string): void;
}

function makeNodes({ document, layout, look, critical, selected, find, choose }: NodesInput): Node[] {
  const entry = selected ?? layout.tasks[0]?.id;
  const stories = new Map(document.stories.map((story) => [story.id, story]));
  const titles = new Map([...eachTask(document)].map(({ task }) => [task.id, task]));
  const size = (box: { x: number; y: number; width: number; height: number }) => ({
    position: { x: box.x, y: box.y },
    width: box.width,
    height: box.height,
  });
  return [
    ...layout.stories.map(
      (box): Node<StoryNodeData> => ({
        id: box.id,
        type: 'story',
        ...size(box),
        zIndex: 0,
        data: {
          id: box.id,
          title: stories.get(box.id)?.title ?? '',
          mode: stories.get(box.id)?.mode ?? 'sequential',
          pause: stories.get(box.id)?.pause_after ?? false,
          check: begunLook(look.checkOf(box.id)),
        },
      }),
    ),
    ...layout.tasks.map((box): Node<TaskNodeData> => {
      const task = titles.get(box.id)!;
      return {
        id: box.id,
        type: 'task',
        ...size(box),
        zIndex: 2,
        data: {
          id: box.id,
          title: task.title,
          look: taskLook(look.states.get(box.id), look.waitsFor(box.id)),
          critical: critical.has(box.id),
          selected: box.id === selected,
          entry: box.id === entry,
          dimmed: find !== '' && !matches(task, find),
          choose,
        },
      };
    }),
  ];
}

/** Before it begins the tasks say all there is to say. */
const begunLook = (check: TaskState | undefined) => (check && check.status !== 'pending' ? taskLook(check) : undefined);

const makeEdges = (layout: GraphLayout, selected: string | null): Edge[] =>
  layout.edges.map((edge) => ({
    id: edge.id,
    source: edge.from,
    target: edge.to,
    zIndex: 1,
    className: `edge edge-${edge.kind}${edge.critical ? ' critical' : ''}${edge.from === selected || edge.to === selected ? ' near' : ''}`,
  }));

/** Left and right to what it waits for and what waits for it, up and down to its neighbours in the column. */
function walk(event: KeyboardEvent, layout: GraphLayout, choose: (task: string) => void): void {
  const id = (event.target as HTMLElement).closest<HTMLElement>('[data-task]')?.dataset['task'];
  const here = layout.tasks.find((task) => task.id === id);
  if (!here || event.ctrlKey || event.metaKey || event.altKey) return;
  const nearest = (boxes: GraphLayout['tasks'], far: (box: GraphLayout['tasks'][number]) => number) =>
    boxes.toSorted((a, b) => far(a) - far(b))[0];
  const distance = (box: { x: number; y: number }): number => Math.abs(box.x - here.x) + 2 * Math.abs(box.y - here.y);
  const inReading = layout.tasks.toSorted((a, b) => a.x - b.x || a.y - b.y);
  const moves: Record<string, () => GraphLayout['tasks'][number] | undefined> = {
    ArrowRight: () =>
      nearest(
        layout.tasks.filter((box) => box.x > here.x + 1),
        distance,
      ),
    ArrowLeft: () =>
      nearest(
        layout.tasks.filter((box) => box.x < here.x - 1),
        distance,
      ),
    ArrowDown: () =>
      nearest(
        layout.tasks.filter((box) => box.y > here.y + 1),
        (box) => Math.abs(box.y - here.y) + 3 * Math.abs(box.x - here.x),
      ),
    ArrowUp: () =>
      nearest(
        layout.tasks.filter((box) => box.y < here.y - 1),
        (box) => Math.abs(box.y - here.y) + 3 * Math.abs(box.x - here.x),
      ),
    Home: () => inReading[0],
    End: () => inReading.at(-1),
  };
  const to = moves[event.key]?.();
  if (!to) return;
  event.preventDefault();
  choose(to.id);
  requestAnimationFrame(() =>
    window.document.querySelector<HTMLElement>(`[data-task="${CSS.escape(to.id)}"]`)?.focus({ preventScroll: true }),
  );
}
