/**
 * The keys of a tree as VS Code's own have them:
 * arrows, Home and End, Page Up and Down, and typing the start of a name.
 */
import { useRef, type KeyboardEvent } from 'react';
import type { RunState } from '../../src/core/model/run.js';
import type { OutlineNode } from '../store/outline.js';
import { nodeText } from './node-text.js';

const TYPE_AHEAD_MS = 800;

export interface TreeKeys {
  rows: readonly OutlineNode[];
  run: RunState;
  /** −1 when none is selected. */
  current: number;
  select(index: number): void;
  toggle(node: OutlineNode, open: boolean): void;
  isOpen(node: OutlineNode): boolean;
  /** Whether rows can be folded now. */
  folding: boolean;
  /** Rows that fit on the screen. */
  page(): number;
}

export function useTreeKeys(keys: TreeKeys): (event: KeyboardEvent) => void {
  const typed = useRef({ text: '', at: 0 });
  return (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { rows, current } = keys;
    const node = rows[current];
    const go = (index: number): void => {
      event.preventDefault();
      keys.select(Math.max(0, Math.min(rows.length - 1, index)));
    };
    switch (event.key) {
      case 'ArrowDown':
        return go(current + 1);
      case 'ArrowUp':
        return go(current <= 0 ? 0 : current - 1);
      case 'Home':
        return go(0);
      case 'End':
        return go(rows.length - 1);
      case 'PageDown':
        return go(current + keys.page());
      case 'PageUp':
        return go(current - keys.page());
      case 'ArrowRight':
        event.preventDefault();
        if (!node || node.children.length === 0) return;
        if (keys.folding && !keys.isOpen(node)) return keys.toggle(node, true);
        return go(current + 1);
      case 'ArrowLeft':
        event.preventDefault();
        if (!node) return;
        if (keys.folding && keys.isOpen(node) && node.children.length > 0) return keys.toggle(node, false);
        if (node.parent) go(rows.lastIndexOf(node.parent, current));
        return;
      case 'Enter':
        event.preventDefault();
        if (node && keys.folding && node.children.length > 0) keys.toggle(node, !keys.isOpen(node));
        return;
    }
    if (event.key.length !== 1 || (event.key === ' ' && typed.current.text === '')) return;
    event.preventDefault();
    const fresh = event.timeStamp - typed.current.at > TYPE_AHEAD_MS;
    typed.current = { text: (fresh ? '' : typed.current.text) + event.key.toLocaleLowerCase(), at: event.timeStamp };
    const from = fresh ? current + 1 : Math.max(0, current);
    for (let step = 0; step < rows.length; step++) {
      const index = (from + step) % rows.length;
      if (nodeText(rows[index]!, keys.run).label.toLocaleLowerCase().startsWith(typed.current.text))
        return keys.select(index);
    }
  };
}
