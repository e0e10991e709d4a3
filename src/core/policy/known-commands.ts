/**
 * The programs that run unasked, as data: for each, the options that are known and what its other words are. An option that is not
 * listed asks, so abbreviations (`--upload-pa`), options that execute (`--pre`, `-exec`) and options of later versions do too.
 * Lists are words with blanks between them. Sources: the programs' own manuals.
 */
import { z } from 'zod';

const words = z.string().default('').transform((text) => new Set(text.split(/\s+/).filter(Boolean)));

const flat = z.object({
  /** `read`: changes nothing. `check`: test, lint, build, type tools; they write their own output and run the workspace's code. */
  kind: z.enum(['read', 'check']),
  /** Options without a value; single letters may be joined (`-la`). */
  flags: words,
  /** Options with a value, as the next word, joined (`-n5`, `--n=5`). */
  values: words,
  /** The same, and the value is a path that is read. */
  paths: words,
  /** The value is a path that is written. */
  writes: words,
  /** `paths`; `text`: words that name nothing; `pattern`: the first is a search pattern, unless one of `patternFlags` gave it; `none`. */
  operands: z.enum(['paths', 'text', 'pattern', 'none']).default('paths'),
  patternFlags: words,
  /** What it prints is the content of files: which ones must then be known. */
  prints: z.boolean().default(false),
  /** `-5` is a number of lines. */
  numbers: z.boolean().default(false),
  /** Single letters may be joined (`-la`); not where options are words after one dash (`-exec`). */
  joined: z.boolean().default(true),
  /** What follows `--` are options of what it runs, to be known as well. */
  passes: z.boolean().default(false),
  /** Options in any case, on Windows. */
  powershell: z.boolean().default(false),
  /** Any other option is text as well. */
  free: z.boolean().default(false),
  /** What it says of a file is not its content: which files may then be known only at run time. */
  anyPath: z.boolean().default(false),
  /** Options whose value is a file of configuration: one that goes by a tool's usual name. */
  configs: words,
  /** Options whose value must look like this (a regular expression). */
  only: z.record(z.string(), z.string()).default({}),
  /** The pattern must not have this (a regular expression): it would reach beyond the files that are named. */
  never: z.string().default(''),
  /** Operands at most: the next would be written. */
  most: z.number().int().default(Infinity),
  /** Without any word it only reads. */
  alone: z.boolean().default(false),
  /** At least one of these must be there; without it the command asks. */
  needs: words,
});
const grammar = flat.extend({ names: words });
const family = z.object({
  names: words,
  /** Options before the sub-command. */
  flags: words,
  values: words,
  paths: words,
  subs: z.array(grammar),
});
export type Grammar = z.infer<typeof grammar>;
export type Family = z.infer<typeof family>;

const version = '--version --help -h -V';

