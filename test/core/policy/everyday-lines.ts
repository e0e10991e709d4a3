/** Shell lines as people and agents type them to read, lint, test, type-check and build. One a line; `#` begins a heading. */
export const EVERYDAY_LINES = String.raw`
# node
npm test
npm t
npm run test
npm run lint
npm run build
npm run typecheck
npm run type-check
npm run check
npm run test:unit
npm run test:e2e
npm run lint:fix
npm run lint -- --fix
npm run build:prod
npm test -- --coverage
npm test -- src/a.test.ts
npm test -- -t "adds a user"
npm test -- --watch=false
npm test -- --run
npm test --silent
npm run -s test
npm --silent test
npm run test --workspace=packages/core
npm run test -w packages/core
npm run build --workspaces --if-present
npm test --prefix packages/api
npm --prefix packages/api test
npm run format:check
npm run coverage
npm run verify
npm run compile
npm run unit
npm run ci:test
npm run tsc
npm run e2e
npm run prettier:check
npm run eslint
npm ls
npm ls --depth=0
npm list --depth 0
npm --version
npm -v
npm run
npm pkg get scripts
npm why react
npm outdated --json
pnpm test
pnpm lint
pnpm build
pnpm run test
pnpm run build
pnpm -r test
pnpm -r build
pnpm --filter core test
pnpm --filter @acme/core build
pnpm -F web lint
pnpm exec tsc --noEmit
pnpm exec vitest run
pnpm vitest run
pnpm tsc --noEmit
pnpm eslint .
pnpm typecheck
pnpm list
yarn test
yarn lint
yarn build
yarn run test
yarn tsc --noEmit
yarn jest
yarn eslint src
yarn workspace core test
yarn workspaces run test
yarn --version
bun test
bun run lint
bun run build
bun run test
bunx tsc --noEmit
bun --version
npx tsc --noEmit
npx tsc -p tsconfig.json
npx tsc -p tsconfig.build.json --noEmit
npx tsc --noEmit --pretty false
npx tsc -b
npx tsc --build
npx tsc
npx eslint .
npx eslint src
npx eslint src --ext .ts,.tsx
npx eslint --max-warnings 0 src/index.ts
npx eslint --max-warnings=0 .
npx eslint . --fix
npx eslint "src/**/*.ts"
npx eslint 'src/**/*.{ts,tsx}'
npx eslint src/**/*.ts
npx eslint --format json src
npx eslint -f stylish .
npx eslint src/a.ts --no-eslintrc
npx eslint . --quiet
npx eslint --cache .
npx prettier --check .
npx prettier --check "src/**/*.ts"
npx prettier -c src
npx prettier --list-different src
npx prettier --write src/a.ts
npx vitest run
npx vitest --run
npx vitest run src/a.test.ts
npx vitest run -t "name of test"
npx vitest run --reporter=verbose
npx vitest run --reporter=dot
npx vitest run --coverage
npx vitest run --no-coverage src/lib
npx jest
npx jest --ci
npx jest --ci src/a.test.ts
npx jest -t adds
npx jest --coverage
npx jest src/components --verbose
npx jest --runInBand
npx jest --testPathPattern=user
npx jest --no-coverage --silent
npx jest --config jest.config.js
npx mocha
npx mocha --recursive
npx mocha "test/**/*.spec.js"
npx mocha test/a.spec.js --timeout 5000
npx ava
npx tap
npx playwright test
npx playwright test tests/login.spec.ts
npx cypress run
npx biome check .
npx biome check src
npx biome lint src
npx @biomejs/biome check src
npx oxlint
npx stylelint "**/*.css"
npx knip
npx vue-tsc --noEmit
npx svelte-check
npx astro check
npx next lint
npx next build
npx vite build
npx webpack --mode production
npx rollup -c
npx esbuild src/index.ts --bundle --outfile=dist/out.js
npx tsup
npx turbo run test
npx turbo test
npx turbo run build --filter=web
npx nx test app
npx nx run app:test
npx nx run-many -t test
npx nx affected --target=test
npx nx lint app
npx ng test --watch=false
npx ng lint
npx ng build
npx markdownlint README.md
npx cspell "src/**"
npx depcheck
npx madge --circular src
npx publint
npx c8 npm test
npx nyc mocha
npx --no-install eslint .
npx --no tsc --noEmit
tsc --noEmit
eslint .
prettier --check .
jest
vitest run
./node_modules/.bin/tsc --noEmit
./node_modules/.bin/eslint src
node_modules/.bin/jest
node --test
node --test test/
node --test test/a.test.js
node --test "test/**/*.test.js"
node --test --experimental-strip-types test/*.test.ts
node --check src/a.js
node --version
node -v
deno test
deno lint
deno check main.ts
deno fmt --check
NODE_ENV=test npm test
CI=true npm test
CI=1 npx jest --ci
NODE_ENV=production npm run build
FORCE_COLOR=0 npm test
# python
pytest
pytest -q
pytest -x
pytest -v
pytest -vv
pytest -x -q
pytest -xvs
pytest -ra
pytest tests
pytest tests/
pytest tests/test_a.py
pytest tests/test_a.py::test_b
pytest tests/test_a.py::TestC::test_b -v
pytest -k "name and not slow"
pytest -m "not slow"
pytest --maxfail=1 -q
pytest --tb=short
pytest --tb=no -q
pytest --cov=src
pytest --cov=src --cov-report=term-missing
pytest --cov --cov-report=xml
pytest --lf
pytest -n auto
pytest -n 4
pytest --durations=10
pytest --collect-only -q
pytest -p no:cacheprovider
pytest -s tests/test_a.py
pytest -q --no-header
python -m pytest
python -m pytest -q
python3 -m pytest tests/ -v
python3 -m pytest -x --tb=short
python -m unittest
python -m unittest discover
python -m unittest discover -s tests -p "test_*.py"
python -m unittest tests.test_a
python -m unittest tests.test_a.TestB.test_c -v
python -m mypy src
python -m ruff check .
python -m flake8
python -m black --check .
python -m compileall src
python -m py_compile src/a.py
python -m build
python -m coverage run -m pytest
python -m coverage report
coverage run -m pytest
coverage report
coverage report -m
coverage xml
mypy .
mypy src
mypy src --strict
mypy --ignore-missing-imports src
mypy --config-file mypy.ini src
ruff check
ruff check .
ruff check src tests
ruff check --fix .
ruff check . --output-format=github
ruff format --check .
ruff format --diff .
black --check .
black --check src tests
black --diff src
isort --check .
isort --check-only --diff src
isort -c .
flake8
flake8 src
flake8 --max-line-length=100 src
pylint src
pylint --errors-only src
pylint src/a.py --disable=C0111
pyright
pyright src
basedpyright
bandit -r src
vulture src
tox
tox -e py311
tox -e lint
tox run -e py312
nox
nox -s tests
nox -s lint
pre-commit run --all-files
poetry run pytest
poetry run pytest -q
poetry run mypy src
poetry run ruff check .
poetry build
uv run pytest
uv run pytest -q
uv run mypy src
uv run ruff check .
uvx ruff check .
pipenv run pytest
pdm run pytest
hatch test
hatch run test
rye test
python --version
python3 --version
python -V
python manage.py test
python manage.py check
python manage.py test app.tests
.venv/bin/pytest -q
.venv/bin/python -m pytest
pip list
pip --version
pip show requests
pip freeze
pip check
# go
go test ./...
go test
go test .
go test ./pkg/...
go test -v ./...
go test -race ./...
go test -run TestX ./pkg
go test -run '^TestX$' ./...
go test -count=1 ./...
go test -short ./...
go test -cover ./...
go test -coverprofile=coverage.out ./...
go test -bench=. ./...
go test -v -run TestFoo ./internal/foo
go test -timeout 60s ./...
go test -tags integration ./...
go test -json ./...
go build
go build ./...
go build -o bin/app ./cmd/app
go build -v ./...
go vet
go vet ./...
go fmt ./...
gofmt -l .
gofmt -d .
gofmt -s -l .
go list ./...
go list -m all
go version
go env GOPATH
go mod verify
go mod graph
go doc fmt.Println
go tool cover -func=coverage.out
golangci-lint run
golangci-lint run ./...
golangci-lint run --timeout 5m
staticcheck ./...
golint ./...
goimports -l .
govulncheck ./...
CGO_ENABLED=0 go build ./...
GOOS=linux go build ./...
# rust
cargo test
cargo test --all
cargo test --workspace
cargo test --lib
cargo test -p core
cargo test my_test
cargo test my_test -- --nocapture
cargo test --release
cargo test --all-features
cargo test --no-run
cargo test --doc
cargo test --test integration
cargo build
cargo build --release
cargo build --all-targets
cargo b
cargo check
cargo check --all-targets
cargo check --workspace --all-features
cargo clippy
cargo clippy -- -D warnings
cargo clippy --all-targets -- -D warnings
cargo clippy --all-targets --all-features -- -D warnings
cargo clippy --fix --allow-dirty
cargo fmt
cargo fmt --check
cargo fmt --all -- --check
cargo fmt -- --check
cargo doc --no-deps
cargo bench
cargo nextest run
cargo tree
cargo metadata --format-version 1
cargo metadata --no-deps --format-version 1
cargo --version
cargo audit
cargo +nightly fmt --check
rustc --version
rustfmt --check src/main.rs
RUST_BACKTRACE=1 cargo test
RUSTFLAGS="-D warnings" cargo build
# java and kotlin
mvn test
mvn verify
mvn compile
mvn package
mvn clean test
mvn clean verify
mvn clean package
mvn -q test
mvn -B test
mvn -q -B verify
mvn -o test
mvn test -Dtest=UserTest
mvn -Dtest=UserTest#adds test
mvn -pl core test
mvn -pl core -am test
mvn package -DskipTests
mvn checkstyle:check
mvn spotless:check
mvn dependency:tree
mvn --version
./mvnw test
./mvnw -q verify
gradle test
gradle build
gradle check
./gradlew test
./gradlew build
./gradlew check
./gradlew clean build
./gradlew test --tests "com.acme.UserTest"
./gradlew :app:test
./gradlew :app:testDebugUnitTest
./gradlew assemble
./gradlew lint
./gradlew spotlessCheck
./gradlew ktlintCheck
./gradlew test --info
./gradlew tasks
gradle --version
java -version
java --version
javac -version
ktlint
# dotnet
dotnet test
dotnet build
dotnet test --no-build
dotnet test --no-restore
dotnet test --filter Name~Foo
dotnet test -c Release
dotnet test tests/App.Tests
dotnet build -c Release
dotnet build --no-restore
dotnet build App.sln
dotnet format --verify-no-changes
dotnet clean
dotnet --version
dotnet --info
dotnet list package
# php
vendor/bin/phpunit
./vendor/bin/phpunit
./vendor/bin/phpunit tests/Unit
vendor/bin/phpunit --filter testAdds
vendor/bin/phpunit --testdox
phpunit
phpunit tests
vendor/bin/pest
vendor/bin/phpstan analyse
vendor/bin/phpstan analyse src --level=8
phpstan analyse src
vendor/bin/psalm
vendor/bin/php-cs-fixer fix --dry-run --diff
vendor/bin/phpcs src
vendor/bin/phpcs --standard=PSR12 src
vendor/bin/pint --test
composer test
composer run test
composer lint
composer validate
composer show
php -l src/A.php
php --version
php -v
php artisan test
php artisan route:list
# ruby
bundle exec rspec
bundle exec rspec spec/a_spec.rb
bundle exec rspec spec/a_spec.rb:12
bundle exec rubocop
bundle exec rake test
bundle exec rails test
rspec
rspec spec/models
rspec --format documentation
rubocop
rubocop -a
rubocop app
rake test
rake spec
rake lint
rails test
bin/rails test
bin/rspec
bundle check
bundle list
ruby -c lib/a.rb
ruby --version
ruby -v
standardrb
# c and c++, make, others
make
make test
make check
make lint
make build
make all
make -j4
make -j4 test
make -j$(nproc)
make -C build
make -C sub test
make test-unit
make fmt-check
make typecheck
make -n
make help
make clean
cmake --build build
cmake --build build --target test
cmake --build build -j4
cmake -S . -B build
cmake -B build
cmake -B build -DCMAKE_BUILD_TYPE=Debug
ctest --test-dir build
ctest --test-dir build --output-on-failure
ctest --output-on-failure
ctest -j4
ninja -C build
ninja -C build test
meson test -C build
meson compile -C build
gcc -Wall -c src/a.c -o build/a.o
gcc -fsyntax-only src/a.c
g++ -std=c++20 -Wall -o build/app src/main.cpp
clang --version
gcc --version
clang-format --dry-run --Werror src/a.cpp
clang-tidy src/a.cpp
cppcheck src
shellcheck scripts/run.sh
bash -n scripts/run.sh
shfmt -d .
hadolint Dockerfile
yamllint .
actionlint
terraform validate
terraform fmt -check
swift test
swift build
swiftlint
mix test
mix format --check-formatted
mix compile --warnings-as-errors
flutter test
flutter analyze
dart analyze
dart test
dart format --set-exit-if-changed .
zig build test
zig build
bazel test //...
bazel build //...
just test
just lint
task test
sbt test
sbt compile
stack test
stack build
cabal test
cabal build
lein test
elm make src/Main.elm
# git reads
git status
git status -s
git status --short
git status --porcelain
git status -sb
git diff
git diff --stat
git diff --name-only
git diff HEAD
git diff HEAD~1
git diff HEAD~1 HEAD
git diff main...HEAD
git diff main..feature
git diff origin/main
git diff -- src/a.ts
git diff --cached
git diff --staged --name-only
git diff --cached --stat
git diff HEAD -- src
git diff --name-status HEAD~3
git diff -U0
git diff --check
git log
git log -1
git log -5
git log --oneline
git log --oneline -10
git log --oneline -n 20
git log --oneline --graph --all
git log --oneline main..HEAD
git log -p src/a.ts
git log -n 5 --stat
git log --since="2 weeks ago"
git log --author=me --oneline
git log --format="%h %s"
git log --pretty=format:"%h %an %s" -5
git log --follow -- src/a.ts
git log -S createUser --oneline
git log --grep="fix" --oneline
git log -1 --format=%H
git show
git show HEAD
git show HEAD --stat
git show --stat
git show HEAD:src/a.ts
git show abc1234
git show --name-only HEAD
git branch
git branch -a
git branch -vv
git branch --show-current
git branch --list
git blame src/a.ts
git blame -L 10,20 src/a.ts
git ls-files
git ls-files src
git ls-files "*.ts"
git ls-files --others --exclude-standard
git ls-tree HEAD
git ls-tree -r HEAD --name-only
git rev-parse HEAD
git rev-parse --abbrev-ref HEAD
git rev-parse --show-toplevel
git rev-list --count HEAD
git merge-base main HEAD
git grep TODO
git grep -n TODO
git grep -l createUser
git grep -n "foo" -- "*.ts"
git remote
git remote -v
git tag
git tag -l
git describe --tags
git shortlog -sn
git stash list
git worktree list
git config --get user.name
git config user.email
git cat-file -p HEAD
git reflog
git reflog -5
git --version
git --no-pager log --oneline -5
git --no-pager diff
git diff | cat
git log --oneline | head -20
git status && git diff
# reading with unix tools
ls
ls -la
ls -l src
ls -la src/
ls -lah
ls -1
ls -R src
ls -lt | head
ls src/*.ts
ls -d */
ls **/*.ts
cat src/a.ts
cat package.json
cat README.md
cat -n src/a.ts
cat src/*.ts
cat src/a.ts src/b.ts
cat package.json | jq .scripts
cat src/a.ts | head -50
cat src/a.ts | grep -n foo
cat .gitignore
cat .eslintrc.json
cat .env.example
cat tsconfig.json
cat Makefile
cat Dockerfile
cat .github/workflows/ci.yml
cat .vscode/settings.json
head src/a.ts
head -20 src/a.ts
head -n 20 src/a.ts
head -c 500 src/a.ts
head -5 src/*.ts
tail -20 log.txt
tail -n 50 build.log
tail -n +10 src/a.ts
wc -l src/a.ts
wc -l src/*.ts
wc src/a.ts
grep -r TODO src
grep -rn TODO .
grep -rn "createUser" src
grep -rn "createUser" src --include=*.ts
grep -rn "createUser" --include="*.ts" src
grep -rn 'foo\|bar' src
grep -rl foo src
grep -n foo src/a.ts
grep -n -A 3 -B 3 foo src/a.ts
grep -nE "foo|bar" src/a.ts
grep -c foo src/a.ts
grep -i foo README.md
grep -v foo a.txt
grep -q foo src/a.ts
grep -w foo src/a.ts
grep -rnw src -e foo
grep foo src/*.ts
grep -rn --exclude-dir=node_modules foo .
grep -rn "import.*react" src | head -20
grep -ohE "[a-z]+" src/a.ts | sort | uniq -c
rg TODO
rg -n TODO src
rg -l TODO
rg --files
rg --files -g "*.ts"
rg -t ts createUser
rg -g '*.ts' createUser src
rg -i foo
rg -C 3 foo src
rg "foo|bar" src
rg --type ts -n foo
rg foo --glob '!node_modules'
rg -c foo
find . -name "*.ts"
find . -name '*.ts' -type f
find src -type f
find src -type f -name "*.test.ts"
find . -type d -name node_modules -prune -o -name "*.ts" -print
find . -maxdepth 2 -type d
find . -name "*.py" -not -path "./.venv/*"
find . -name "*.ts" -not -path "*/node_modules/*"
find . -type f | head -50
find . -type f -name "*.ts" | wc -l
find . -iname "*user*"
find . -size +1M
find . -mtime -1
find src -name "*.ts" | xargs wc -l
find . -path ./node_modules -prune -o -type f -print
find . \( -name "*.js" -o -name "*.ts" \)
fd -e ts
fd user src
tree
tree -L 2
tree -L 2 -I node_modules
tree src
tree -a -I ".git|node_modules"
pwd
whoami
date
date +%Y-%m-%d
uname -a
hostname
which node
which python3
command -v node
type node
echo hello
echo "hello world"
echo $?
echo "exit: $?"
echo $PATH
echo done && ls
printf "%s\n" hello
true
false
sleep 1
test -f package.json
test -d src && echo yes
[ -f package.json ] && echo yes
[ -d src ] || echo no
test "$(git rev-parse --abbrev-ref HEAD)" = "main"
diff a.txt b.txt
diff -u a.txt b.txt
diff -q a.txt b.txt
cmp a.bin b.bin
sort a.txt
sort -u a.txt
sort -n a.txt | uniq -c
sort -k2 -n data.txt
uniq a.txt
cut -d, -f1 data.csv
cut -d: -f2 a.txt | sort -u
tr a-z A-Z < a.txt
column -t a.txt
nl src/a.ts
paste a.txt b.txt
comm -12 a.txt b.txt
jq . package.json
jq .scripts package.json
jq -r .version package.json
jq -r '.dependencies | keys[]' package.json
jq '.a.b' data.json
yq .services docker-compose.yml
du -sh .
du -sh src
du -h --max-depth=1
du -sh *
df -h
stat src/a.ts
file src/a.ts
file dist/*
basename src/a.ts
dirname src/a.ts
realpath src/a.ts
readlink -f src/a.ts
md5sum a.bin
sha256sum a.bin
xxd a.bin | head
hexdump -C a.bin | head -5
od -c a.txt | head
strings a.bin | head
sed -n 10,20p src/a.ts
sed -n '10,20p' src/a.ts
sed -n '1,80p' src/a.ts
sed -n '/start/,/end/p' src/a.ts
sed -n '5p' a.txt
sed -n '1p;5p' a.txt
sed -n '$p' a.txt
cat a.txt | sed 's/foo/bar/'
sed 's/foo/bar/g' a.txt
awk '{print $1}' a.txt
awk '{ print $2 }' a.txt
awk -F, '{print $1}' data.csv
awk -F: '{print $1}' a.txt
awk 'NR==10' a.txt
awk 'NR>=10 && NR<=20' src/a.ts
awk '/foo/' a.txt
awk '/foo/ {print $2}' a.txt
awk '{sum += $1} END {print sum}' a.txt
awk 'length > 100' src/a.ts
awk 'END {print NR}' a.txt
ps aux
ps aux | grep node
uptime
nproc
id
seq 1 10
expr 1 + 2
env NODE_ENV=test npx jest
time npm test
timeout 60 npm test
timeout 120s npx vitest run
nice npm test
stdbuf -oL npm test
# chains, pipes, redirects
npm test && npm run lint
npm run lint && npm run typecheck && npm test
npm run build && npm test
npm test; npm run lint
npm test || echo failed
cd packages/core && npm test
cd src && ls -la
cd backend && pytest -q
cd frontend && npm run build
(cd packages/core && npm test)
cd packages/core && npm test && cd ../..
cd api && go test ./... && cd ..
npm test 2>&1
npm test 2>&1 | tail -20
npm test 2>&1 | tail -n 50
npm test 2>&1 | head -100
npm test 2>&1 | grep -E "fail|error"
npm test 2>&1 | grep -i error | head -20
npm test > /dev/null
npm test > /dev/null 2>&1
npm test >/dev/null 2>&1 && echo ok
npm run build 2>&1 | tail -5
npx tsc --noEmit 2>&1 | head -30
npx tsc --noEmit | grep error | wc -l
npx tsc --noEmit && echo OK
npx tsc --noEmit; echo "exit: $?"
npx vitest run 2>&1 | tail -40
npx eslint . && npx tsc --noEmit && npx vitest run
pytest -q 2>&1 | tail -5
pytest -x 2>&1 | head -60
python -m pytest -q && ruff check .
ruff check . && mypy src && pytest -q
go vet ./... && go test ./...
go build ./... && go test ./... 2>&1 | tail -30
cargo fmt --check && cargo clippy && cargo test
cargo test 2>&1 | tail -30
cargo build 2>&1 | grep -E "^(warning|error)"
make lint test
make build && make test
git status --short | wc -l
git diff --stat | tail -1
git diff --name-only | grep -E "\.ts$"
git log --oneline | wc -l
git ls-files | wc -l
git ls-files | grep test
ls -la && cat package.json
ls | wc -l
cat a.txt | sort | uniq -c | sort -rn | head
find . -name "*.ts" | grep -v node_modules | head -20
grep -rn foo src | cut -d: -f1 | sort -u
! grep -rn "console.log" src
set -e; npm run build; npm test
set -euo pipefail; npm test
for f in a b c; do echo $f; done
for i in 1 2 3; do npm test || exit 1; done
for f in src/*.ts; do wc -l "$f"; done
if [ -f package.json ]; then npm test; fi
if npm test; then echo ok; else echo failed; fi
test -f dist/index.js && node --check dist/index.js
bash -c 'npm test'
bash -c "npm test && npm run lint"
sh -c 'ls -la'
bash -lc 'pytest -q'
sh -c "npm run build 2>&1 | tail -5"
[ "$(git rev-parse --abbrev-ref HEAD)" = main ]
echo "---"; git status
npm test | tee /dev/null
npm run test -- --reporter=dot
wc -l < src/a.ts
grep -c . < a.txt
cat <<'EOF'
`
  .split('\n')
  .map((line) => line.trim())
  .filter((line) => line !== '' && !line.startsWith('# ') && !line.startsWith('cat <<'));
