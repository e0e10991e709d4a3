/** Build tools whose words are targets, goals or tasks: known by their names, wherever among the options they stand. */
import { SCRIPT_NAME } from './known-commands.js';
import { judgePath } from './judge-path.js';
import { allow, ask, strictest, type CommandContext, type Verdict, type Word } from './types.js';

interface TargetTool {
  /** What runs unasked; compared with the last part of `:app:test`. */
  targets: RegExp;
  /** Options as they are written, value and all. */
  options: RegExp;
  /** Options whose value is the next word: any text, a path that is read, a path that is written. */
  values?: ReadonlySet<string>;
  reads?: ReadonlySet<string>;
  writes?: ReadonlySet<string>;
  /** Without a target it does what is named here; absent = asked about. */
  alone?: boolean;
}

const set = (words: string): ReadonlySet<string> => new Set(words.split(' '));

const GRADLE: TargetTool = {
  targets:
    /^(?:test\w*|check\w*|build\w*|lint\w*|assemble\w*|compile\w*|classes|clean|jar|verify\w*|\w*(?:Check|Test|Tests|Lint|UnitTest|Classes|Main)|ktlint|detekt|spotbugs\w*|pmd\w*|jacoco\w*|tasks|projects|properties|dependencies|help)$/,
  options:
    /^(?:-q|--quiet|-i|--info|-s|--stacktrace|--offline|--no-daemon|--daemon|--continue|--parallel|--no-parallel|--build-cache|--no-build-cache|--rerun-tasks|--console=\w+|--warning-mode=\w+|--max-workers=\d+|--profile|--all|--version|-v|--tests=.+|--configuration-cache|--no-configuration-cache|--dry-run|-m)$/,
  values: set('--tests --max-workers --console --warning-mode -x --exclude-task'),
  alone: false,
};
const MAVEN: TargetTool = {
  targets:
    /^(?:clean|validate|compile|test-compile|process-classes|test|package|verify|integration-test|(?:surefire|failsafe|checkstyle|spotless|spotbugs|pmd|jacoco|dependency|compiler|formatter|enforcer|resources):[\w-]*(?:check|test|report|tree|analyze|compile|testCompile|verify|list|enforce|resources|validate)[\w-]*)$/,
  options:
    /^(?:-q|-B|-o|-e|-X|-U=no|-ntp|-am|-amd|-fae|-ff|-nsu|-V|-v|-N|--quiet|--batch-mode|--offline|--errors|--no-transfer-progress|--also-make|--fail-at-end|--version|--non-recursive|-T\w+|-D(?:skipTests|skipITs|test|it\.test|failIfNoTests|surefire\.failIfNoSpecifiedTests|maven\.test\.skip|maven\.test\.failure\.ignore|style\.color|[a-z]+\.skip)(?:=.*)?)$/,
  values: set('-pl --projects -T --threads'),
};
const NINJA: TargetTool = {
  targets: /^(?:test|check|lint|build|all)[\w-]*$/,
  options: /^(?:-v|-n|-k\d+|-j\d+|--version|--verbose|--quiet)$/,
  values: set('-j -k -l'),
  reads: set('-C'),
  alone: true,
};
const MESON: TargetTool = {
  targets: /^(?:test|compile|introspect|[\w-]+)$/,
  options: /^(?:-v|--verbose|--print-errorlogs|--no-rebuild|--list|--suite=\w+|--version|--targets|--tests)$/,
  values: set('--suite -j --num-processes -t'),
  reads: set('-C'),
};
const CMAKE: TargetTool = {
  targets: /^(?:[\w./-]+)$/,
  options:
    /^(?:--version|-Wno-dev|--fresh|-G(?:Ninja|Unix Makefiles)|-D(?:CMAKE_BUILD_TYPE|CMAKE_EXPORT_COMPILE_COMMANDS|BUILD_TESTING|CMAKE_CXX_STANDARD|CMAKE_C_STANDARD|BUILD_SHARED_LIBS|ENABLE_\w+|WITH_\w+|BUILD_\w+)(?::\w+)?=[\w.+-]*)$/,
  values: set('-G'),
  reads: set('-S'),
  writes: set('-B'),
};
/** Monorepo runners: the task, or the targets named by an option, must be one of the known names. */
const TASKS: TargetTool = {
  targets: /^(?:(?:[\w@/.-]+:)?(?:test|lint|build|check|typecheck|type-check|e2e|format:check)[\w:-]*)$/,
  options:
    /^(?:--(?:all|parallel|force|no-cache|skip-nx-cache|nxBail|verbose|watch=false|no-watch|continue|no-daemon|affected|quiet|code-coverage|browsers=ChromeHeadless|configuration=\w+|base=[\w/.-]+|head=[\w/.-]+|output-logs=[\w-]+|log-order=\w+|concurrency=\d+|parallel=\d+)|--(?:filter|scope|projects|project|exclude)=[\w@/.*!{}^,[\]-]+|--targets?=(?:test|lint|build|check|typecheck)[\w,-]*)$/,
  values: set('--filter -F --projects -p --exclude --base --head --configuration --concurrency --parallel'),
};