export const TOOLS: readonly Grammar[] = z.array(grammar).parse([
  // ── reading ──
  { names: 'ls', kind: 'read', anyPath: true, flags: '-l -a -A -h -R -1 -t -r -S -d -F -p -i -s -G -g -o -n --all --almost-all --human-readable --recursive --reverse --directory --classify --group-directories-first', values: '--color --sort --time' },
  { names: 'cat', kind: 'read', flags: '-n -b -s -A -e -t -v -E -T --number --show-all', prints: true },
  { names: 'head tail', kind: 'read', flags: '-q -v --quiet --verbose', values: '-n -c --lines --bytes', numbers: true, prints: true },
  { names: 'wc', kind: 'read', anyPath: true, flags: '-l -w -c -m -L --lines --words --bytes --chars' },
  { names: 'nl tac rev', kind: 'read', flags: '-b', prints: true },
  { names: 'grep egrep fgrep', kind: 'read', operands: 'pattern', patternFlags: '-e --regexp', prints: true, numbers: true,
    flags: '-r -n -i -l -L -c -v -w -x -o -h -H -E -F -G -P -q -s -I -a -z -Z --recursive --line-number --ignore-case --files-with-matches --files-without-match --count --invert-match --word-regexp --line-regexp --only-matching --no-filename --with-filename --extended-regexp --fixed-strings --perl-regexp --quiet --silent --no-messages --null',
    values: '-e -m -A -B -C --regexp --max-count --after-context --before-context --context --include --exclude --exclude-dir --color --colour --binary-files' },
  { names: 'rg', kind: 'read', operands: 'pattern', patternFlags: '-e --regexp --files', prints: true,
    flags: '-n -N -i -s -S -l -c -v -w -x -o -F -P -U -q -H -I -p -0 --line-number --no-line-number --ignore-case --case-sensitive --smart-case --files-with-matches --files-without-match --count --count-matches --invert-match --word-regexp --only-matching --fixed-strings --pcre2 --multiline --quiet --with-filename --no-filename --files --json --heading --no-heading --column --stats --vimgrep --trim --null --no-config',
    values: '-e -m -A -B -C -g -t -T -j --regexp --max-count --after-context --before-context --context --glob --iglob --type --type-not --color --colors --max-depth --sort --sortr --max-columns --threads' },
  { names: 'pwd whoami uname id arch nproc hostname uptime', kind: 'read', operands: 'none', flags: `-a -s -r -m -n -p -u -I -R -P -L -g ${version}` },
  { names: 'echo', kind: 'read', operands: 'text', flags: '-n -e -E', free: true },
  { names: 'printf test [ true false : which basename dirname seq expr sleep', kind: 'read', operands: 'text', flags: '-a -z -n -f -d -e -s -r -w -x -eq -ne -lt -gt -le -ge -h -L' },
  { names: 'stat file', kind: 'read', anyPath: true, flags: '-L -b -i -x --dereference --brief --mime --mime-type --mime-encoding', values: '-c -f --format --printf' },
  { names: 'du df', kind: 'read', anyPath: true, flags: '-h -s -a -c -k -m -d --human-readable --summarize --all --total', values: '--max-depth --exclude' , numbers: true },
  { names: 'tree', kind: 'read', flags: '-a -d -f -F -h -s -i -C -n -D --dirsfirst --noreport --gitignore --prune', values: '-L -I -P --filelimit' },
  { names: 'find', kind: 'read', joined: false, passes: true, flags: '-L -P -H -print -print0 -empty -readable -writable -executable -not -o -a -or -and -prune -depth -xdev -mount ! ( )', values: '-name -iname -path -ipath -wholename -regex -iregex -type -maxdepth -mindepth -size -mtime -mmin -atime -ctime -user -group -perm', paths: '-newer -samefile' },
  { names: 'fd fdfind', kind: 'read', operands: 'pattern', flags: '-H -I -i -s -g -F -a -l -p --hidden --no-ignore --ignore-case --case-sensitive --glob --absolute-path', values: '-t -e -d -E --type --extension --max-depth --min-depth --exclude' },
  { names: 'diff cmp comm', kind: 'read', flags: '-u -q -N -w -b -B -i -a -y -s -1 -2 -3 --unified --brief --ignore-all-space --ignore-space-change --ignore-blank-lines --no-color --color', values: '-U -C --label --exclude -x', numbers: true, prints: true },
  { names: 'sort', kind: 'read', flags: '-n -r -u -f -h -V -g -M -b -d -i -s -z -c -C --numeric-sort --reverse --unique --ignore-case --human-numeric-sort --version-sort --stable --check', values: '-k -t --key --field-separator', prints: true },
  { names: 'cut', kind: 'read', flags: '-s -n --complement --only-delimited', values: '-d -f -c -b --fields --delimiter --characters', prints: true },
  { names: 'tr', kind: 'read', operands: 'text', flags: '-s -c -d -C --complement --delete --squeeze-repeats' },
  { names: 'uniq', kind: 'read', most: 1, flags: '-c -d -u -i -z --count', values: '-f -s -w', prints: true },
  { names: 'column fold tsort', kind: 'read', flags: '-c -d -u -i -t -z --count', values: '-f -s -w', prints: true },
  { names: 'jq', kind: 'read', operands: 'pattern', prints: true, never: '\\benv\\b|\\$ENV|\\bimport\\b|\\binclude\\b|\\binput_filename\\b', flags: '-r -c -e -s -n -S -M -C -j -a --raw-output --compact-output --exit-status --slurp --null-input --sort-keys --raw-input -R', values: '--indent' },
  { names: 'paste strings od hexdump', kind: 'read', flags: '-c -C -s -x -a -v -A', values: '-d -n -N -j -t', prints: true, numbers: true },
  { names: 'yq', kind: 'read', operands: 'pattern', prints: true, never: 'load|env|system|exec|eval|ireduce', flags: '-r -e -y -j -P -C -M', values: '-o --output-format' },
  { names: 'md5sum sha1sum sha256sum sha512sum shasum cksum', kind: 'read', anyPath: true, flags: '-b -t', values: '-a' },
  { names: 'realpath readlink', kind: 'read', flags: '-f -e -m -s -n -q' },
  { names: 'ps', kind: 'read', operands: 'text', flags: '-e -f -a -x -u' },

  // ── reading, in PowerShell; names and options in lower case ──
  { names: 'get-content gc', powershell: true, kind: 'read', joined: false, prints: true, flags: '-raw', values: '-totalcount -tail -first -last -encoding -head', paths: '-path -literalpath' },
  { names: 'get-childitem gci dir get-item', powershell: true, kind: 'read', joined: false, anyPath: true, flags: '-recurse -file -directory -force -name', values: '-filter -include -exclude -depth', paths: '-path -literalpath' },
  { names: 'select-string sls', powershell: true, kind: 'read', joined: false, operands: 'pattern', patternFlags: '-pattern', prints: true, flags: '-casesensitive -simplematch -quiet -list -allmatches -notmatch', values: '-pattern -context -encoding', paths: '-path -literalpath' },
  { names: 'select-object select measure-object measure sort-object format-table ft format-list fl out-string out-host get-unique', powershell: true, kind: 'read', joined: false, operands: 'text', flags: '-unique -line -word -character -descending -autosize -wrap', values: '-first -last -skip -property -expandproperty -index -width' },
  { names: 'out-null get-location gl get-date write-output write-host', powershell: true, kind: 'read', joined: false, operands: 'text', values: '-format' },
  { names: 'test-path resolve-path', powershell: true, kind: 'read', joined: false, flags: '-isvalid', values: '-pathtype', paths: '-path -literalpath' },
  { names: 'get-command gcm', powershell: true, kind: 'read', joined: false, operands: 'text' },

  // ── JavaScript and TypeScript ──
  { names: 'tsc vue-tsc', kind: 'check', joined: false, flags: '--noEmit -b --build --pretty --strict --skipLibCheck --listFiles --listFilesOnly --showConfig --diagnostics --extendedDiagnostics --incremental --force --dry --verbose --noErrorTruncation --explainFiles --version -v --help', values: '--target --module --lib --jsx --moduleResolution', paths: '-p --project --rootDir', writes: '--tsBuildInfoFile --outDir --outFile --declarationDir' },
  { names: 'eslint', kind: 'check', flags: '--quiet --fix --fix-dry-run --cache --no-cache --color --no-color --debug --exit-on-fatal-error --no-error-on-unmatched-pattern --report-unused-disable-directives --no-warn-ignored --pass-on-no-patterns --no-eslintrc --no-inline-config --stats --version -v --help', configs: '-c --config', values: '-f --format --max-warnings --ext --ignore-pattern --cache-strategy --rule --env --report-unused-disable-directives-severity --concurrency', paths: '--ignore-path --cache-location', writes: '-o --output-file' },
  { names: 'prettier', kind: 'check', flags: '--check -c --write -w --list-different -l --ignore-unknown -u --no-color --cache --no-config --version --help', values: '--log-level --loglevel --parser --end-of-line', paths: '--ignore-path' },
  { names: 'oxlint stylelint markdownlint markdownlint-cli2 cspell knip depcheck madge publint attw ts-unused-exports', kind: 'check', flags: '--quiet --fix --cache --color --no-color --no-progress --circular --version --help', values: '--max-warnings --extensions' },
  { names: 'depcruise', kind: 'check', flags: '--version --help --no-config --progress', values: '-T --output-type', paths: '--config -c' },
  { names: 'jest', kind: 'check', flags: '--ci --coverage --runInBand -i --silent --verbose --bail -b --no-cache --no-coverage --passWithNoTests --detectOpenHandles --forceExit -u --updateSnapshot --onlyChanged -o --listTests --json --watchAll=false --watch=false --colors --no-colors --clearCache --version --help', configs: '-c --config', values: '-t --testNamePattern --testPathPattern --testPathPatterns --maxWorkers -w --testTimeout --shard --selectProjects', paths: '--findRelatedTests --runTestsByPath' },
  { names: 'vitest', kind: 'check', flags: '--run --coverage --no-coverage --silent --passWithNoTests --bail --changed --no-color --typecheck --no-file-parallelism --watch=false --no-watch --update -u --version --help -v', configs: '-c --config', values: '-t --testNamePattern --reporter --project --maxWorkers --minWorkers --testTimeout --shard --environment --pool --retry', paths: '--dir' },
  { names: 'mocha', kind: 'check', flags: '--recursive --bail -b --exit --color --no-color --forbid-only --parallel --dry-run --version', values: '-g --grep -f --fgrep -R --reporter -t --timeout --spec --extension' },
  { names: 'ava tap tape uvu', kind: 'check', flags: '--version --serial --fail-fast --tap -v', values: '--match -m' },
  { names: 'svelte-check', kind: 'check', operands: 'none', flags: '--version --fail-on-warnings', values: '--output --threshold', configs: '--tsconfig' },
  { names: 'esbuild', kind: 'check', flags: '--bundle --minify --sourcemap --splitting --version --analyze', values: '--format --platform --target --external --loader --log-level --charset --jsx --define', writes: '--outfile --outdir' },
  { names: 'webpack tsup rspack', kind: 'check', operands: 'none', flags: '--version --dts --minify --clean', values: '--mode', configs: '-c --config' },
  { names: 'rollup', kind: 'check', operands: 'none', flags: '-c --silent --version' },
  { names: 'size-limit bundlesize', kind: 'check', operands: 'none', flags: '--json' },
  { names: 'node', kind: 'check', joined: false, flags: '--test --test-only --test-force-exit --experimental-strip-types --experimental-test-coverage --experimental-test-isolation --enable-source-maps --no-warnings --trace-warnings --check -c --version -v', values: '--test-name-pattern --test-reporter --test-concurrency --test-timeout --test-shard --test-skip-pattern --test-isolation', needs: '--test --check -c --version -v' },

  // ── Python ──
  { names: 'pytest py.test', kind: 'check', numbers: false, flags: '-q -qq -v -vv -vvv -x -s -l --quiet --verbose --exitfirst --lf --last-failed --ff --failed-first --sw --stepwise --collect-only --co --no-header --no-summary --disable-warnings --cov --no-cov --strict-markers --strict-config --showlocals --pdb=no --version --help', values: '-k -m -n -r --maxfail --tb --durations --cov --cov-report --color --numprocesses --timeout -W --import-mode', paths: '--ignore --deselect --rootdir', only: { '-p': '^no:[\\w.-]+$' }, writes: '--junitxml --junit-xml' },
  { names: 'unittest doctest compileall py_compile', kind: 'check', flags: '-v -q -f -b --verbose --quiet --failfast --buffer', values: '-k -p -s -t', operands: 'paths' },
  { names: 'mypy pyright basedpyright pyre ty', kind: 'check', flags: '--strict --ignore-missing-imports --no-error-summary --show-error-codes --pretty --no-incremental --check-untyped-defs --warnings --stats --verbose --outputjson --version', values: '--python-version --platform --pythonversion --level --follow-imports', paths: '-p --project --config-file' },
  { names: 'black isort autopep8 yapf', kind: 'check', flags: '--check --diff -q -v --quiet --verbose --check-only -c --color --fast -r -d --version', values: '-l --line-length -t --target-version --profile' },
  { names: 'flake8 pylint pycodestyle pydocstyle bandit vulture pyflakes', kind: 'check', flags: '-r -q -v --count --statistics --show-source --errors-only -E --version', values: '--max-line-length --select --ignore --extend-ignore --max-complexity --disable --enable --exclude -f -j --jobs --score --reports' },

  // ── Go, Rust, C, Java, Ruby, PHP and others ──
  { names: 'gofmt goimports', kind: 'check', flags: '-l -d -s -w -e' },
  { names: 'golangci-lint', kind: 'check', needs: 'run --version', flags: 'run --version --fast --no-config --fix', values: '--timeout --disable --enable -E -D --max-issues-per-linter --out-format', configs: '-c --config' },
  { names: 'staticcheck golint errcheck revive', kind: 'check', joined: false, flags: '-version', values: '-checks -tests' },
  { names: 'rustfmt', kind: 'check', flags: '--check -v -q --version', values: '--edition --color' },
  { names: 'ctest', kind: 'check', operands: 'none', flags: '-V -VV -N --output-on-failure --verbose --stop-on-failure', values: '-R -E -L -j -C --parallel --timeout', paths: '--test-dir' },
  { names: 'clang-format clang-tidy cppcheck shellcheck hadolint yamllint actionlint', kind: 'check', flags: '-i -n -q -s -x --dry-run --Werror --quiet --strict --version --enable=all', values: '--style -S --severity --shell --format -f' },
  { names: 'shfmt', kind: 'check', flags: '-l -d -s -w -ci -bn', values: '-i -ln' },
  { names: 'rspec minitest', kind: 'check', flags: '-b --backtrace --fail-fast --color --no-color --dry-run --version', values: '-e --example -t --tag -f --format --seed --order' },
  { names: 'rubocop standardrb', kind: 'check', flags: '-a -A -l --lint --autocorrect --parallel --display-cop-names --version', values: '--only --except -f --format' },
  { names: 'phpunit pest paratest', kind: 'check', flags: '--colors --no-coverage --stop-on-failure --testdox --debug --version', values: '--filter --testsuite --group --exclude-group --colors' },
  { names: 'phpstan psalm', kind: 'check', flags: 'analyse analyze --no-progress --no-cache --ansi --no-ansi --version', values: '-l --level --error-format --memory-limit' },
  { names: 'php-cs-fixer phpcs pint', kind: 'check', flags: 'fix check --dry-run --diff --test -v --version', values: '--standard' },
  { names: 'tox nox', kind: 'check', operands: 'none', flags: 'run -l -q -v --list --parallel -p', values: '-e -s' },
  { names: 'luacheck busted ktlint detekt swiftlint swiftformat scalafmt terraform-docs tflint', kind: 'check', flags: '--strict --quiet --lint --check --test --version' },
]);

