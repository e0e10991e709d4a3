/**
 * What each word of a blueprint means, for people: shown where one is written.
 * The words themselves are those of the schema.
 */
import type { Action, ToolsetName } from '../model/blueprint.js';
import type { settingFields, stageFields, topFields } from './draft.js';

type Field = (typeof stageFields)[number] | (typeof topFields)[number] | (typeof settingFields)[number];

export const fieldWords: Readonly<Record<Field, string>> = {
  version: 'Version of this form: 1.',
  id: 'What runs and commands call it. Absent: the name of the file.',
  name: 'What people call it.',
  description: 'What it is for, in a sentence.',
  defaults: 'max_retries, timeout, approval and sandbox for every stage that does not say its own.',
  start: 'The stage a task begins with.',
  stages: 'From id to stage, in the order people read them.',
  type: 'deterministic: code runs it and exit codes decide. agentic: a model works in it, and the next deterministic stage decides.',
  action: 'What code does here. For deterministic stages; instead of commands.',
  commands: 'Shell lines, in order; the first that fails ends the stage. Each passes the policy before it runs.',
  goal: 'What the model is to do. For agentic stages.',
  toolset: 'The tools the model may use. Any other is denied and recorded.',
  schema: 'What the model hands in: result, or verdict, a list of findings whose blockers fail the stage.',
  inputs:
    'What the stage is given: task, story, plan, context, failure, diff, results, or the output of an earlier stage.',
  outputs: 'Names under which later stages may ask for what this one gives.',
  model: 'A role such as reviewer, or a model’s id. Absent: the run’s own model.',
  requires: 'The stage is skipped, with that reason, where this is not set up.',
  output_folder: 'The one folder, inside the root, whose Markdown files the toolset docs may write.',
  max_retries:
    'Failures in a row of this stage that on_failure heals; one more pauses the run and asks. From 0 to 10, default 3.',
  timeout:
    'Longest time of one visit, with its unit: 30s, 10m, 1h30m. Waiting for a person does not count. Default 10m.',
  approval:
    'When a person is asked: always, changes, risky, never. It can only ask more than the person’s own setting.',
  sandbox:
    'What commands may touch: read-only, workspace-write, full-access. It can only tighten the person’s own setting.',
  fresh:
    'Its commands run also where they passed before on the same tree; without it they are told, and not run twice.',
  checkpoint: 'Marks the end of this stage in the timeline as a point to come back to, when it succeeds.',
  routes: 'Stages the model may choose to go to instead of on_success.',
  on_success: 'The stage that follows, or done, fail or paused. A skipped stage goes on here too.',
  on_failure: 'The stage that heals a failure, or fail or paused. Absent: the attempt fails.',
};

export const actionWords: Readonly<Record<Action, string>> = {
  build_context:
    'Collects what the model should see: files, symbols, git state, project instructions, within the model’s window.',
  lint: 'Runs the lint commands of the settings, of openexec.yaml, or those the project itself names.',
  test: 'Runs the test commands of the settings, of openexec.yaml, or those the project itself names.',
  build: 'Runs the build commands of the settings, of openexec.yaml, or those the project itself names.',
  verify: 'Runs the task’s own verification script.',
  run_gates:
    'Runs the gates of openexec.yaml; without any, the lint, test and build commands. A gate that only warns fails nothing.',
  apply_patch: 'Applies edits an earlier stage handed in.',
  diff_report: 'Gives the task’s changes so far as a diff.',
  review_bundle: 'Gives the passed checks and the changes together, for a reviewer.',
  commit: 'Commits the task’s own changes.',
  summarize_run: 'Gives what each stage so far came to.',
};

export const toolsetWords: Readonly<Record<ToolsetName, string>> = {
  read_only: 'Reads and searches; changes nothing and runs nothing.',
  coding: 'Reads, edits, and runs commands through the policy.',
  debug_ci: 'As coding, but deletes no file: for finding out why a check fails.',
  docs: 'Reads, and writes Markdown below output_folder only.',
  release: 'As debug_ci, for the files of a release.',
};

export const endingWords = {
  done: 'The task is done. Reached by on_success only.',
  fail: 'The attempt fails; another may follow.',
  paused: 'The run pauses and asks a person.',
} as const;

export const inputWords: Readonly<Record<string, string>> = {
  task: 'The task: description, strategy, verification.',
  story: 'The story it belongs to, with its acceptance criteria.',
  plan: 'The plan’s goals.',
  context: 'What build_context collected.',
  failure: 'What failed last, and its output.',
  diff: 'The task’s changes so far.',
  results: 'What the earlier stages came to.',
};
