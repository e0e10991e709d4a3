/** What is asked or denied by name, as data, with the sentence a person reads. Everything that is in no list asks as unknown. */
import { z } from 'zod';
import shipped from './rules/risky-commands.json' with { type: 'json' };

export interface NamedRule {
  rule: string;
  reason: string;
  names: readonly string[];
}
const named = z.array(
  z.object({ rule: z.string(), reason: z.string(), names: z.string().transform((text) => text.split(' ')) }),
);
const data = z.object({ deny: named, alwaysAsk: named, ask: named }).parse(shipped);

/** Never, in any mode. */
export const DENIED_PROGRAMS: readonly NamedRule[] = data.deny;

/** Asked also at `never` and full-access: nothing stands between them and the machine. */
export const FIRM_PROGRAMS: readonly NamedRule[] = data.alwaysAsk;

export const ASKED_PROGRAMS: readonly NamedRule[] = data.ask;

/** Programs whose operands are written or removed: the floor holds for those too. */
export const WRITING_PROGRAMS = new Set(
  'rm rmdir unlink shred mv cp ln mkdir touch chmod chown chgrp tee truncate install del erase rd move copy ren'.split(
    ' ',
  ),
);
/** Interpreters: what comes to them by a pipe is run. */
export const SHELLS = new Set(
  'sh bash zsh dash ksh fish csh tcsh ash pwsh powershell cmd perl ruby php lua python python2 python3 node deno bun osascript'.split(
    ' ',
  ),
);
export const FETCHERS = new Set('curl wget nc ncat netcat socat scp ssh ftp sftp http https xh aria2c lynx'.split(' '));

/** Taken apart: what they run is judged in their place. `values`: options with a value; `words`: words of their own before the command. */
export const WRAPPERS: readonly {
  names: readonly string[];
  flags: readonly string[];
  values: readonly string[];
  words: number;
  more?: boolean;
}[] = [
  {
    names: ['time', 'command', 'exec', 'nohup', 'setsid', 'ionice', 'chrt', 'caffeinate'],
    flags: ['-p'],
    values: [],
    words: 0,
  },
  {
    names: ['c8', 'nyc'],
    flags: ['--all', '--check-coverage', '--silent'],
    values: ['--lines', '--branches', '--functions', '--statements'],
    words: 0,
  },
  { names: ['nice'], flags: [], values: ['-n', '--adjustment'], words: 0 },
  {
    names: ['timeout', 'gtimeout'],
    flags: ['--preserve-status', '--foreground', '-v', '--verbose'],
    values: ['-k', '-s', '--kill-after', '--signal'],
    words: 1,
  },
  { names: ['stdbuf'], flags: [], values: ['-o', '-e', '-i'], words: 0 },
  {
    names: ['xargs'],
    flags: ['-0', '-r', '-t', '--null', '--no-run-if-empty'],
    values: ['-n', '-P', '-L', '-I', '-d', '-s', '--max-args', '--max-procs', '--delimiter'],
    words: 0,
    more: true,
  },
];

/** Options that load or run code, whatever the program: asked with this reason instead of "unknown". */
export const EXECUTING_OPTIONS: Readonly<Record<string, string>> = Object.fromEntries(
  '-exec -execdir -ok -okdir -delete -fprint -fprintf -fls --pre --pre-glob --hostname-bin --compress-program --use-compress-program --checkpoint-action --to-command --rsh --upload-pack --receive-pack --exec --ext-diff --textconv --open-files-in-pager -O --output --config -c --rcfile --require -r --import --loader --experimental-loader --eval -e --print --rulesdir --plugin --resolve-plugins-relative-to --globalSetup --setupFiles --init-script --toolexec -toolexec -vettool --exec-path --git-dir --work-tree --files0-from --temporary-directory -T -I --info-script --new-volume-script'
    .split(' ')
    .map((name) => [name, `the option ${name} can run code or write files`]),
);

/** Variables that change how a program looks or speaks, not what it runs. */
export const HARMLESS_VARIABLE =
  /^(?:NODE_ENV|CI|FORCE_COLOR|NO_COLOR|CLICOLOR|CLICOLOR_FORCE|COLORTERM|TERM|COLUMNS|LINES|TZ|LANG|LANGUAGE|LC_[A-Z]+|DEBUG|VERBOSE|LOG_LEVEL|RUST_BACKTRACE|RUST_LOG|CARGO_TERM_COLOR|PYTHONUNBUFFERED|PYTHONDONTWRITEBYTECODE|PYTHONHASHSEED|RAILS_ENV|RACK_ENV|APP_ENV|MIX_ENV|FLASK_ENV|DJANGO_DEBUG|PORT|CGO_ENABLED|GOOS|GOARCH|SOURCE_DATE_EPOCH|TEST_[A-Z_]+)$/;
/** Plain variables of a script itself. */
export const LOCAL_VARIABLE = /^(?!.*_proxy$)[a-z_][a-z0-9_]*$/;
