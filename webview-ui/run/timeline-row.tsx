/** One row: twistie, icon, name, what happened, the state's word, duration, cost, time. */
import { duration, money, time } from '../format.js';
import { Icon } from '../parts/status.js';
import type { RunEvent } from '../../src/core/model/event.js';
import { taskState, type RunState } from '../../src/core/model/run.js';
import { auditOf } from '../../src/core/view/audit.js';
import { t } from '../l10n.js';
import type { OutlineNode } from '../store/outline.js';
import type { LiveRun } from '../store/page.js';
import { nodeText } from './node-text.js';
import { ROW } from './row-height.js';

export interface TimelineRowProps {
  node: OutlineNode;
  run: LiveRun;
  /** The run as it stands at the moment that is shown. */
  state: RunState;
  /** Rule and hash instead of the usual words. */
  audit: boolean;
  /** The replay stands here. */
  here: boolean;
  index: number;
  top: number;
  selected: boolean;
  unfolded: boolean;
  onSelect(): void;
  onToggle(): void;
}

const INDENT = 12;

/** What the audit says of an event, on one line: for each file it wrote, for each commit it made. */
const auditText = (event: RunEvent): string =>
  auditOf(event, t)
    .map(({ verb, what, notes }) => [`${verb} ${what}`, ...notes].join(' · '))
    .join('; ');

export function TimelineRow({
  node,
  run,
  state,
  audit,
  here,
  index,
  top,
  selected,
  unfolded,
  onSelect,
  onToggle,
}: TimelineRowProps) {
  const { icon, tone, label, word, detail: usual } = nodeText(node, state);
  const detail = (audit && node.event && auditText(node.event)) || usual;
  const task = node.kind === 'task' ? taskState(state, node.task) : undefined;
  const cost = task ? (task.tokens > 0 ? task.costUsd : undefined) : node.costUsd;
  const folds = node.children.length > 0;
  const siblings = node.parent ? node.parent.children.length : run.outline.top.length;
  const hint = [label, detail, word].filter(Boolean).join(' · ');
  return (
    <div
      id={`row-${index}`}
      role="treeitem"
      className={`row row-${node.kind}${selected ? ' selected' : ''}${here ? ' here' : ''}`}
      aria-level={node.depth + 1}
      aria-setsize={siblings}
      aria-posinset={node.index + 1}
      aria-selected={selected}
      aria-current={here ? 'step' : undefined}
      aria-expanded={folds ? unfolded : undefined}
      title={hint}
      style={{ transform: `translateY(${top}px)`, height: ROW, paddingLeft: 4 + node.depth * INDENT }}
      onClick={onSelect}
      onDoubleClick={folds ? onToggle : undefined}
    >
      <span
        className={`twistie codicon${folds ? ` codicon-chevron-${unfolded ? 'down' : 'right'}` : ''}`}
        aria-hidden="true"
        onClick={
          folds
            ? (event) => {
                event.stopPropagation();
                onToggle();
              }
            : undefined
        }
      />
      <Icon name={icon} tone={tone} />
      {/* the spaces are for those who hear the row */}
      <span className={`label${node.kind === 'command' ? ' code' : ''}`}>{label}</span>{' '}
      <span className="detail">{detail}</span> {word && <span className={`word tone-${tone}`}>{word}</span>}{' '}
      <span className="numbers">
        <span className="span">{node.durationMs === undefined ? '' : duration(node.durationMs)}</span>{' '}
        <span className="cost">{cost === undefined ? '' : money(cost)}</span>{' '}
        <span className="time">{time(node.at)}</span>
      </span>
    </div>
  );
}
