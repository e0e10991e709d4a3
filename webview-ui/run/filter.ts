/** Which rows a filter leaves. */
import type { RunState } from '../../src/core/model/run.js';
import { inAudit } from '../../src/core/view/audit.js';
import { t } from '../l10n.js';
import type { NodeKind, OutlineNode } from '../store/outline.js';
import { nodeText } from './node-text.js';

const kinds: Readonly<Record<string, (node: OutlineNode) => boolean>> = {
  needs: (node) => node.state === 'waiting' && node.kind !== 'run',
  failures: (node) => node.state === 'failed',
  audit: (node) => inAudit(node.event),
  ...Object.fromEntries(
    (['model', 'tool', 'command', 'decision', 'approval', 'changes', 'commit', 'warning'] as NodeKind[]).map((kind) => [
      kind,
      (node: OutlineNode) => node.kind === kind,
    ]),
  ),
};

export const filterKinds = (): { id: string; label: string }[] => [
  { id: 'all', label: t('Everything') },
  { id: 'needs', label: t('Needs you') },
  { id: 'failures', label: t('Errors') },
  { id: 'audit', label: t('Audit') },
  { id: 'model', label: t('Model turns') },
  { id: 'tool', label: t('Tool calls') },
  { id: 'command', label: t('Commands') },
  { id: 'decision', label: t('Decisions') },
  { id: 'approval', label: t('Approvals') },
  { id: 'changes', label: t('Changes') },
  { id: 'commit', label: t('Commits') },
  { id: 'warning', label: t('Warnings') },
];

/** undefined = nothing is filtered. */
export function filterOf(kind: string, text: string, run: RunState): ((node: OutlineNode) => boolean) | undefined {
  const wanted = text.trim().toLocaleLowerCase();
  const byKind = kinds[kind];
  if (!byKind && wanted === '') return undefined;
  return (node) => {
    if (byKind && !byKind(node)) return false;
    if (wanted === '') return true;
    const { label, detail, word } = nodeText(node, run);
    return `${label}\n${detail}\n${word}`.toLocaleLowerCase().includes(wanted);
  };
}
