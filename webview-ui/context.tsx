/** Gives every component the panel and its present snapshot. */
import { createContext, useContext, useSyncExternalStore } from 'react';
import type { PanelCommand } from '../src/protocol/panel.js';
import type { Snapshot } from './store/page.js';
import type { Panel } from './store/panel.js';

export const PanelContext = createContext<Panel | null>(null);

export function usePanel(): { panel: Panel; snapshot: Snapshot } {
  const panel = useContext(PanelContext);
  if (!panel) throw new Error('No panel around this component');
  return { panel, snapshot: useSyncExternalStore(panel.subscribe, panel.snapshot) };
}

/** Nobody answers for these runs now: they can be read, and nothing can be asked of them. */
export const isReadOnly = (snapshot: Snapshot): boolean => snapshot.environment?.owner?.connected === false;

/** Whether a command is there: what is not has no button. */
export function useCan(): (id: PanelCommand) => boolean {
  const { snapshot } = usePanel();
  return (id) => snapshot.environment?.commands.includes(id) ?? false;
}
