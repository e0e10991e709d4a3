/** What is opened is owned: whoever creates a disposable puts it in a list that is disposed with it. */
export interface Disposable {
  dispose(): void;
}

export interface DisposableList extends Disposable {
  /** Adds one and returns it. A list that has been disposed disposes latecomers at once. */
  add<T extends Disposable>(item: T): T;
  readonly disposed: boolean;
}

export function disposableList(): DisposableList {
  const items: Disposable[] = [];
  let disposed = false;
  return {
    get disposed() {
      return disposed;
    },
    add(item) {
      if (disposed) item.dispose();
      else items.push(item);
      return item;
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      for (const item of items.splice(0).reverse()) item.dispose();
    },
  };
}
