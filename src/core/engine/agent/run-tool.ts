/**
 * The tools of a model, all through the gate.
 * Reads see disk + overlay; edits go into the overlay; every call is a record and an event.
 */
import { z } from 'zod';
import { assertNever } from '../../../base/assert-never.js';
import { decodeUtf8, encodeUtf8 } from '../../../base/bytes.js';
import { isOpenExecError } from '../../errors.js';
import { gatePath, gateTool } from '../effects/gate.js';
import type { Decision } from '../../model/policy.js';
import type { EventOf } from '../../model/event.js';
import { hashSchema } from '../../model/primitives.js';
import { applyPatch, reportText } from '../../patch/apply.js';
import { everydayPath } from '../../model/everyday-path.js';
import { readText } from '../../patch/text-file.js';
import type { FileEdit } from '../../patch/edits.js';
import { parsePatch } from '../../patch/parse.js';
import { isReadProtected } from '../../policy/index.js';
import type { ModelBlock } from '../../ports/ports.js';
import { isToolName, tools, type ToolInput, type ToolName } from '../../tools/contracts.js';
import type { AgentResult } from './agent-loop.js';
import { stands } from '../effects/apply-changes.js';
import { flushOverlay } from '../effects/flush.js';
import { ask } from '../../record/ask.js';
import { keepText } from '../../record/keep.js';
import type { Overlay } from '../effects/overlay.js';
import { proposeChange } from './propose-change.js';
import { clip, commandText, runCommand } from '../effects/run-command.js';
import { placeOf, type Placed } from './place-of.js';
import { readSymbol } from './read-symbol.js';
import { describeError } from '../../view/sentences.js';
import { search } from './search-files.js';
import { callOnce, type StepContext } from '../../record/step-context.js';

export interface ToolOutcome {
  content: string;
  isError: boolean;
  /** The stage ends with this call. */
  end?: AgentResult;
}

const editSchema = z.object({
  path: z.string(),
  from: z.string().optional(),
  before: hashSchema.nullable(),
  after: hashSchema.nullable(),
});
const resultSchema = z.object({
  content: z.string(),
  isError: z.boolean(),
  outcome: z.enum(['ok', 'failed', 'denied', 'rejected']),
  /** What the call did to the overlay, so that a resumed stage gets it back. */
  edits: z.array(editSchema).default([]),
});
/** `rule`: what allowed it, where that was more than the tool. */
type Result = z.input<typeof resultSchema> & { rule?: string };

const ok = (content: string, rule?: string): Result => ({
  content,
  isError: false,
  outcome: 'ok',
  ...(rule !== undefined && { rule }),
});
const failed = (content: string): Result => ({ content, isError: true, outcome: 'failed' });
/**
 * Nobody is asked about a single read or tool:
 * what a rule asks about is not done, and the model may say why it needs it.
 */
const unread = ({ effect, reason }: Decision): Result =>
  denied(
    effect === 'ask' ? `${reason}. A person decides about this: say with ask_operator what you need it for.` : reason,
  );
const denied = (reason: string): Result => ({ content: `Denied: ${reason}`, isError: true, outcome: 'denied' });

export async function runTool(
  ctx: StepContext,
  overlay: Overlay,
  call: Extract<ModelBlock, { type: 'tool-use' }>,
): Promise<ToolOutcome> {
  const { name } = call;
  if (!isToolName(name)) return { content: `There is no tool ${name}.`, isError: true };
  // No arguments are no fields: some models leave them out whole.
  const parsed = tools[name].input.safeParse(asWritten(ctx, name, call.input ?? {}));
  if (!parsed.success) return { content: `Invalid arguments: ${z.prettifyError(parsed.error)}`, isError: true };
  const gate = gateTool(ctx, name);
  if (gate.effect !== 'allow') {
    const { content, isError } = unread(gate);
    return { content, isError };
  }
  if (name === 'run_command') return await runProgram(ctx, overlay, parsed.data as ToolInput<'run_command'>);
  if (name === 'signal') return await onSignal(ctx, overlay, parsed.data as ToolInput<'signal'>);
  if (name === 'ask_operator') return await askOperator(ctx, parsed.data as ToolInput<'ask_operator'>);
  return await recorded(ctx, overlay, name, parsed.data, gate.rule);
}

