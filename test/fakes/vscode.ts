/** As much of VS Code's module as the editor's views and pages need to be read in a test: nothing is shown, what was made can be looked at. */
export const l10n = {
  t: (template: string, params: Record<string, unknown> = {}): string =>
    template.replace(/\{(\w+)\}/g, (whole, name: string) => (name in params ? String(params[name]) : whole)),
};
export class Disposable {
  static from = (...all: { dispose(): void }[]): Disposable =>
    new Disposable(() => all.forEach((one) => one.dispose()));
  constructor(readonly dispose: () => void) {}
}
export class EventEmitter {
  readonly event = (): Disposable => new Disposable(() => undefined);
  fire(): void {}
  dispose(): void {}
}
export class ThemeColor {
  constructor(readonly id: string) {}
}
export class ThemeIcon {
  static readonly File = new ThemeIcon('file');
  constructor(
    readonly id: string,
    readonly color?: ThemeColor,
  ) {}
}
export class TreeItem {
  description?: string;
  tooltip?: unknown;
  constructor(
    readonly label: string,
    readonly collapsibleState?: number,
  ) {}
}
export const TreeItemCollapsibleState = { None: 0, Collapsed: 1, Expanded: 2 };
export const QuickPickItemKind = { Separator: -1, Default: 0 };

/** The trees that were made, by the id of their view. */
export const trees = new Map<string, { getTreeItem(row: unknown): TreeItem }>();
export const window = {
  createTreeView(id: string, { treeDataProvider }: { treeDataProvider: { getTreeItem(row: unknown): TreeItem } }) {
    trees.set(id, treeDataProvider);
    return { dispose: () => undefined };
  },
};

/** What stands in the settings, by id; both for the person and for every folder. */
export const configured = new Map<string, unknown>();
export const workspace = {
  getConfiguration: () => ({
    get: (id: string): unknown => configured.get(id),
    inspect: (id: string) => ({ globalValue: configured.get(id) }),
  }),
};
