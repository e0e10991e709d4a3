/** A script taken apart into the commands it would run. */

/**
 * A word as the shell would make it: its text when it is constant, undefined when it depends on anything at run time.
 */
export interface ShellWord {
  text: string | undefined;
  source: string;
}
export interface ShellCommand {
  words: ShellWord[];
  /** `NAME=value` before the command. */
  assignments: { name: string; value: ShellWord }[];
  redirects: { op: string; target: ShellWord }[];
  /**
   * How it is reached: e.g. `pipe`, `and`, `or`, `sequence`, `substitution`,
   * `background`, `subshell`, `loop`, `condition`.
   */
  within: string[];
}
export type ShellParse = { ok: true; commands: ShellCommand[] } | { ok: false; reason: string };

export interface ShellParser {
  /** What cannot be taken apart with certainty is `ok: false`, never a guess. `posix` unless it says otherwise. */
  parse(script: string, language?: 'posix' | 'powershell'): Promise<ShellParse>;
}