/** Everything whose effect stays in this process: done once, its answer and its edits kept. */
async function recorded(
  ctx: StepContext,
  overlay: Overlay,
  name: ToolName,
  input: unknown,
  allowedBy: string,
): Promise<ToolOutcome> {
  const { run } = ctx;
  const { clock, store } = run.ports;
  let fresh = false;
  const done = await callOnce(
    ctx,
    { kind: 'tool', name, input, result: resultSchema, effect: false },
    async ({ key }) => {
      fresh = true;
      const started = clock.monotonic();
      const { rule = allowedBy, ...result } = await perform(ctx, overlay, name, input);
      const content = clip(run.ports.redact(result.content), tools[name].capBytes);
      const edits = tools[name].changes ? await storeEdits(ctx, overlay) : [];
      const output = content.length > 500 ? await keepText(run, content) : undefined;
      return {
        result: { ...result, content, edits },
        events: [
          {
            type: 'tool-called',
            call: key,
            step: ctx.step.key,
            task: ctx.work.task.id,
            tool: name,
            title: titleOf(name, input),
            outcome: result.outcome,
            summary: (content.split('\n')[0] ?? '').slice(0, 200),
            durationMs: Math.round(clock.monotonic() - started),
            ...(output && { output }),
            ...(result.outcome !== 'denied' && { rule }),
          } satisfies Omit<EventOf<'tool-called'>, 'v' | 'run' | 'seq' | 'at'>,
        ],
      };
    },
  );
  const title = name === 'apply_patch' && done.outcome === 'ok' ? (input as ToolInput<'apply_patch'>).title.trim() : '';
  if (title) overlay.titles.push(title);
  if (!fresh && tools[name].changes) {
    const bytes = async (hash: string | null) => (hash === null ? null : await store.blob(hash));
    const files = [];
    for (const edit of done.edits)
      files.push({
        path: edit.path,
        from: edit.from,
        before: await bytes(edit.before),
        after: await bytes(edit.after),
      });
    overlay.restore(files);
  }
  return { content: done.content, isError: done.isError };
}

async function storeEdits(ctx: StepContext, overlay: Overlay) {
  const { store } = ctx.run.ports;
  const edits: z.infer<typeof editSchema>[] = [];
  // Files edited before may have been edited again, so all of them are kept; the texts are content-addressed.
  for (const file of overlay.changed())
    edits.push({
      path: file.path,
      ...(file.from && { from: file.from }),
      before: file.before === null ? null : await store.putBlob(file.before),
      after: file.after === null ? null : await store.putBlob(file.after),
    });
  return edits;
}

async function perform(ctx: StepContext, overlay: Overlay, name: ToolName, input: unknown): Promise<Result> {
  try {
    return await performTool(ctx, overlay, name, input);
  } catch (error) {
    // What the model can do something about is its result; the rest is not.
    if (isOpenExecError(error) && /^(path|file|patch)-/.test(error.code)) return failed(describeError(error));
    throw error;
  }
}

