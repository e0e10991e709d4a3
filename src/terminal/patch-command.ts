/** `openexec patch apply`: the patch engine on the files of a root, without a run. All of it, or nothing. */
import path from 'node:path';
import { OpenExecError } from '../core/errors.js';
import { asRoot, type Root } from '../core/model/primitives.js';
import { applyPatch, reportText, type PatchedFile } from '../core/patch/apply.js';
import { patchPaths } from '../core/patch/edits.js';
import { parsePatch } from '../core/patch/parse.js';
import { judgePath } from '../core/policy/judge-path.js';
import { decisionOf } from '../core/policy/types.js';
import { asTarget } from '../core/permission/judge.js';
import type { FileWrite, Workspace } from '../core/ports/ports.js';
import { counted } from '../core/view/amounts.js';
import { EXIT, type Context, type ExitCode } from './context.js';
import { hasher } from './hasher.js';

/** 0 when all of it applied (or, with `check`, would), 1 when nothing was changed. */
export async function patchApply(context: Context, source: string, options: { check?: boolean }): Promise<ExitCode> {
  const { terminal } = context;
  const text =
    source === '-'
      ? await terminal.readInput(context.signal)
      : await terminal.files.read(path.resolve(terminal.cwd, source));
  if (text === undefined)
    throw new OpenExecError('usage', { problem: `There is no file ${source} to read a patch from.` });
  const root = asRoot(await context.root());
  const workspace = await terminal.workspace();
  const parsed = parsePatch(text);
  const before = new Map<string, Uint8Array | undefined>();
  for (const file of patchPaths(parsed.files)) {
    await refuseProtected(workspace, root, terminal.home, file);
    before.set(file, await workspace.read(root, file));
  }
  const result = applyPatch(parsed, (file) => before.get(file));
  const write = result.ok && !options.check;
  if (write) await writeAll(workspace, root, result.files, context.signal);

  const files = result.ok
    ? result.files.map((file) => ({
        path: file.path,
        op: operation(file),
        ...(file.from === undefined ? {} : { from: file.from }),
      }))
    : [];
  if (context.json)
    context.document({
      ok: result.ok,
      written: write,
      form: parsed.form,
      files,
      hunks: result.report.hunks,
      problems: result.report.problems,
    });
  else {
    context.line(reportText(result.report));
    if (result.ok)
      context.line(
        options.check
          ? `It would change ${counted(files.length, 'file')}. Nothing was written.`
          : `Changed ${counted(files.length, 'file')}.`,
      );
  }
  return result.ok ? EXIT.done : EXIT.failed;
}

const operation = (file: PatchedFile): 'create' | 'modify' | 'delete' | 'rename' =>
  file.from !== undefined ? 'rename' : file.before === null ? 'create' : file.after === null ? 'delete' : 'modify';

/** A patch comes from anywhere: what no run may ever write (.git, keys, environment files), no patch writes either. */
async function refuseProtected(workspace: Workspace, root: Root, dataHome: string, file: string): Promise<void> {
  const stat = await workspace.stat(root, file);
  const target = asTarget(stat);
  const { effect, rule, reason } = decisionOf(
    judgePath('write', file, { root, dataHome, targets: new Map([[file, target]]) }),
  );
  if (effect !== 'deny') return;
  throw new OpenExecError(rule === 'floor.outside' ? 'path-outside' : 'path-protected', { path: file }, reason);
}

async function writeAll(
  workspace: Workspace,
  root: Root,
  files: readonly PatchedFile[],
  signal: AbortSignal,
): Promise<void> {
  if (!files.length) return;
  const writes = files.map(
    (file): FileWrite => ({
      path: file.path,
      ...(file.from === undefined ? {} : { from: file.from }),
      before: file.before === null ? null : hasher.sha256(file.before),
      after: file.after,
    }),
  );
  await workspace.apply(root, writes, 'openexec patch apply', signal);
}