export const FAMILIES: readonly Family[] = z.array(family).parse([
  {
    names: 'git', flags: '--no-pager --no-optional-locks -P --literal-pathspecs --version', values: '', paths: '-C',
    subs: [
      { names: 'status', kind: 'read', flags: '-s -b -v -z --short --branch --porcelain --long --verbose --ignored --show-stash --ahead-behind --no-renames', values: '-u --untracked-files --porcelain --ignored --ignore-submodules --column' },
      { names: 'diff show log whatchanged', kind: 'read', prints: true, numbers: true,
        flags: '-p -u -s -w -b -z -R -g -i -E -F -m -c --cc --patch --no-patch --stat --numstat --shortstat --summary --name-only --name-status --cached --staged --oneline --graph --decorate --all --reverse --merges --no-merges --first-parent --follow --raw --color --no-color --word-diff --ignore-all-space --ignore-space-change --ignore-blank-lines --ignore-space-at-eol --no-ext-diff --no-textconv --no-renames --find-renames -M -C --quiet --exit-code --check --minimal --patience --histogram --abbrev-commit --no-decorate --full-diff --branches --tags --remotes --merge-base --compact-summary --no-prefix --topo-order --date-order --show-signature=no --relative --no-abbrev-commit --pretty --stat-count --text -a',
        values: '-n -U -S -G --max-count --unified --since --after --until --before --author --committer --grep --format --pretty --date --diff-filter --color --word-diff --abbrev --skip --stat --decorate --diff-algorithm --find-renames --relative' },
      { names: 'blame annotate', kind: 'read', prints: true, flags: '-w -s -e -l -t -f -M -C --porcelain --line-porcelain --date', values: '-L --since --abbrev' },
      { names: 'branch', kind: 'read', operands: 'none', flags: '-a -r -v -vv -l --list --all --remotes --verbose --show-current --no-color', values: '--sort --format --contains --merged --no-merged --points-at --color' },
      { names: 'tag', kind: 'read', operands: 'text', flags: '-l --list', values: '-n --sort --contains --points-at', needs: '-l --list', alone: true },
      { names: 'remote', kind: 'read', operands: 'none', flags: '-v --verbose' },
      { names: 'ls-files ls-tree', kind: 'read', flags: '-c -d -m -o -s -u -z -r -t -l --cached --deleted --modified --others --stage --exclude-standard --name-only --full-name --full-tree --error-unmatch', values: '-x --exclude' },
      { names: 'rev-parse rev-list merge-base describe shortlog name-rev cherry count-objects', kind: 'read', operands: 'text', flags: '--show-toplevel --git-dir --abbrev-ref --short --verify --is-inside-work-tree --show-prefix --symbolic-full-name --all --count --tags --always --dirty --long -s -n -e -q --is-ancestor --no-merges --left-right --first-parent -v -H', values: '--short --max-count --match --abbrev --since --until' },
      { names: 'grep', kind: 'read', operands: 'pattern', patternFlags: '-e', prints: true, flags: '-n -i -l -L -c -v -w -h -H -E -F -P -q -I -p -W --line-number --ignore-case --files-with-matches --count --cached --untracked --name-only', values: '-e -m -A -B -C --max-depth --max-count --color' },
      { names: 'reflog', kind: 'read', operands: 'none', flags: '--oneline', values: '-n', numbers: true },
      { names: 'stash worktree', kind: 'read', operands: 'none', flags: 'list --porcelain -v', needs: 'list' },
      { names: 'config', kind: 'read', operands: 'none', flags: '--get --local --global user.name user.email core.autocrlf init.defaultBranch remote.origin.url branch.autosetuprebase', needs: '--get user.name user.email' },
      { names: 'cat-file', kind: 'read', prints: true, flags: '-p -t -s -e' },
      { names: 'check-ignore check-attr', kind: 'read', flags: '-v -q -n --verbose --non-matching --no-index' },
      
    ],
  },
  {
    names: 'cargo', flags: '-q -v -vv --quiet --verbose --locked --offline --frozen --version -V', values: '--color',
    subs: [
      { names: 'test t build b check c clippy bench doc d nextest', kind: 'check', operands: 'text', passes: true,
        flags: '-q -v -vv -r --quiet --verbose --release --all --workspace --lib --bins --tests --examples --benches --all-targets --all-features --no-default-features --no-run --no-fail-fast --doc --locked --offline --frozen --keep-going --no-deps --open=no --nocapture --ignored --include-ignored --show-output --exact --list --fix --allow-dirty --allow-staged',
        values: '-p -j -F --package --exclude --bin --test --example --bench --features --jobs --profile --target --message-format --color --test-threads --skip -D -W -A', paths: '--manifest-path', writes: '--target-dir' },
      { names: 'fmt', kind: 'check', operands: 'text', passes: true, flags: '--all --check -q -v', values: '-p --package', paths: '--manifest-path' },
      { names: 'tree metadata', kind: 'read', operands: 'none', flags: '-q --no-deps --offline --all-features --duplicates -d', values: '-p -i -e --format-version --depth' },
    ],
  },
  {
    names: 'go', flags: '', values: '', paths: '-C',
    subs: [
      { names: 'test build vet list', kind: 'check', joined: false, flags: '-v -x -n -a -race -short -cover -json -failfast -i -trimpath -m -e -deps -test -benchmem -c', values: '-run -bench -count -timeout -cpu -parallel -p -tags -coverpkg -covermode -f -mod -skip -shuffle -benchtime -ldflags=-s -vet', writes: '-o -coverprofile -cpuprofile -memprofile', operands: 'paths' },
      { names: 'version env doc', kind: 'read', joined: false, operands: 'text', flags: '-m -json -all -short -u -src' },
      { names: 'mod', kind: 'read', operands: 'none', flags: 'verify graph why', needs: 'verify graph why' },
      { names: 'tool', kind: 'read', joined: false, operands: 'none', flags: 'cover', paths: '-func', writes: '-o', needs: 'cover' },
      { names: 'fmt', kind: 'check', flags: '-n -x' },
    ],
  },
  { names: 'dotnet', flags: '--version --info --list-sdks', values: '', subs: [{ names: 'test build', kind: 'check', flags: '--no-restore --no-build --nologo --force --no-incremental --blame', values: '-c -f -v --configuration --framework --verbosity --filter --logger -l', operands: 'paths' }, { names: 'format', kind: 'check', flags: '--verify-no-changes --no-restore', values: '--verbosity --severity' }, { names: 'clean', kind: 'check', flags: '--nologo', values: '-c -v --configuration' }, { names: 'list', kind: 'read', operands: 'none', flags: 'package reference', needs: 'package reference' }] },
  { names: 'swift', flags: '--version', values: '', subs: [{ names: 'test build', kind: 'check', operands: 'none', flags: '-v --parallel --skip-build --enable-code-coverage', values: '-c --configuration --filter --skip --target --product' }] },
  { names: 'cmake', flags: '--version', values: '', subs: [{ names: '--build', kind: 'check', passes: true, flags: '-v --clean-first', values: '-j --parallel --target --config -t' }] },
  { names: 'biome', flags: '--version', values: '', subs: [{ names: 'check lint format ci', kind: 'check', flags: '--write --fix --no-errors-on-unmatched --error-on-warnings --staged --changed --verbose --skip-errors', values: '--max-diagnostics --diagnostic-level --colors --reporter --since --files-ignore-unknown' }] },
  { names: 'ruff', flags: '--version', values: '', subs: [{ names: 'check format', kind: 'check', flags: '--fix --diff --check --no-cache --quiet -q --statistics --exit-zero --preview --show-fixes --no-fix', values: '--select --ignore --extend-select --output-format --target-version --line-length' }] },
  { names: 'deno', flags: '--version', values: '', subs: [{ names: 'test', kind: 'check', flags: '--fail-fast --parallel --no-check --quiet -q --doc', values: '--filter' }, { names: 'lint fmt check', kind: 'check', flags: '--check --quiet -q --json --all' }] },
  { names: 'mix', flags: '--version', values: '', subs: [{ names: 'test compile', kind: 'check', flags: '--trace --stale --failed --warnings-as-errors --color', values: '--only --exclude --seed --max-failures' }, { names: 'format', kind: 'check', flags: '--check-formatted' }] },
  { names: 'playwright', flags: '--version', values: '', subs: [{ names: 'test', kind: 'check', flags: '--headed=no --forbid-only --list --last-failed --quiet -x', values: '--project --reporter --workers -g --grep --retries --shard --timeout --max-failures -j', configs: '-c --config' }] },
  { names: 'cypress', flags: '--version', values: '', subs: [{ names: 'run', kind: 'check', operands: 'none', flags: '--headless --component --e2e --quiet', values: '--browser -b', paths: '--spec -s' }] },
  { names: 'sbt stack cabal lein', flags: '--version', values: '', subs: [{ names: 'test build compile check', kind: 'check', operands: 'none', flags: '--fast --pedantic --verbose' }] },
  { names: 'flutter dart', flags: '--version', values: '', subs: [{ names: 'format', kind: 'check', flags: '--set-exit-if-changed', values: '-o --output' }, { names: 'test analyze', kind: 'check', flags: '--coverage --fatal-infos --fatal-warnings', values: '--name --plain-name -r' }] },
  { names: 'rails rake', flags: '--version', values: '', subs: [{ names: 'test spec lint', kind: 'check' }] },
  { names: 'bazel', flags: '--version', values: '', subs: [{ names: 'test build query', kind: 'check', operands: 'text', flags: '--nocache_test_results', values: '--test_output --jobs' }] },
  { names: 'zig', flags: '', values: '', subs: [{ names: 'build', kind: 'check', operands: 'none', flags: 'test check' }, { names: 'fmt version', kind: 'check', flags: '--check' }] },
  { names: 'terraform tofu', flags: '-version', values: '', subs: [{ names: 'fmt', kind: 'check', flags: '-check -diff -recursive' }, { names: 'validate', kind: 'check', operands: 'none', flags: '-json -no-color' }] },
  { names: 'next astro vite parcel', flags: '--version', values: '', subs: [{ names: 'build lint check', kind: 'check', operands: 'paths', flags: '--quiet --no-lint --debug', values: '--mode --max-warnings' }] },
]);