async function performTool(ctx: StepContext, overlay: Overlay, name: ToolName, input: unknown): Promise<Result> {
  const { run } = ctx;
  const { workspace, git } = run.ports;
  switch (name) {
    case 'read_file': {
      const { path, start_line, end_line } = input as ToolInput<'read_file'>;
      const gate = await gatePath(ctx, 'read', path);
      if (gate.effect !== 'allow') return unread(gate);
      const { path: real } = await place(ctx, path, 'read');
      if ((await workspace.stat(ctx.root, real))?.kind === 'directory')
        return failed(`${path} is a folder; list_directory shows what is in it.`);
      const bytes = await overlay.read(real);
      if (!bytes) return failed(`There is no file ${path}.`);
      const found = asRead(bytes);
      if (found === undefined) return failed(`${path} is not text (${bytes.length} bytes).`);
      const { text } = found;
      if (start_line === undefined && end_line === undefined) return ok(text + found.note, gate.rule);
      return ok(
        text
          .split('\n')
          .slice((start_line ?? 1) - 1, end_line)
          .join('\n'),
        gate.rule,
      );
    }
    case 'list_directory': {
      const path = (input as ToolInput<'list_directory'>).path;
      const gate = await gatePath(ctx, 'read', path);
      if (gate.effect !== 'allow') return unread(gate);
      return ok((await workspace.list(ctx.root, path === '.' ? '' : path)).join('\n') || '(empty)', gate.rule);
    }
    case 'glob':
    case 'grep':
      return ok(await search(ctx, overlay, name, input as ToolInput<'grep'> & ToolInput<'glob'>));
    case 'read_symbol': {
      const { name: symbol, path: named } = input as ToolInput<'read_symbol'>;
      const path = named === undefined ? undefined : (await place(ctx, named, 'read')).path;
      if (path !== undefined) {
        const gate = await gatePath(ctx, 'read', path);
        if (gate.effect !== 'allow') return unread(gate);
        if (!(await overlay.read(path))) return failed(`There is no file ${path}.`);
      }
      const found = await readSymbol(ctx, overlay, symbol, path);
      return found === undefined
        ? failed(`No definition of ${symbol} was found${path === undefined ? '' : ` in ${path}`}. Try grep.`)
        : ok(found);
    }
    case 'apply_patch':
      return await patch(ctx, overlay, (input as ToolInput<'apply_patch'>).patch);
    case 'write_file': {
      const { path: named, content, mode } = input as ToolInput<'write_file'>;
      const gate = await gatePath(ctx, 'write', named, { quiet: true });
      if (gate.effect === 'deny') return denied(gate.reason);
      const { path, refused } = await place(ctx, named, 'write');
      if (refused !== undefined) return failed(refused);
      const now = await overlay.read(path);
      const found = now && readText(now);
      if (now && !found)
        return failed(
          `${path} is not text (${now.length} bytes): it was not read, so it is not replaced or appended to. Where it shall go, delete it first; the person is asked.`,
        );
      const text = mode === 'append' ? `${found?.text ?? ''}${content}` : content;
      const kept = found && (found.name !== 'UTF-8' || mode === 'append') ? found : undefined;
      const bytes = kept ? kept.encode(text) : encodeUtf8(text);
      if (!bytes)
        return failed(
          `${path} is not UTF-8. What is written to it is ASCII or stands in it already: anything else would be a guess at its encoding.`,
        );
      await overlay.set(path, bytes);
      return ok(`${alsoNamed(named, path)}: ${text.split('\n').length} lines, pending approval.`);
    }
    case 'delete_file': {
      const { path: named } = input as ToolInput<'delete_file'>;
      const gate = await gatePath(ctx, 'delete', named, { quiet: true });
      if (gate.effect === 'deny') return denied(gate.reason);
      const { path, refused } = await place(ctx, named, 'remove');
      if (refused !== undefined) return failed(refused);
      if (!(await overlay.read(path))) return failed(`There is no file ${path}.`);
      await overlay.set(path, null);
      return ok(`${path}: deletion pending approval.`);
    }
    case 'git_status':
      return ok((await git.status(ctx.root, ctx.signal)) || 'clean');
    case 'git_diff':
      return await differences(ctx, (input as ToolInput<'git_diff'>).paths);
    case 'git_log':
      return ok((await git.log(ctx.root, (input as ToolInput<'git_log'>).count, ctx.signal)) || 'no commits');
    case 'run_command':
    case 'ask_operator':
    case 'signal':
    case 'submit_result':
      return failed(`${name} is handled elsewhere.`);
    default:
      return assertNever(name, 'tool');
  }
}

/** Named or walked, a file that may not be read is not shown: git knows what stood in it. */
async function differences(ctx: StepContext, paths: readonly string[]): Promise<Result> {
  const { git } = ctx.run.ports;
  for (const path of paths) {
    const gate = await gatePath(ctx, 'read', path);
    if (gate.effect !== 'allow') return unread(gate);
  }
  const all = await git.differing(ctx.root, paths, ctx.signal);
  const kept = new Set<string>();
  // A file that has become a folder: its name would show what lies in that.
  const around = new Set<string>();
  for (const path of all) {
    if (!isReadProtected(path) && (await gatePath(ctx, 'read', path, { silent: true })).effect === 'allow')
      kept.add(path);
    else for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) around.add(path.slice(0, at));
  }
  const readable = [...kept].filter((path) => !around.has(path));
  const text = await git.diff(ctx.root, readable, ctx.signal);
  const left = all.length - readable.length;
  // First: the end of a long text is cut.
  return ok(
    `${left > 0 ? `${left} ${left === 1 ? 'file differs' : 'files differ'} too and may not be read.\n` : ''}${text || (left > 0 ? '' : 'no differences')}`,
  );
}

