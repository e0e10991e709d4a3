/**
 * A story's own check is worked on like a task, under an id of its own:
 * it has steps, events and cost, but counts as no task.
 */
const MARK = '@story';

export const storyCheckId = (story: string): string => `${story}${MARK}`;
/** The story whose check this is; undefined for a task. */
export const storyOfCheck = (id: string): string | undefined =>
  id.endsWith(MARK) ? id.slice(0, -MARK.length) : undefined;
