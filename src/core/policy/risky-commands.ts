/** What is asked or denied by name, as data, with the sentence a person reads. Everything that is in no list asks as unknown. */

export interface NamedRule {
  rule: string;
  reason: string;
  names: readonly string[];
}
const rule = (id: string, reason: string, names: string): NamedRule => ({ rule: id, reason, names: names.split(' ') });

/** Never, in any mode. */
export const DENIED_PROGRAMS: readonly NamedRule[] = [
  rule('command.system', 'it changes the machine itself', 'mkfs fdisk parted wipefs shutdown reboot halt poweroff init telinit swapoff insmod rmmod modprobe kexec cryptsetup diskutil format diskpart bcdedit visudo passwd chpasswd useradd userdel usermod'),
];

/** Asked also at `never` and full-access: nothing stands between them and the machine. */
export const FIRM_PROGRAMS: readonly NamedRule[] = [
  rule('command.privilege', 'it runs as another user', 'sudo su doas pkexec runas gosu setpriv chroot nsenter unshare'),
  rule('command.schedule', 'it goes on after the run', 'crontab at batch systemctl service launchctl schtasks loginctl'),
];

export const ASKED_PROGRAMS: readonly NamedRule[] = [
  rule('command.network', 'it uses the network, which can carry data away', 'curl wget nc ncat netcat socat telnet ftp sftp scp ssh rsync ping ping6 traceroute tracepath dig nslookup host whois gh glab aws gcloud az kubectl helm docker podman docker-compose http https xh httpie aria2c lynx w3m links elinks openssl mail sendmail mutt smbclient ldapsearch psql mysql mongosh redis-cli ngrok cloudflared heroku vercel netlify fly flyctl wrangler firebase doctl terraform pulumi ansible ansible-playbook'),
  rule('command.install', 'it fetches and runs code of others', 'pip pip3 pipx gem brew apt apt-get dnf yum pacman apk snap flatpak choco winget scoop conda mamba easy_install luarocks cpan composer nuget'),
  rule('command.code', 'it runs code given in its arguments or files', 'sh bash zsh dash ksh fish csh tcsh ash busybox pwsh powershell cmd perl ruby php lua python python2 python3 node deno bun ts-node tsx awk gawk mawk nawk sed osascript irb ghci R Rscript julia java jshell scala groovy gdb lldb expect tclsh make ssh-agent vi vim nvim ed ex emacs nano less more man watch entr parallel script screen tmux wish mshta wscript cscript rundll32 regsvr32 msbuild xdg-open open start explorer strace ltrace'),
  rule('command.writes', 'it changes files without a review by hunk', 'rm rmdir unlink shred mv cp ln mkdir touch chmod chown chgrp tee dd truncate install patch split csplit tar zip unzip gzip gunzip bzip2 xz 7z cpio mktemp mkfifo mknod setfacl xattr del erase rd move copy ren'),
  rule('command.processes', 'it ends or changes other processes', 'kill killall pkill renice disown ulimit umask'),
  rule('command.environment', 'it shows or changes the environment', 'printenv set export unset readonly local env history declare'),
];

/** Programs whose operands are written or removed: the floor holds for those too. */
export const WRITING_PROGRAMS = new Set('rm rmdir unlink shred mv cp ln mkdir touch chmod chown chgrp tee truncate install del erase rd move copy ren'.split(' '));
/** Interpreters: what comes to them by a pipe is run. */
export const SHELLS = new Set('sh bash zsh dash ksh fish csh tcsh ash pwsh powershell cmd perl ruby php lua python python2 python3 node deno bun osascript'.split(' '));
export const FETCHERS = new Set('curl wget nc ncat netcat socat scp ssh ftp sftp http https xh aria2c lynx'.split(' '));

/** Taken apart: what they run is judged in their place. `values`: options with a value; `words`: words of their own before the command. */
export const WRAPPERS: readonly { names: readonly string[]; flags: readonly string[]; values: readonly string[]; words: number; more?: boolean }[] = [
  { names: ['time', 'command', 'exec', 'nohup', 'setsid', 'ionice', 'chrt', 'caffeinate'], flags: ['-p'], values: [], words: 0 },
  { names: ['c8', 'nyc'], flags: ['--all', '--check-coverage', '--silent'], values: ['--lines', '--branches', '--functions', '--statements'], words: 0 },
  { names: ['nice'], flags: [], values: ['-n', '--adjustment'], words: 0 },
  { names: ['timeout', 'gtimeout'], flags: ['--preserve-status', '--foreground', '-v', '--verbose'], values: ['-k', '-s', '--kill-after', '--signal'], words: 1 },
  { names: ['stdbuf'], flags: [], values: ['-o', '-e', '-i'], words: 0 },
  { names: ['xargs'], flags: ['-0', '-r', '-t', '--null', '--no-run-if-empty'], values: ['-n', '-P', '-L', '-I', '-d', '-s', '--max-args', '--max-procs', '--delimiter'], words: 0, more: true },
];

/** Options that load or run code, whatever the program: asked with this reason instead of "unknown". */
export const EXECUTING_OPTIONS: Readonly<Record<string, string>> = Object.fromEntries(
  '-exec -execdir -ok -okdir -delete -fprint -fprintf -fls --pre --pre-glob --hostname-bin --compress-program --use-compress-program --checkpoint-action --to-command --rsh --upload-pack --receive-pack --exec --ext-diff --textconv --open-files-in-pager -O --output --config -c --rcfile --require -r --import --loader --experimental-loader --eval -e --print --rulesdir --plugin --resolve-plugins-relative-to --globalSetup --setupFiles --init-script --toolexec -toolexec -vettool --exec-path --git-dir --work-tree --files0-from --temporary-directory -T -I --info-script --new-volume-script'
    .split(' ')
    .map((name) => [name, `the option ${name} can run code or write files`]),
);

/** Variables that change how a program looks or speaks, not what it runs. */
export const HARMLESS_VARIABLE = /^(?:NODE_ENV|CI|FORCE_COLOR|NO_COLOR|CLICOLOR|CLICOLOR_FORCE|COLORTERM|TERM|COLUMNS|LINES|TZ|LANG|LANGUAGE|LC_[A-Z]+|DEBUG|VERBOSE|LOG_LEVEL|RUST_BACKTRACE|RUST_LOG|CARGO_TERM_COLOR|PYTHONUNBUFFERED|PYTHONDONTWRITEBYTECODE|PYTHONHASHSEED|RAILS_ENV|RACK_ENV|APP_ENV|MIX_ENV|FLASK_ENV|DJANGO_DEBUG|PORT|CGO_ENABLED|GOOS|GOARCH|SOURCE_DATE_EPOCH|TEST_[A-Z_]+)$/;
/** Plain variables of a script itself. */
export const LOCAL_VARIABLE = /^(?!.*_proxy$)[a-z_][a-z0-9_]*$/;
