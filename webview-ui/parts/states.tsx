/** What a view shows when it has nothing to show yet, or cannot: each says what it is, what it means and what to do. */
import type { ReactNode } from 'react';
import { t } from '../l10n.js';
import { Icon, type Tone } from './status.js';

export interface Action {
  label: string;
  run(): void;
  primary?: boolean;
}

/** One primary action first. */
export function Actions({ actions }: { actions: readonly Action[] }) {
  if (actions.length === 0) return null;
  return (
    <div className="actions">
      {actions.map((action) => (
        <button key={action.label} type="button" className={action.primary ? 'primary' : ''} onClick={action.run}>
          {action.label}
        </button>
      ))}
    </div>
  );
}

export function Empty({
  title,
  children,
  actions = [],
}: {
  title: string;
  children?: ReactNode;
  actions?: readonly Action[];
}) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
      <Actions actions={actions} />
    </div>
  );
}

export function Skeleton({ rows = 8 }: { rows?: number }) {
  return (
    <div className="skeleton" role="status" aria-label={t('Loading')}>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className={`bone bone-${row % 4}`} />
      ))}
    </div>
  );
}

/** A line across the view: something the person should know, and what can be done about it. */
export function Notice({
  icon,
  tone,
  children,
  actions = [],
}: {
  icon: string;
  tone: Tone;
  children: ReactNode;
  actions?: readonly Action[];
}) {
  return (
    <div className={`notice notice-${tone}`}>
      <Icon name={icon} tone={tone} />
      <div className="notice-text">{children}</div>
      <Actions actions={actions} />
    </div>
  );
}
