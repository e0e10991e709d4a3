/** By its name a worktree is known as that of a run. */
export const worktreePrefix = (run: string): string => `${run}-`;
