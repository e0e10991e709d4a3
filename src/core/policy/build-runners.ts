/** Build tools whose words are targets, goals or tasks: known by their names, wherever among the options they stand. */
import { SCRIPT_NAME } from './known-commands.js';
import { judgePath } from './judge-path.js';
import shipped from './rules/build-tools.json' with { type: 'json' };
import { allow, ask, strictest, type CommandContext, type Verdict, type Word, because } from './types.js';
import { oneOf } from './words.js';

interface TargetTool {
  /** What runs unasked; compared with the last part of `:app:test`. */
  targets: RegExp;
  /** Options as they are written, value and all. */
  options: RegExp;
  /** Options whose value is the next word: any text, a path that is read, a path that is written. */
  values: ReadonlySet<string>;
  reads: ReadonlySet<string>;
  writes: ReadonlySet<string>;
  /** Without a target it does what is named here; absent = asked about. */
  alone: boolean | undefined;
}

/** As in `rules/build-tools.json`: targets and options are regular expressions, each for a whole word. */
interface ToolData {
  targets: readonly string[];
  options: readonly string[];
  values?: readonly string[];
  reads?: readonly string[];
  writes?: readonly string[];
  alone?: boolean;
}

const asTool = (data: ToolData): TargetTool => ({
  targets: oneOf(data.targets),
  options: oneOf(data.options),
  values: new Set(data.values),
  reads: new Set(data.reads),
  writes: new Set(data.writes),
  alone: data.alone,
});

const GRADLE = asTool(shipped.gradle);
const { plugins, goals } = shipped.maven;
const PLUGIN_GOAL = `(?:${plugins.join('|')}):[\\w-]*(?:${goals.join('|')})[\\w-]*`;
const MAVEN = asTool({ ...shipped.maven, targets: [...shipped.maven.targets, PLUGIN_GOAL] });
const NINJA = asTool(shipped.ninja);
const MESON = asTool(shipped.meson);
const CMAKE = asTool(shipped.cmake);
/** Monorepo runners: the task, or the targets named by an option, must be one of the known names. */
const TASKS = asTool(shipped.tasks);

function judgeTargets(name: string, tool: TargetTool, args: readonly Word[], context: CommandContext): Verdict {
  const targets: string[] = [];
  const verdicts: Verdict[] = [];
  const path = (op: 'read' | 'write', text: string | undefined) =>
    verdicts.push(
      text === undefined
        ? ask('command.run-time-value', because`${name} gets a path that is known only at run time`)
        : judgePath(op, text, context.facts, { folder: context.folder }),
    );
  for (let at = 0; at < args.length; at += 1) {
    const text = args[at]?.text;
    if (text === undefined)
      return ask(
        'command.run-time-value',
        because`${name} gets a word that is known only at run time: ${args[at]?.source.slice(0, 60)}`,
      );
    if (!text.startsWith('-')) targets.push(text);
    else if (tool.options.test(text)) continue;
    else if (tool.values.has(text)) at += 1;
    else if (tool.reads.has(text)) path('read', args[(at += 1)]?.text);
    else if (tool.writes.has(text)) path('write', args[(at += 1)]?.text);
    else
      return strictest(
        ask('command.unknown-option', because`${name} has an option that is not on the list: ${text.slice(0, 60)}`),
        ...verdicts,
      );
  }
  const other = targets.find(
    (target) =>
      !tool.targets.test(
        target.split(':').length > 1 && !tool.targets.test(target) ? (target.split(':').at(-1) ?? '') : target,
      ),
  );
  if (other !== undefined)
    return strictest(
      ask('command.unknown-command', because`${name} ${other.slice(0, 60)} is not on the list of what runs unasked`),
      ...verdicts,
    );
  if (targets.length === 0 && tool.alone === false && !args.some((word) => /version|^-v$/.test(word.text ?? '')))
    return ask('command.unknown-use', because`${name} without a task runs what its build file says`);
  return strictest(
    allow('command.known-tool', because`${name} is a known test, lint, type or build tool`, 'check'),
    ...verdicts,
  );
}

type Judge = (args: readonly Word[], context: CommandContext, name: string) => Verdict | undefined;
const targets =
  (tool: TargetTool): Judge =>
  (args, context, name) =>
    judgeTargets(name, tool, args, context);

/**
 * A wrapper script that its build tool puts at the top of a project; the tool reads the project's build files anyway.
 */
export const BUILD_WRAPPERS = new Set(['gradlew', 'mvnw']);

