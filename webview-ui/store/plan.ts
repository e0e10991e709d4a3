/** The plan in view: how its tasks stand over all its runs, and what goes on of it beside the watched run. */
import type { PlanDocument } from '../../src/core/model/plan.js';
import { applyEvent, emptyRun, type RunState } from '../../src/core/model/run.js';
import { eventPages } from '../../src/core/view/feed.js';
import type { Page } from './page.js';

export interface PlanInView {
  load(): Promise<void>;
  /** What a run came to moves the plan's tasks on, and may have met a goal. */
  loadProgress(): Promise<void>;
  loadBeside(): void;
  edit(document: PlanDocument, summary: string): Promise<void>;
}

export function createPlanInView(page: Page): PlanInView {
  const { host, set } = page;
  let besideTurn = 0;

  async function load(): Promise<void> {
    const { plan, problems, progress, goals = {}, spent } = await host.request('plan/get', {});
    // A plan with errors is shown all the same
    const schedule = plan ? await host.request('plan/schedule', { plan: plan.id }).catch(() => null) : null;
    set({ planView: { plan, problems, schedule, spent }, progress, goals });
    loadBeside();
  }

  /** What is finished stands in the plan's progress: no events of it are read. */
  function loadBeside(): void {
    const { planView, runs, run: watched } = page.now();
    const plan = planView?.plan?.id;
    if (plan === undefined || !runs) return;
    const going = runs.filter((run) => run.plan === plan && run.finishedAt === undefined && run.id !== watched?.id);
    const turn = ++besideTurn;
    page.attempt(async () => {
      const beside = await Promise.all(going.map((run) => foldAll(run.id)));
      if (turn === besideTurn) set({ beside });
    });
  }

  async function foldAll(run: string): Promise<RunState> {
    const state = emptyRun(run);
    for await (const events of eventPages((after, limit) => host.request('run/events', { run, after, limit })))
      for (const event of events) applyEvent(state, event);
    return state;
  }

  return {
    load,
    loadBeside,
    async loadProgress() {
      const plan = page.now().planView?.plan;
      if (!plan) return;
      const { progress, goals = {}, spent } = await host.request('plan/get', { plan: plan.id });
      const { planView } = page.now();
      if (planView?.plan?.id === plan.id) set({ progress, goals, planView: { ...planView, spent } });
    },
    async edit(document, summary) {
      const plan = page.now().planView?.plan;
      if (!plan) return;
      await host.request('plan/edit', { plan: plan.id, iteration: plan.iteration, document, summary });
      await load();
    },
  };
}