/** UTF-8 as it came, byte order mark included; another encoding with a note behind it. */
function asRead(bytes: Uint8Array): { text: string; note: string } | undefined {
  const text = decodeUtf8(bytes);
  if (text !== undefined) return { text, note: '' };
  const other = readText(bytes);
  if (!other) return undefined;
  const how = other.name === '8-bit' ? 'not UTF-8: bytes above 127 are shown as Windows-1252' : other.name;
  return { text: other.text, note: `\n(This file is ${how}. Edits keep its encoding.)` };
}

const rootsOf = (ctx: StepContext): string[] => [ctx.root, ctx.run.root];
const place = (ctx: StepContext, path: string, use: 'read' | 'write' | 'remove'): Promise<Placed> =>
  placeOf(ctx.run.ports.workspace, ctx.root, path, use);
const alsoNamed = (named: string, path: string): string => (named === path ? path : `${path} (${named} leads to it)`);

/** Paths among the arguments as the ports take them. Globs, too: those of people begin with `./` as well. */
function asWritten(ctx: StepContext, tool: ToolName, input: unknown): unknown {
  if (!ctx.run.config.everydayPaths || typeof input !== 'object' || input === null || Array.isArray(input))
    return input;
  const clean = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(clean);
    return typeof value === 'string' ? everydayPath(value, rootsOf(ctx)) : value;
  };
  const fields = Object.entries(input).map(([name, value]): [string, unknown] => [
    name,
    PATHS.has(name) || (tool === 'glob' && name === 'pattern') ? clean(value) : value,
  ]);
  return Object.fromEntries(fields);
}
const PATHS: ReadonlySet<string> = new Set(['path', 'paths', 'cwd', 'glob']);

/** What stands at every path of a patch, links followed; the files then name where they lead. */
async function sidesOf(
  ctx: StepContext,
  overlay: Overlay,
  files: readonly FileEdit[],
): Promise<Result | { texts: Map<string, Uint8Array | undefined>; links: string[] }> {
  const texts = new Map<string, Uint8Array | undefined>();
  const links: string[] = [];
  for (const file of files)
    for (const side of ['from', 'path'] as const) {
      const named = side === 'path' ? file.path : 'from' in file ? file.from : undefined;
      if (named === undefined) continue;
      const gate = await gatePath(ctx, 'write', named, { quiet: true });
      if (gate.effect === 'deny') return denied(gate.reason);
      const { path, refused } = await place(ctx, named, side === 'from' || file.op === 'delete' ? 'remove' : 'write');
      if (refused !== undefined) return failed(refused);
      if (texts.has(path)) return failed(`${alsoNamed(named, path)} is named twice in this patch. Name it once.`);
      texts.set(path, await overlay.read(path));
      if (path !== named) links.push(`${named} is a link; ${path} is edited.`);
      Object.assign(file, { [side]: path });
    }
  return { texts, links };
}

async function patch(ctx: StepContext, overlay: Overlay, text: string): Promise<Result> {
  const parsed = parsePatch(text, rootsOf(ctx));
  if (parsed.files.length === 0)
    return failed(
      `The patch could not be read: ${parsed.problems.map((problem) => problem.message).join('; ') || 'it is empty'}`,
    );
  const found = await sidesOf(ctx, overlay, parsed.files);
  if ('outcome' in found) return found;
  const { texts, links } = found;
  const applied = applyPatch(parsed, (path) => texts.get(path));
  if (!applied.ok) return failed(reportText(applied.report));
  for (const file of applied.files) await overlay.set(file.path, file.after, file.from);
  return ok([reportText(applied.report), ...links, 'Pending approval; your reads show it.'].join('\n'));
}

