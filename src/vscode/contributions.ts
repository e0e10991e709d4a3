/**
 * Every id that package.json also names, written once: commands, views, context keys, schemes; settings from the core.
 * A test compares the two.
 */

import { settingRows, type SettingName, type SETTINGS } from '../core/model/plain/settings.js';

export const commands = {
  plan: 'openexec.plan',
  planFromFile: 'openexec.planFromFile',
  newPlan: 'openexec.newPlan',
  switchPlan: 'openexec.switchPlan',
  renamePlan: 'openexec.renamePlan',
  duplicatePlan: 'openexec.duplicatePlan',
  archivePlan: 'openexec.archivePlan',
  deletePlan: 'openexec.deletePlan',
  exportPlan: 'openexec.exportPlan',
  approvePlan: 'openexec.approvePlan',
  confirmPlanApproval: 'openexec.confirmPlanApproval',
  reviewProposals: 'openexec.reviewProposals',
  editTask: 'openexec.editTask',
  setMode: 'openexec.setMode',
  run: 'openexec.run',
  confirmRun: 'openexec.confirmRun',
  confirmBlueprint: 'openexec.confirmBlueprint',
  runTask: 'openexec.runTask',
  verifyPlan: 'openexec.verifyPlan',
  retryTask: 'openexec.retryTask',
  skipTask: 'openexec.skipTask',
  markFixed: 'openexec.markFixed',
  reopenTask: 'openexec.reopenTask',
  quickFix: 'openexec.quickFix',
  fixDiagnostic: 'openexec.fixDiagnostic',
  pause: 'openexec.pause',
  resume: 'openexec.resume',
  cancel: 'openexec.cancel',
  showRun: 'openexec.showRun',
  deleteRun: 'openexec.deleteRun',
  replayRun: 'openexec.replayRun',
  rerunFrom: 'openexec.rerunFrom',
  compareRuns: 'openexec.compareRuns',
  exportReport: 'openexec.exportReport',
  rollBack: 'openexec.rollBack',
  redoRollback: 'openexec.redoRollback',
  copyCommit: 'openexec.copyCommit',
  review: 'openexec.reviewApproval',
  showChanges: 'openexec.showChanges',
  acceptAll: 'openexec.acceptAll',
  rejectAll: 'openexec.rejectAll',
  acceptFile: 'openexec.acceptFile',
  rejectFile: 'openexec.rejectFile',
  acceptHunk: 'openexec.acceptHunk',
  rejectHunk: 'openexec.rejectHunk',
  rejectHunkWithComment: 'openexec.rejectHunkWithComment',
  undoHunk: 'openexec.undoHunk',
  nextPendingHunk: 'openexec.nextPendingHunk',
  readHunk: 'openexec.readHunk',
  setApiKey: 'openexec.setApiKey',
  selectModel: 'openexec.selectModel',
  explainPolicy: 'openexec.explainPolicy',
  why: 'openexec.why',
  openPanel: 'openexec.openPanel',
  openDemo: 'openexec.openDemo',
  selectFolder: 'openexec.selectFolder',
  takeOver: 'openexec.takeOver',
  retryOpen: 'openexec.retryOpen',
  storage: 'openexec.storage',
  exportAll: 'openexec.exportAll',
  restoreAll: 'openexec.restoreAll',
  showLog: 'openexec.showLog',
  reportProblem: 'openexec.reportProblem',
} as const;
export type CommandId = (typeof commands)[keyof typeof commands];

export const views = {
  container: 'openexec',
  start: 'openexec.start',
  plan: 'openexec.plan',
  approvals: 'openexec.approvals',
  runs: 'openexec.runs',
} as const;

/** Ids of the core's table. */
export const settings = Object.fromEntries(settingRows.map(([name, { id }]) => [name, id])) as {
  [Name in SettingName]: (typeof SETTINGS)[Name]['id'];
};

export const contextKeys = {
  /** `no-folder`, `untrusted`, `not-local`, `idle`, `opening`, `open`, `failed`. */
  state: 'openexec.state',
  /** The failure is a living or unanswering owner in another window. */
  heldElsewhere: 'openexec.heldElsewhere',
  multiRoot: 'openexec.multiRoot',
  hasPlan: 'openexec.hasPlan',
  planApproved: 'openexec.planApproved',
  /** Changes of the current plan that tasks proposed wait for an answer. */
  hasProposals: 'openexec.hasProposals',
  modelReady: 'openexec.modelReady',
  /** `none`, `live`, `paused`, `interrupted`: the run that is not finished. */
  run: 'openexec.run',
  hasApprovals: 'openexec.hasApprovals',
  /** The active text editor is a proposal under review: what the keys of a hunk are bound to. */
  reviewing: 'openexec.reviewing',
  /** The active editor's file is decided as a whole. */
  fileLevel: 'openexec.fileLevel',
} as const;
export type ContextKey = (typeof contextKeys)[keyof typeof contextKeys];

/** File systems of our own. Both sides of a review are file systems, so that a diff tab survives a reload. */
export const schemes = {
  base: 'openexec-base',
  proposal: 'openexec-proposal',
  /** Read-only pages: the scripts of a plan, the sheet before a run, a command that asks. */
  sheet: 'openexec-sheet',
  /** What a file would be after a rollback. */
  rolledBack: 'openexec-rolled-back',
} as const;

export const secretKeys = { anthropic: 'openexec.anthropic.apiKey' } as const;

/**
 * What stock VS Code grants without proposed API;
 * a menu outside this list would show in tests and be refused in the Marketplace.
 */
export const stableMenus = [
  'commandPalette',
  'view/title',
  'view/item/context',
  'editor/title',
  'editor/title/context',
  'editor/context',
  'editor/lineNumber/context',
  'explorer/context',
  'comments/commentThread/title',
  'comments/commentThread/context',
  'comments/comment/title',
  'comments/comment/context',
  'scm/change/title',
  'scm/resourceState/context',
  'scm/resourceGroup/context',
] as const;

/**
 * Where a tree row says what can be done with it (`viewItem =~ /task/`). Words in one value are separated by a space.
 */
export const rows = {
  goal: 'goal',
  story: 'story',
  task: 'task',
  changeSet: 'change-set',
  question: 'question',
  file: 'file',
  hunk: 'hunk',
  run: 'run',
} as const;
