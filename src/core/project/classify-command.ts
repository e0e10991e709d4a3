/**
 * What a finished command came to: green, red, or one of the ways to prove nothing. Pure: it reads the exit code, the
 * output that was kept, and the command's own words. Whether a missing thing is one that a task is to make is a
 * question of its own (`isMadeBy`), since the same output is then what a check looks like before the work.
 */
import type { CommandClass } from '../model/command-class.js';
import { harmless } from '../text/harmless.js';
import { emptyRuns, failedTests, signs, type Sign } from './command-signs.js';

export interface FinishedCommand {
  exitCode: number | null;
  timedOut: boolean;
  /** Head and tail as kept. */
  output: string;
  /** For the name of a program that nothing in the output names. */
  command: string;
  /** Something stood between it and the machine. */
  sandboxed: boolean;
  network: boolean;
}

/** Lines that are looked at, from each end: what a runner says of itself stands there. */
const LINES = 400;
const LONGEST_LINE = 2000;

export function classifyCommand(done: FinishedCommand): CommandClass {
  if (done.timedOut) return { kind: 'timed-out', why: '', what: '' };
  const lines = linesOf(done.output);
  if (done.exitCode === 0) return ended0(lines, done);
  const notStarted = (): CommandClass | undefined =>
    firstSign(lines, done, ({ kind, why }) => kind === 'cannot-run' || why === 'shell-syntax');
  if (done.exitCode === 127 || done.exitCode === 126)
    return (
      notStarted() ?? {
        kind: 'cannot-run',
        why: done.exitCode === 127 ? 'program' : 'not-executable',
        what: firstProgram(done.command),
      }
    );
  // A test's own output may speak of anything; that it failed in the sandbox is worth a word.
  if (failedTests.some((sign) => findSign(lines, sign))) {
    const kept = firstSign(lines, done, ({ where }) => where !== undefined);
    return { kind: 'red', why: kept?.why ?? '', what: '' };
  }
  const started = notStarted();
  if (started) return started;
  if (ranNothing(lines)) {
    const asked = firstSign(lines, done, ({ why }) => why === 'file' || why === 'usage');
    return asked ?? plain('no-tests');
  }
  return firstSign(lines, done, ({ kind }) => kind !== 'cannot-run') ?? plain('red');
}

/** Exit 0 is that of the last command alone: what came before it may not have run, and a runner may have run nothing. */
function ended0(lines: readonly string[], done: FinishedCommand): CommandClass {
  const missing = firstSign(lines, done, ({ kind, why }) => kind === 'cannot-run' && why === 'program');
  if (missing && namesUnhandled(done.command, missing.what)) return missing;
  // Beside other commands it is they that prove something.
  const single = !/[;&|\n]/.test(done.command.trim().replace(/^(?:(?:cd|set) [^;&|\n]*(?:&&|;|\n)\s*)+/, ''));
  return plain(single && ranNothing(lines) ? 'no-tests' : 'green');
}

/** Whether the command's own text runs it with nothing said for the case that it is missing. */
function namesUnhandled(command: string, program: string): boolean {
  const name = program.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  if (!new RegExp(`(?:^|[\\s;&|(!])${name}(?:$|[\\s;&|)])`).test(command)) return false;
  return !new RegExp(`${name}[^\\n;]*\\|\\||\\b(?:if|until|while)\\s+(?:!\\s*)?${name}`).test(command);
}

const plain = (kind: CommandClass['kind']): CommandClass => ({ kind, why: '', what: '' });

function linesOf(output: string): string[] {
  const all = harmless(output).split('\n');
  const kept = all.length <= 2 * LINES ? all : [...all.slice(0, LINES), ...all.slice(-LINES)];
  return kept.map((line) => line.slice(0, LONGEST_LINE).trimEnd());
}

/** Of the sign that stands first in the table; one that names what is missing before one that does not. */
function firstSign(
  lines: readonly string[],
  done: FinishedCommand,
  wanted: (sign: Sign) => boolean,
): CommandClass | undefined {
  let unnamed: CommandClass | undefined;
  for (const sign of signs) {
    if (!wanted(sign) || (sign.exits && !sign.exits.includes(done.exitCode ?? -1))) continue;
    if (sign.where === 'offline' && (done.network || !done.sandboxed)) continue;
    if (sign.where === 'sandboxed' && !done.sandboxed) continue;
    const match = findSign(lines, sign);
    if (!match) continue;
    const what = match.groups?.['what']?.trim().slice(0, 200) ?? '';
    const found: CommandClass = { kind: sign.kind, why: sign.why, what };
    if (what !== '' || sign.kind === 'cannot-run') return found;
    unnamed ??= found;
  }
  return unnamed;
}

/** How far apart two lines of one message stand: a traceback has the source and a mark in between. */
const NEAR = 6;

function findSign(
  lines: readonly string[],
  { line, after, before }: Pick<Sign, 'line' | 'after' | 'before'>,
): RegExpExecArray | undefined {
  for (const [at, one] of lines.entries()) {
    const match = line.exec(one);
    if (!match) continue;
    if (after && !lines.slice(Math.max(0, at - NEAR), at).some((other) => after.test(other))) continue;
    if (before && !lines.slice(at + 1, at + 3).some((other) => before.test(other))) continue;
    return match;
  }
  return undefined;
}

const ranNothing = (lines: readonly string[]): boolean =>
  emptyRuns.some(
    ({ line, others }) => lines.some((one) => line.test(one)) && !(others && lines.some((one) => others.test(one))),
  );

/** Of a shell itself: they are always there. */
const BUILTINS = /^(?:cd|set|test|\[|\[\[|if|for|while|until|case|export|\(|\{|!|true|false|echo|printf|\.|source)$/;

/** The word that would be run first, after assignments; '' where that is the shell's own. */
function firstProgram(command: string): string {
  const words = command
    .replace(/^#!.*\n/, '')
    .trim()
    .split(/\s+/);
  const word = words.find((one) => !/^[A-Za-z_]\w*=/.test(one) && one !== 'exec' && one !== 'env') ?? '';
  return BUILTINS.test(word) ? '' : word.slice(0, 200);
}