function judgeTargets(name: string, tool: TargetTool, args: readonly Word[], context: CommandContext): Verdict {
  const targets: string[] = [];
  const verdicts: Verdict[] = [];
  const path = (op: 'read' | 'write', text: string | undefined) =>
    verdicts.push(
      text === undefined
        ? ask('command.run-time-value', `${name} gets a path that is known only at run time`)
        : judgePath(op, text, context.facts, { folder: context.folder }),
    );
  for (let at = 0; at < args.length; at += 1) {
    const text = args[at]?.text;
    if (text === undefined)
      return ask(
        'command.run-time-value',
        `${name} gets a word that is known only at run time: ${args[at]?.source.slice(0, 60)}`,
      );
    if (!text.startsWith('-')) targets.push(text);
    else if (tool.options.test(text)) continue;
    else if (tool.values?.has(text)) at += 1;
    else if (tool.reads?.has(text)) path('read', args[(at += 1)]?.text);
    else if (tool.writes?.has(text)) path('write', args[(at += 1)]?.text);
    else
      return strictest(
        ask('command.unknown-option', `${name} has an option that is not on the list: ${text.slice(0, 60)}`),
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
      ask('command.unknown-command', `${name} ${other.slice(0, 60)} is not on the list of what runs unasked`),
      ...verdicts,
    );
  if (targets.length === 0 && tool.alone === false && !args.some((word) => /version|^-v$/.test(word.text ?? '')))
    return ask('command.unknown-use', `${name} without a task runs what its build file says`);
  return strictest(
    allow('command.known-tool', `${name} is a known test, lint, type or build tool`, 'check'),
    ...verdicts,
  );
}

type Judge = (args: readonly Word[], context: CommandContext, name: string) => Verdict | undefined;
const targets =
  (tool: TargetTool): Judge =>
  (args, context, name) =>
    judgeTargets(name, tool, args, context);

/** A wrapper script that its build tool puts at the top of a project; the tool reads the project's build files anyway. */
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
  // `cmake --build` is in the list of known commands; what is left configures. Its own script mode (-P, -E) does anything.
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
      : ask('command.unknown-use', `${name} ${sub} names no target`);
  }
  return SCRIPT_NAME.test(sub) || sub === 'e2e' ? judgeProjects(name, args.slice(1), context) : undefined;
}

const judgeProjects = (name: string, args: readonly Word[], context: CommandContext): Verdict =>
  judgeTargets(name, { ...TASKS, targets: /^[\w@/.-]+$/ }, args, context);

/** Compilers: what names a plugin, a wrapper, a specs file or another program is not among the options. */
const COMPILER_OPTION =
  /^(?:-W[\w=+-]*|-w|-std=[\w+]+|-O[0-3sgz]?|-g\d?|-c|-S|-E|-v|--version|-pedantic(?:-errors)?|-fsyntax-only|-f(?:no-)?(?:pic|PIC|PIE|exceptions|rtti|strict-aliasing|omit-frame-pointer|sanitize=[\w,]+|diagnostics-color(?:=\w+)?|stack-protector[\w-]*|color-diagnostics|openmp|profile-arcs|test-coverage|visibility=\w+)|-m(?:64|32|arch=[\w-]+|tune=[\w-]+|avx2?|sse[\w.]*)|-D\w+(?:=[\w.+-]*)?|-U\w+|-l[\w+.-]+|-pthread|-shared|-static|-M{1,2}[DP]?|-pipe|-s|-x(?:c|c\+\+)|--coverage|-ansi|-nostdinc|-ffreestanding)$/;

function compiler(args: readonly Word[], context: CommandContext, name: string): Verdict | undefined {
  const verdicts: Verdict[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const text = args[at]?.text;
    const joined = /^-([IL])(.+)$/.exec(text ?? '');
    if (text === undefined) {
      if (/^[\w./-]*\*[\w.]*$/.test(args[at]?.source ?? '')) continue; // sources of a folder that is known
      return ask(
        'command.run-time-value',
        `${name} gets a word that is known only at run time: ${args[at]?.source.slice(0, 60)}`,
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
      return ask('command.unknown-option', `${name} has an option that is not on the list: ${text.slice(0, 60)}`);
    else {
      verdicts.push(judgePath('read', text, context.facts, { folder: context.folder }));
      continue;
    }
    at += 1;
  }
  return strictest(allow('command.known-tool', `${name} compiles`, 'check'), ...verdicts);
}

/** Headers and libraries of the system are for everyone. */
const readable = (path: string, { facts, folder }: CommandContext): Verdict =>
  /^\/(?:usr(?:\/local)?|opt)\/(?:[\w.+-]+\/)*[\w.+-]+\/?$/.test(path) && !path.includes('..')
    ? allow('path.system', 'it is a folder of the system', 'read')
    : judgePath('read', path, facts, { folder });