async function runProgram(ctx: StepContext, overlay: Overlay, input: ToolInput<'run_command'>): Promise<ToolOutcome> {
  // A command must see the tree that the person agreed to, so what is pending is asked first.
  // What commands changed stands there already: it is asked with the next edits, or at the end.
  const flushed = overlay.changed().length > 0 ? await flushOverlay(ctx, overlay) : undefined;
  if (flushed && !stands(flushed))
    return { content: `Not run: your pending edits were not all applied. ${flushed.report}`, isError: true };
  const cwd = input.cwd === '.' ? '' : input.cwd;
  const done = await runCommand(ctx, {
    argv: input.argv,
    cwd,
    purpose: 'tool',
    timeoutMs: input.timeout_ms || 120_000,
    idempotent: false,
  });
  const text = commandText({ argv: input.argv });
  if (done.status !== 'ran') return { content: `${text} was not run: ${done.reason}`, isError: true };
  const head = done.timedOut
    ? `${text} did not end in time and was stopped.`
    : `${text} exited ${done.exitCode ?? 'by a signal'}.`;
  const changed = done.changes?.files.map((file) => file.path) ?? [];
  const told = changed.length > 0 ? `\nIt changed: ${changed.slice(0, 50).join(', ')}` : '';
  return { content: clip(`${head}${told}\n${done.output}`, tools.run_command.capBytes), isError: done.exitCode !== 0 };
}

async function onSignal(ctx: StepContext, overlay: Overlay, input: ToolInput<'signal'>): Promise<ToolOutcome> {
  const { run } = ctx;
  const task = ctx.work.task.id;
  if (input.kind === 'progress') {
    run.progress({ task, stage: ctx.stage.id, kind: 'message', text: run.ports.redact(input.message) });
    return { content: 'shown', isError: false };
  }
  if (input.kind === 'route') {
    if (!input.stage || !ctx.stage.routes.includes(input.stage)) {
      run.journal.note(
        [],
        [{ type: 'warning', task, code: 'route-refused', params: { stage: input.stage ?? '', from: ctx.stage.id } }],
      );
      return {
        content: `Refused: this stage may route to ${ctx.stage.routes.join(', ') || 'no stage'}.`,
        isError: true,
      };
    }
    // The stage ends here, so what is pending is put to the person now: the next one sees the disk.
    const flushed = await flushOverlay(ctx, overlay);
    if (!stands(flushed)) return { content: flushed.report, isError: true };
    return { content: 'ok', isError: false, end: { status: 'succeeded', summary: input.message, route: input.stage } };
  }
  if (input.kind === 'planning-mismatch' || input.kind === 'scope-discovery') {
    const { kind, message, proposal } = input;
    if (proposal && run.record.plan) return await proposeChange(ctx, run.record.plan, { kind, message, proposal });
    run.journal.note(
      [],
      [{ type: 'warning', task, code: input.kind, params: { message: run.ports.redact(input.message) } }],
    );
    return { content: 'Noted for the plan; the person decides. Go on with the task as it is.', isError: false };
  }
  return await askOperator(ctx, { question: input.message, options: [] });
}

/** What a version that asked nobody in runs with `--approve all` or `none` told the model; its records go on so. */
const NOBODY = 'Nobody is there to answer. Decide yourself and say what you assumed.';

async function askOperator(ctx: StepContext, input: ToolInput<'ask_operator'>): Promise<ToolOutcome> {
  const { run } = ctx;
  const call = ctx.nextCall();
  const { key } = call;
  if (
    !(await run.ports.store.approval(key)) &&
    (await run.observations.unasked(ctx.step, call, () => ctx.wentOn(call.n)))
  )
    return { content: NOBODY, isError: false };
  const answer = await ask(run, {
    id: key,
    task: ctx.work.task.id,
    stage: ctx.stage.id,
    attempt: ctx.attempt,
    subject: { kind: 'question', question: run.ports.redact(input.question), options: input.options },
    title: run.ports.redact(input.question).split('\n')[0]?.slice(0, 200) ?? '',
    wording: { code: 'question', params: { stage: ctx.stage.id } },
  });
  return { content: answer.comment || (answer.status === 'accepted' ? 'Yes.' : 'No.'), isError: false };
}

function titleOf(name: ToolName, input: unknown): string {
  const fields = input as Record<string, unknown>;
  const about = fields['name'] ?? fields['path'] ?? fields['pattern'] ?? fields['title'] ?? '';
  return `${name} ${String(about)}`.trim().slice(0, 200);
}