/** Package scripts, make targets and their like that run unasked: by the first word of their name. */
export const SCRIPT_NAME = /^(?:test|lint|build|check|typecheck|type-check)|^(?:(?:fmt|format|prettier|style|types?|code|unit|ci|js|ts)[-_:](?:check|tests?|lint)|unit|verify|compile|coverage|types|tsc|eslint|vet)$/;

/** Options whose value may be a module that is loaded: a plain name is one of the tool's own or an installed one, a path is anything. */
export const LOADING_OPTIONS = new Set('-R --reporter --reporters --test-reporter --environment --pool -f --format --formatter --standard --logger -l -W --import-mode --output-format --test-isolation --parser'.split(' '));
export const PLAIN_NAME = /^[A-Za-z][\w-]*(?:[:=;,][\w:=;,-]*)?$/;

/** Options of `npm run test -- …` and their like that tools know and that load no code. */
export const PASSED_ON = flat.parse({
  kind: 'check', joined: false, flags: '--run --ci --coverage --silent --quiet --verbose --bail --runInBand -i -u -v -q --updateSnapshot --watch=false --watchAll=false --no-watch --no-color --color --passWithNoTests --json --fix --check --no-coverage --headless --noEmit',
  values: '-t --testNamePattern --testPathPattern --reporter --grep -g --test-name-pattern --filter --maxWorkers --testTimeout --max-warnings --shard --mode', operands: 'paths',
});
