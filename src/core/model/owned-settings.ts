/** Rows of the settings that belong to a run or to a plan: a store removes them with it. */

/** `name/<run>`, and everything below `name/<run>/`. */
export const runSettings = { alone: ['pinned-run', 'quick-fix'], below: ['rollback', 'rollback-open'] } as const;

/** Everything below `name/<plan>/`. */
export const planSettings = ['plan-check', 'plan-task', 'plan-proposal', 'plan-spent'] as const;
