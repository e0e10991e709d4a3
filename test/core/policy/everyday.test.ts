import { expect, it } from 'vitest';
import { line, argv, parser, script } from './check.js';

const EVERYDAY = `
npm test
npm t
npm run test
npm run lint
npm run build
npm run typecheck
npm run test:unit
npm run lint -- --fix
npm test -- --coverage
npm run test --silent
npm --version
npm ls
npm run check
npm run build:prod
npm run test -w packages/core
pnpm test
pnpm lint
pnpm run build
pnpm -r test
pnpm exec tsc --noEmit
yarn test
yarn lint
yarn build
yarn tsc --noEmit
bun test
bun run lint
npx tsc --noEmit
npx tsc -p tsconfig.json
npx eslint .
npx eslint src --ext .ts,.tsx
npx eslint --max-warnings 0 src/index.ts
npx prettier --check .
npx vitest run
npx vitest run src/a.test.ts
npx jest
npx jest --ci src/a.test.ts
npx jest -t adds
npx mocha --recursive
npx biome check src
npx c8 npm test
npx vitest run --reporter=verbose
npx --no-install eslint .
tsc --noEmit
tsc -b
eslint src
prettier -c src
jest --coverage
vitest --run
./node_modules/.bin/eslint src
node_modules/.bin/tsc --noEmit
node --test
node --test test/a.test.js
node --test --experimental-strip-types test/*.test.ts
node --check src/a.js
node --version
python --version
python3 -m pytest -q
python -m unittest
python -m unittest discover -s tests
pytest
pytest -q
pytest -x tests/test_a.py
pytest -k name -vv
pytest tests/test_a.py::test_b
pytest --cov=src --cov-report=term
mypy src
mypy --strict .
ruff check .
ruff format --check .
black --check .
flake8 src
pylint src
isort --check-only .
poetry run pytest
uv run pytest -q
pipenv run pytest
go test ./...
go test -v -run TestX ./pkg/...
go test -race -count=1 ./...
go build ./...
go vet ./...
gofmt -l .
go version
go list ./...
cargo build
cargo test
cargo test name -- --nocapture
cargo check
cargo clippy -- -D warnings
cargo fmt --check
cargo build --release
cargo test -p core
make test
make lint
make build -j4
make check
mvn test
mvn -q -B test
mvn verify
gradle test
gradle build
dotnet test
dotnet build --no-restore
bundle exec rspec
rspec spec/a_spec.rb
rubocop
rake test
phpunit
vendor/bin/phpunit tests
composer test
swift test
swift build
mix test
deno test
deno lint
cmake --build build
ctest --output-on-failure
ninja -C build
git status
git status -s
git status --porcelain
git diff
git diff --stat
git diff HEAD~1
git diff main...HEAD
git diff -- src/a.ts
git diff --cached --name-only
git log
git log --oneline -5
git log -n 5 --stat
git log -p src/a.ts
git show HEAD
git show HEAD:src/a.ts
git show --stat
git branch
git branch -a
git branch --show-current
git blame src/a.ts
git ls-files
git rev-parse HEAD
git rev-parse --abbrev-ref HEAD
git grep -n TODO
git remote -v
git --no-pager log --oneline
git tag -l
git describe --tags
ls
ls -la
ls -la src
ls src/core
cat src/a.ts
cat package.json
cat README.md
head -n 20 src/a.ts
head -20 src/a.ts
tail -n 50 build.log
tail -50 build.log
wc -l src/a.ts
grep -rn TODO src
grep -rn createUser src --include=*.ts
grep -n -A 3 -B 3 x src/a.ts
rg TODO
rg -n createUser src
rg --files
rg -l x -g *.ts
rg -t ts x
find . -name *.ts
find src -type f -name *.test.ts
find . -maxdepth 2 -type d
find . -name *.ts -not -path */node_modules/*
tree -L 2
pwd
which node
echo done
diff a.txt b.txt
sort names.txt
sort -u names.txt
cut -d, -f1 data.csv
jq .scripts package.json
du -sh src
stat src/a.ts
file src/a.ts
sed -n 10,20p src/a.ts
date
whoami
uname -a
true
test -f package.json
basename src/a.ts
sha256sum src/a.ts
realpath src/a.ts
time npm test
timeout 60 npm test
env CI=1 npm test
nice npm test
env NODE_ENV=test npx jest
shellcheck run.sh
cat .env.example
cat src/secrets-manager.ts
cat docs/id_rsa.md
grep -n password src/login.ts
cat src/monkey.ts
ls tests/keys
`;
const SCRIPTS = `
npm test && npm run lint
npm run lint && npm run typecheck && npm test
cd packages/core && npm test
CI=1 npm test
npm test 2>&1 | tail -n 20
git status --short | wc -l
test -f src/index.ts && grep -q createUser src/index.ts
[ -f package.json ] && npm test
node --test test/a.test.ts
grep -rn TODO src | wc -l
! grep -rn "console.log" src
ls src/*.ts
npx tsc --noEmit && npx eslint .
npm test > /dev/null
set -e; npm run build; npm test
if grep -q x src/a.ts; then npm test; else exit 1; fi
npm run build && test -d dist
for i in 1 2 3; do npm test || exit 1; done
pytest -q --maxfail=1
NODE_ENV=test node --test
test "$(git rev-parse HEAD)" != ""
npm test -- --run && echo ok
`;
const commands = EVERYDAY.split('\n')
  .map((text) => text.trim())
  .filter(Boolean);
const scripts = SCRIPTS.split('\n').filter(Boolean);

it('does not ask about everyday commands', async () => {
  const asked: string[] = [];
  for (const text of commands) {
    const decision = argv(line(text));
    if (decision.effect !== 'allow') asked.push(`${text} → ${decision.effect} ${decision.rule}: ${decision.reason}`);
  }
  for (const text of scripts) {
    const decision = await script(text);
    if (decision.effect !== 'allow')
      asked.push(`script ${text} → ${decision.effect} ${decision.rule}: ${decision.reason}`);
  }
  const share = 1 - asked.length / (commands.length + scripts.length);
  console.info(
    `${commands.length + scripts.length} everyday commands, ${Math.round(share * 1000) / 10} % unasked\n${asked.join('\n')}`,
  );
  expect(share).toBeGreaterThanOrEqual(0.99);
});

it('judges a script as it judges the same vector', async () => {
  const differing: string[] = [];
  for (const text of commands.filter((command) => !/[*?()!]/.test(command))) {
    const [one, other] = [argv(line(text)), await script(text)];
    if (one.effect !== other.effect)
      differing.push(`${text}: ${one.effect} ${one.rule}, as a script ${other.effect} ${other.rule}`);
  }
  expect(differing).toEqual([]);
});

it('says how long a decision takes', async () => {
  for (const text of scripts) await script(text); // the grammar is loaded at the first call
  const times: number[] = [];
  for (let round = 0; round < 5; round += 1)
    for (const text of scripts) {
      const started = performance.now();
      await script(text);
      times.push(performance.now() - started);
    }
  times.sort((a, b) => a - b);
  const at = (share: number) => (times[Math.floor(times.length * share)] ?? 0).toFixed(2);
  const long = 'npm test; '.repeat(10_000);
  const started = performance.now();
  const decision = await script(long);
  console.info(
    `policy with parse: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms; 100,000 characters ${(performance.now() - started).toFixed(1)} ms`,
  );
  expect(decision).toMatchObject({ effect: 'deny', rule: 'script.too-long' });
  expect(await parser.parse('ls')).toMatchObject({ ok: true });
});
