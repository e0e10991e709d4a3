/**
 * What the page knows, in one place: where it is, the plan, the runs, and the run that is watched.
 * Views read snapshots and call actions.
 */
import type { PlanDocument } from '../../src/core/model/plan.js';
import type { Environment, ShowTarget, ViewState } from '../../src/protocol/panel.js';
import type { Host } from '../host.js';
import { setTexts } from '../l10n.js';
import { createPage, nothingRead, type Snapshot } from './page.js';
import { createPlanInView } from './plan.js';
import { createTravel, type Travel } from './travel.js';
import { createWatch } from './watch.js';

export interface Panel extends Travel {
  readonly host: Host;
  snapshot(): Snapshot;
  subscribe(listener: () => void): () => void;
  setView(patch: Partial<ViewState>): void;
  /** Something in the outline was folded or unfolded by the person. */
  touch(): void;
  act(method: 'run/pause' | 'run/resume' | 'run/cancel', run: string): void;
  editPlan(document: PlanDocument, summary: string): Promise<void>;
  /** It was read. */
  endAbsence(): void;
  clearFailure(): void;
}

export function createPanel(host: Host): Panel {
  const page = createPage(host);
  const { now, set, attempt } = page;
  const plan = createPlanInView(page);
  const travel = createTravel(page);
  const watch = createWatch(page, travel);

  async function loadRuns(): Promise<void> {
    const runs = await host.request('run/list', {});
    set({ runs });
    watch.follow(runs.find((run) => run.id === now().view.run)?.id ?? runs[0]?.id ?? null);
    plan.loadBeside();
  }

  function open(environment: Environment): void {
    setTexts(environment.l10n, environment.locale);
    const moved = environment.root !== (now().environment?.root ?? null);
    const view = host.saved ? now().view : (environment.state ?? now().view);
    if (moved) watch.leave();
    set({ environment, view, ...(moved ? nothingRead : {}) });
    if (environment.root === null || !environment.trusted || environment.problem) return;
    if (view.root !== environment.root)
      setView({ root: environment.root, ...(view.root === null ? {} : { run: null, task: null, node: null }) });
    watch.again();
    attempt(plan.load);
    attempt(loadRuns);
  }

  function setView(patch: Partial<ViewState>): void {
    const { view, runs } = now();
    const elsewhere = patch.run !== undefined && patch.run !== view.run;
    page.keep({ ...view, ...(elsewhere && { at: null }), ...patch }, elsewhere ? { moment: null } : {});
    if (patch.run !== undefined && runs) watch.follow(patch.run ?? runs[0]?.id ?? null);
  }

  function show(target: ShowTarget): void {
    setView({
      tab: target.tab,
      ...(target.run ? { run: target.run } : {}),
      ...(target.task ? { task: target.task, node: `task/${target.task}` } : {}),
    });
    if (target.run && !now().runs?.some((run) => run.id === target.run)) attempt(loadRuns);
  }

  host.onEnvironment(open);
  host.onEvents(watch.onEvents);
  host.onProgress(watch.onProgress);
  host.onChange(({ type }) => {
    if (type === 'plans') attempt(plan.load);
    if (type !== 'runs') return;
    attempt(loadRuns);
    attempt(plan.loadProgress);
  });
  host.onShow(show);
  host.ready();

  return {
    ...travel,
    host,
    snapshot: now,
    subscribe: page.subscribe,
    setView,
    touch: page.touch,
    act: (method, run) => attempt(() => host.request(method, { run }).then(() => undefined)),
    editPlan: plan.edit,
    endAbsence: () => set({ absence: null }),
    clearFailure: () => set({ failure: null }),
  };
}
