/** A stage that no blueprint holds: of the pseudo-stages that stand around an attempt's own. */
import type { Stage } from '../../model/blueprint.js';

/** Deterministic, without anything to run by itself, never tried again. */
export const plainStage = (id: string, name: string, more: Partial<Stage> & Pick<Stage, 'timeoutMs'>): Stage => ({
  id,
  name,
  description: '',
  type: 'deterministic',
  commands: [],
  goal: '',
  schema: 'result',
  inputs: [],
  outputs: [],
  model: '',
  maxRetries: 0,
  checkpoint: false,
  routes: [],
  onSuccess: 'done',
  ...more,
});
