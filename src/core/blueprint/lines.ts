/**
 * Which shell lines a deterministic stage runs, and where each comes from:
 * for pages that show them before anything runs. The engine's own way is engine/actions.ts.
 */
import type { Blueprint, Stage } from '../model/blueprint.js';
import type { Commands, Gate } from '../model/run.js';

export interface StageLine {
  script: string;
  from: 'blueprint' | 'commands' | 'gate' | 'task';
  /** A gate that only warns fails nothing. */
  warnsOnly: boolean;
}

export function stageLines(
  stage: Stage,
  given: { commands: Commands; gates: readonly Gate[]; verification: string },
): StageLine[] {
  const lines = (scripts: readonly string[], from: StageLine['from']): StageLine[] =>
    scripts.map((script) => ({ script, from, warnsOnly: false }));
  const { commands, gates } = given;
  switch (stage.action) {
    case undefined:
      return lines(stage.commands, 'blueprint');
    case 'lint':
    case 'test':
    case 'build':
      return lines(commands[stage.action], 'commands');
    case 'run_gates':
      if (gates.length > 0)
        return gates.map((gate) => ({ script: gate.command, from: 'gate', warnsOnly: gate.mode === 'warning' }));
      return lines([...commands.lint, ...commands.test, ...commands.build], 'commands');
    case 'verify':
      return given.verification.trim() ? lines([given.verification], 'task') : [];
    default:
      return [];
  }
}

/** The stages a run goes through when nothing fails, in order. Without a cycle: validation refuses one. */
export function happyPath(blueprint: Pick<Blueprint, 'start' | 'stages'>): Stage[] {
  const path: Stage[] = [];
  for (
    let stage = blueprint.stages[blueprint.start];
    stage && !path.includes(stage);
    stage = blueprint.stages[stage.onSuccess]
  )
    path.push(stage);
  return path;
}
