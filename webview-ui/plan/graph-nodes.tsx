/** How a task and a story are drawn in the graph. */
import { Handle, Position, type Node, type NodeProps } from '@xyflow/react';
import type { Mode } from '../../src/core/model/plan.js';
import { t } from '../l10n.js';
import { Icon, Status, type Look } from '../parts/status.js';
import { modeWord } from './mode-word.js';

export interface TaskNodeData extends Record<string, unknown> {
  id: string;
  title: string;
  look: Look;
  critical: boolean;
  selected: boolean;
  /** The one the Tab key reaches; arrows go on from there. */
  entry: boolean;
  dimmed: boolean;
  choose(task: string): void;
}

export interface StoryNodeData extends Record<string, unknown> {
  id: string;
  title: string;
  mode: Mode;
  pause: boolean;
  /** How its own check stands, once it has begun. */
  check: Look | undefined;
}

export function TaskNode({ data }: NodeProps<Node<TaskNodeData>>) {
  const { id, title, look, critical, selected, entry, dimmed } = data;
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <button
        type="button"
        data-task={id}
        className={`task-node tone-edge-${look.tone}${critical ? ' critical' : ''}${selected ? ' selected' : ''}${dimmed ? ' dimmed' : ''}`}
        aria-pressed={selected}
        tabIndex={entry ? 0 : -1}
        title={`${id} ${title}`}
        onClick={() => data.choose(id)}
      >
        <span className="task-id">{id}</span> <span className="task-title">{title}</span> <Status look={look} />
        {critical && <span className="sr-only"> {t('on the critical path')}</span>}
      </button>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </>
  );
}

export function StoryNode({ data }: NodeProps<Node<StoryNodeData>>) {
  return (
    <div className="story-node">
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <div className="story-head" title={`${data.id} ${data.title}`}>
        <span className="story-title">
          <span className="story-id">{data.id}</span> {data.title}{' '}
          <span className="dim">
            {data.mode === 'sequential' ? '' : `· ${modeWord(data.mode)}`}
            {data.pause ? ` · ${t('pauses after')}` : ''}
          </span>
        </span>
        {data.check && (
          <span className="story-check">
            <Icon name={data.check.icon} tone={data.check.tone} /> {t('check: {status}', { status: data.check.word })}
          </span>
        )}
      </div>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}
