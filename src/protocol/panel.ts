/**
 * What the panel's two sides say to each other. Each side checks what it receives: the host because a webview is a
 * browser page, the webview because an older page may outlive an update of the host. The webview may call only
 * `panelMethods` and `panelCommands`; it can never answer an approval of changes, start a process or write a file.
 */
import { z } from 'zod';
import { progressSchema, runEventSchema, type RunEvent } from '../core/model/event.js';
import { paramsSchema, relativePathSchema } from '../core/model/primitives.js';
import { requests, type Method } from '../core/model/requests.js';
import { changeSchema } from './change.js';

export const PANEL_VIEW_TYPE = 'openexec.panel';

export const panelTabSchema = z.enum(['intent', 'plan', 'run', 'report']);
export type PanelTab = z.infer<typeof panelTabSchema>;

/** The façade's requests that the webview may make. Answering, approving, starting and deleting are not among them. */
export const panelMethods = [
  'status',
  'plan/list',
  'plan/get',
  'plan/schedule',
  'plan/edit',
  'run/list',
  'run/get',
  'run/events',
  'run/step',
  'run/pause',
  'run/resume',
  'run/cancel',
  'approval/list',
  'blob/text',
] as const satisfies readonly Method[];
export type PanelMethod = (typeof panelMethods)[number];

const at = { root: z.string().optional() };
const ofRun = z.object({ ...at, run: z.string() });
/** A task as the trees name it. */
const ofTask = z.object({
  ...at,
  plan: z.string().optional(),
  kind: z.literal('task'),
  id: z.string(),
  story: z.string(),
});

/**
 * The VS Code commands that the webview may run, each with its one argument.
 * A command that is not registered has no button.
 */
export const panelCommands = {
  'openexec.plan': z.object({ ...at }),
  'openexec.run': z.object({ ...at, plan: z.string().optional(), tasks: z.array(z.string()).optional() }),
  /** Asks first how to go on where the run's blueprint changed since. */
  'openexec.resume': z.object({ ...at, run: z.string() }),
  'openexec.approvePlan': z.object({ ...at, plan: z.string() }),
  'openexec.reviewApproval': z.object({ ...at, approval: z.string() }),
  /** A step by its key, a task, or the whole run when neither is named. */
  'openexec.rollBack': z.object({ ...at, run: z.string(), task: z.string().optional(), step: z.string().optional() }),
  'openexec.exportReport': ofRun,
  'openexec.replayRun': ofRun,
  'openexec.compareRuns': ofRun,
  'openexec.rerunFrom': ofRun.extend({ step: z.string().optional() }),
  /** Its newest rollback that still counts. */
  'openexec.redoRollback': ofRun,
  'openexec.retryTask': ofTask,
  'openexec.skipTask': ofTask,
  'openexec.markFixed': ofTask,
  /** What a decision was about: a command as the timeline shows it, or a path with what was to be done. */
  'openexec.explainPolicy': z.object({
    ...at,
    cmd: z.string().max(2000).optional(),
    path: z.string().max(2000).optional(),
    op: z.enum(['read', 'write', 'delete']).optional(),
  }),
  'openexec.takeOver': z.object({ ...at }),
  'openexec.setApiKey': z.object({}),
  'openexec.selectModel': z.object({}),
  'openexec.openDemo': z.object({}),
  'openexec.showLog': z.object({}),
  'workbench.trust.manage': z.object({}),
  'workbench.action.files.openFolder': z.object({}),
} as const;
export type PanelCommand = keyof typeof panelCommands;
export type PanelCommandArgs<C extends PanelCommand> = z.infer<(typeof panelCommands)[C]>;
export const panelCommandIds = Object.keys(panelCommands) as [PanelCommand, ...PanelCommand[]];

/** What the person left the panel at. Kept by the webview for a reload and by the host for a panel that was closed. */
export const viewStateSchema = z.object({
  root: z.string().nullable().default(null),
  tab: panelTabSchema.default('plan'),
  /** null = the newest run, followed when a newer one starts. */
  run: z.string().nullable().default(null),
  planView: z.enum(['graph', 'gantt', 'table']).default('graph'),
  task: z.string().nullable().default(null),
  /** Outline row whose detail is open. */
  node: z.string().nullable().default(null),
  follow: z.boolean().default(true),
  kind: z.string().default('all'),
  text: z.string().max(500).default(''),
  /** The moment of the run that is looked at, as the number of an event; null = as it is now. */
  at: z.number().int().positive().nullable().default(null),
  /** The last event that was on the screen, and when: what came after it is told on return. */
  seen: z.object({ run: z.string(), seq: z.number().int().nonnegative(), at: z.number() }).nullable().default(null),
  /** What the run spent is drawn above its timeline. */
  costs: z.boolean().default(false),
});
export type ViewState = z.infer<typeof viewStateSchema>;

