/** The report of a problem: what a maintainer needs to know, as a file to read before it is given to anyone. */
import path from 'node:path';
import { asOpenExecError, isAbort, isOpenExecError } from '../core/errors.js';
import {
  problemMarkdown,
  problemReport,
  type Problem,
  type ProblemReport,
  type ToldSetting,
} from '../core/report/problem-report.js';
import { EXIT, type Context, type ExitCode } from './context.js';
import { oneLine } from './style.js';
import { readUserConfig, userConfigKeys, userConfigSchema } from './user-config.js';

/**
 * To standard output, or to a file: Markdown unless the file's name ends in .json.
 * It is made also where the folder cannot be opened.
 */
export async function reportProblem(context: Context, options: { output?: string }): Promise<ExitCode> {
  const { terminal } = context;
  const root = await context.root();
  const report = problemReport(
    {
      at: Date.now(),
      door: 'terminal',
      versions: { OpenExec: terminal.version, ...terminal.system.versions },
      settings: await settingsOf(context),
      ...(await folderOf(context)),
    },
    { secrets: [terminal.env['ANTHROPIC_API_KEY'] ?? ''], home: terminal.system.home, roots: [root] },
  );
  const target = options.output === '-' ? undefined : options.output;
  if (target === undefined) {
    if (context.json) context.document(report);
    else terminal.out.write(problemMarkdown(report));
    return EXIT.done;
  }
  await terminal.files.write(path.resolve(terminal.cwd, target), fileOf(target, report));
  if (context.json) context.document({ output: target });
  else context.line(`Wrote ${oneLine(target, 300)}. Nothing was sent: read it before you give it to anyone.`);
  return EXIT.done;
}

const fileOf = (name: string, report: ProblemReport): string =>
  /\.json$/i.test(name) ? `${JSON.stringify(report, null, 2)}\n` : problemMarkdown(report);

async function settingsOf({ terminal }: Context): Promise<readonly ToldSetting[] | string> {
  try {
    const [now, usual] = [await readUserConfig(terminal), userConfigSchema.parse({})];
    const own = userConfigKeys
      .filter((name) => JSON.stringify(now[name]) !== JSON.stringify(usual[name]))
      .map((name) => ({ name, value: now[name], from: 'config.json' }));
    const model = terminal.env['OPENEXEC_MODEL'];
    return model ? [...own, { name: 'model', value: model, from: 'OPENEXEC_MODEL' }] : own;
  } catch (error) {
    if (!isOpenExecError(error)) throw error;
    return error.code; // may be the very problem
  }
}

/** Where the folder cannot be opened, the failure takes the place of the log, which a terminal does not keep. */
async function folderOf(context: Context): Promise<Pick<Problem, 'folder' | 'log'>> {
  try {
    const openexec = await context.openexec();
    const notices = (openexec.notices ?? []).map((one) => one.code);
    const facts = await openexec.request('problem/facts', {}, context.signal);
    return { folder: { state: 'open', notices, facts }, log: null };
  } catch (error) {
    if (isAbort(error)) throw error;
    const { code, stack } = asOpenExecError(error);
    return { folder: { state: 'failed', code, notices: [], facts: null }, log: stack === undefined ? null : [stack] };
  }
}
