/** The address of a page: what it is about stands in the address, so that a tab survives a reload. */
import * as vscode from 'vscode';
import { schemes } from '../contributions.js';
import type { Subject } from './sheet-page.js';
import { sheetPages, type SheetKind } from './sheet-pages.js';

export interface SheetAddress<Kind extends SheetKind = SheetKind> extends Subject {
  kind: Kind;
}

export function parseSheet(uri: vscode.Uri): SheetAddress | undefined {
  const kind = uri.path.split('/')[1] ?? '';
  const query = new URLSearchParams(uri.query);
  const [root, id] = [query.get('root'), query.get('id')];
  if (uri.scheme !== schemes.sheet || !isKind(kind) || root === null || id === null) return undefined;
  const optional = (name: string) => query.get(name) ?? undefined;
  return {
    kind,
    root,
    id,
    blueprint: optional('blueprint'),
    plan: optional('plan'),
    other: optional('other'),
    tasks: optional('tasks')
      ?.split(' ')
      .filter((task) => task !== ''),
  };
}

const isKind = (kind: string): kind is SheetKind => Object.hasOwn(sheetPages, kind);

export function sheetUri(address: SheetAddress): vscode.Uri {
  const { kind, root, id, tasks, blueprint, plan, other } = address;
  const query = new URLSearchParams({
    root,
    id,
    ...(tasks ? { tasks: tasks.join(' ') } : {}),
    ...(blueprint === undefined ? {} : { blueprint }),
    ...(plan === undefined ? {} : { plan }),
    ...(other === undefined ? {} : { other }),
  });
  const path = `/${kind}/${sheetPages[kind].title()}.md`;
  return vscode.Uri.from({ scheme: schemes.sheet, path, query: query.toString() });
}