export const panelErrorSchema = z.object({ code: z.string(), params: paramsSchema.default({}), message: z.string() });
export type PanelError = z.infer<typeof panelErrorSchema>;

const requestMessage = z.object({
  type: z.literal('request'),
  id: z.number().int().positive(),
  method: z.enum(panelMethods),
  params: z.unknown(),
});
const commandMessage = z.object({ type: z.literal('command'), id: z.enum(panelCommandIds), args: z.unknown() });

export const toHostSchema = z.discriminatedUnion('type', [
  /** The page runs and listens; sent again to try anew after a failure. The host answers with `environment`. */
  z.object({ type: z.literal('ready'), state: viewStateSchema.nullable() }),
  requestMessage,
  /** From now on send this run's events after `after`, and its progress. Replaces the former subscription. */
  z.object({ type: z.literal('subscribe'), run: z.string(), after: z.number().int().nonnegative() }),
  commandMessage,
  z.object({
    type: z.literal('open-file'),
    root: z.string(),
    path: relativePathSchema,
    line: z.number().int().positive().optional(),
  }),
  z.object({ type: z.literal('use-root'), root: z.string() }),
  z.object({ type: z.literal('state'), state: viewStateSchema }),
  /** Something went wrong in the page: one line for the log. */
  z.object({ type: z.literal('fault'), message: z.string().max(4000) }),
]);
export type ToHost = z.infer<typeof toHostSchema>;

export const environmentSchema = z.object({
  type: z.literal('environment'),
  trusted: z.boolean(),
  roots: z.array(z.object({ path: z.string(), name: z.string() })),
  /** The root that is shown; null without a folder. */
  root: z.string().nullable(),
  /** Why the root's runs could not be opened; null when they are. */
  problem: panelErrorSchema.nullable(),
  /** null = no model is connected. */
  model: z.object({ label: z.string(), recorded: z.boolean() }).nullable(),
  /** Who owns the root's runs. `ours`: this window; otherwise we are its client. */
  owner: z
    .object({ pid: z.number().int(), door: z.string(), since: z.number(), ours: z.boolean(), connected: z.boolean() })
    .nullable(),
  /** Those of `panelCommands` that are registered. */
  commands: z.array(z.string()),
  locale: z.string(),
  /** English text → text in the person's language; what is missing stays English. */
  l10n: z.record(z.string(), z.string()),
  state: viewStateSchema.nullable(),
});
export type Environment = z.infer<typeof environmentSchema>;

export const showTargetSchema = z.object({
  tab: panelTabSchema,
  run: z.string().optional(),
  task: z.string().optional(),
});
export type ShowTarget = z.infer<typeof showTargetSchema>;

export const toWebviewSchema = z.discriminatedUnion('type', [
  environmentSchema,
  /** `result` is checked with the method's own schema by whoever asked. */
  z.object({
    type: z.literal('response'),
    id: z.number().int(),
    result: z.unknown().optional(),
    error: panelErrorSchema.optional(),
  }),
  /** What is new, in order. After a gap in `seq` the webview asks `run/events` from its last. */
  z.object({ type: z.literal('events'), run: z.string(), events: z.array(runEventSchema as z.ZodType<RunEvent>) }),
  z.object({ type: z.literal('progress'), items: z.array(progressSchema) }),
  z.object({ type: z.literal('change'), change: changeSchema }),
  showTargetSchema.extend({ type: z.literal('show') }),
]);
export type ToWebview = z.infer<typeof toWebviewSchema>;

/** The request's parameters as the method wants them, or what is wrong with them. */
export function parseRequest(message: {
  method: PanelMethod;
  params: unknown;
}): { ok: true; params: unknown } | { ok: false; problem: string } {
  const parsed = requests[message.method].params.safeParse(message.params);
  return parsed.success ? { ok: true, params: parsed.data } : { ok: false, problem: z.prettifyError(parsed.error) };
}

/** The command's argument as declared, or what is wrong with it. */
export function parseCommand(message: {
  id: PanelCommand;
  args: unknown;
}): { ok: true; args: unknown } | { ok: false; problem: string } {
  const parsed = panelCommands[message.id].safeParse(message.args ?? {});
  return parsed.success ? { ok: true, args: parsed.data } : { ok: false, problem: z.prettifyError(parsed.error) };
}
