/** The keys of a list of tasks in a table: arrows, Home and End, and typing the start of an id or a title. */
import { useRef, type KeyboardEvent } from 'react';

const TYPE_AHEAD_MS = 800;

/** `tasks` in the order of the rows; each row has an element with `data-task`. */
export function useRowKeys(
  tasks: readonly { id: string; title: string }[],
  choose: (id: string) => void,
): (event: KeyboardEvent) => void {
  const typed = useRef({ text: '', at: 0 });
  return (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = tasks.findIndex((task) => task.id === (event.target as HTMLElement).dataset['task']);
    if (at < 0) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: tasks.length - 1 }[event.key] ?? ahead(event, at);
    const task = to === undefined ? undefined : tasks[to];
    if (!task) return;
    event.preventDefault();
    choose(task.id);
    (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`[data-task="${CSS.escape(task.id)}"]`)?.focus();
  };

  function ahead(event: KeyboardEvent, at: number): number | undefined {
    if (event.key.length !== 1 || (event.key === ' ' && typed.current.text === '')) return undefined;
    const fresh = event.timeStamp - typed.current.at > TYPE_AHEAD_MS;
    typed.current = { text: (fresh ? '' : typed.current.text) + event.key.toLocaleLowerCase(), at: event.timeStamp };
    for (let step = 0; step < tasks.length; step++) {
      const index = (at + (fresh ? 1 : 0) + step) % tasks.length;
      const task = tasks[index]!;
      if ([task.id, task.title].some((name) => name.toLocaleLowerCase().startsWith(typed.current.text))) return index;
    }
    return undefined;
  }
}