export const buildRunners: Readonly<Record<string, Judge>> = {
  gradle: targets(GRADLE),
  gradlew: targets(GRADLE),
  mvn: targets(MAVEN),
  mvnw: targets(MAVEN),
  mvnd: targets(MAVEN),
  ninja: targets(NINJA),
  meson: (args, context, name) =>
    ['test', 'compile', 'introspect'].includes(args[0]?.text ?? '')
      ? judgeTargets(name, MESON, args.slice(1), context)
      : undefined,
  // `cmake --build` is in the list of known commands; what is left configures.
  // Its own script mode (-P, -E) does anything.
  cmake: (args, context, name) =>
    args.some((word) => ['--build', '-P', '-E', '--install', '--open'].includes(word.text ?? ''))
      ? undefined
      : judgeTargets(name, CMAKE, args, context),
  turbo: (args, context, name) => judgeTargets(name, TASKS, args[0]?.text === 'run' ? args.slice(1) : args, context),
  nx: judgeNx,
  ng: (args, context, name) =>
    ['test', 'lint', 'build'].includes(args[0]?.text ?? '') ? judgeProjects(name, args.slice(1), context) : undefined,
  gcc: compiler,
  'g++': compiler,
  cc: compiler,
  'c++': compiler,
  clang: compiler,
  'clang++': compiler,
};

/** `nx test app`, `nx run app:test`, `nx run-many -t test`, `nx affected -t lint`. */
function judgeNx(args: readonly Word[], context: CommandContext, name: string): Verdict | undefined {
  const sub = args[0]?.text ?? '';
  if (sub === 'run') return judgeTargets(name, TASKS, args.slice(1), context);
  if (sub === 'run-many' || sub === 'affected') {
    const rest: Word[] = [];
    let named = false;
    for (const word of args.slice(1)) {
      if (word.text === '-t' || word.text === '--target' || word.text === '--targets') named = true;
      else rest.push(word);
    }
    return named || rest.some((word) => word.text?.startsWith('--target'))
      ? judgeTargets(name, TASKS, rest, context)
      : ask('command.unknown-use', because`${name} ${sub} names no target`);
  }
  return SCRIPT_NAME.test(sub) || sub === 'e2e' ? judgeProjects(name, args.slice(1), context) : undefined;
}

const judgeProjects = (name: string, args: readonly Word[], context: CommandContext): Verdict =>
  judgeTargets(name, { ...TASKS, targets: /^[\w@/.-]+$/ }, args, context);

/** Compilers: what names a plugin, a wrapper, a specs file or another program is not among the options. */
const COMPILER_OPTION = oneOf(shipped.compiler.options);

function compiler(args: readonly Word[], context: CommandContext, name: string): Verdict | undefined {
  const verdicts: Verdict[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const text = args[at]?.text;
    const joined = /^-([IL])(.+)$/.exec(text ?? '');
    if (text === undefined) {
      if (/^[\w./-]*\*[\w.]*$/.test(args[at]?.source ?? '')) continue; // sources of a folder that is known
      return ask(
        'command.run-time-value',
        because`${name} gets a word that is known only at run time: ${args[at]?.source.slice(0, 60)}`,
      );
    }
    if (COMPILER_OPTION.test(text)) continue;
    const value = args[at + 1]?.text ?? '';
    if (text === '-o' || text === '-MF')
      verdicts.push(judgePath('write', value, context.facts, { folder: context.folder }));
    else if (['-I', '-L', '-isystem', '-include'].includes(text)) verdicts.push(readable(value, context));
    else if (joined) {
      verdicts.push(readable(joined[2] ?? '', context));
      continue;
    } else if (text.startsWith('-') || text.startsWith('@'))
      return ask(
        'command.unknown-option',
        because`${name} has an option that is not on the list: ${text.slice(0, 60)}`,
      );
    else {
      verdicts.push(judgePath('read', text, context.facts, { folder: context.folder }));
      continue;
    }
    at += 1;
  }
  return strictest(allow('command.known-tool', because`${name} compiles`, 'check'), ...verdicts);
}

/** Headers and libraries of the system are for everyone. */
const readable = (path: string, { facts, folder }: CommandContext): Verdict =>
  /^\/(?:usr(?:\/local)?|opt)\/(?:[\w.+-]+\/)*[\w.+-]+\/?$/.test(path) && !path.includes('..')
    ? allow('path.system', 'it is a folder of the system', 'read')
    : judgePath('read', path, facts, { folder });
