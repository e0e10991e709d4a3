// Makes test/adapters/sqlite/fixtures/VERSION.db: the database that a small run of the whole engine leaves, with its healing, approvals and commits.
// Run once for every release and commit what it makes; a test reads all of them with the code of today. Never make one anew for a release that is out.
//   node scripts/make-store-fixture.mjs [VERSION]     default: the version of package.json
import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import esbuild from 'esbuild';
import { cleanEnv, top } from './lib/process.mjs';
import { loadTs } from './lib/load-ts.mjs';

const TASKS = 4;
const require = createRequire(import.meta.url);
const version = process.argv[2] ?? JSON.parse(await readFile(path.join(top, 'package.json'), 'utf8')).version;
const folder = path.join(os.tmpdir(), 'openexec-fixture'); // a name without chance: it stands in the rows
const place = {
  root: path.join(folder, 'root'),
  data: path.join(folder, 'data'),
  told: path.join(folder, 'told'),
  phase: path.join(folder, 'phase'),
};
const dist = path.join(folder, 'dist');

function must(program, args, options = {}) {
  const { status, stderr } = spawnSync(program, args, { env: cleanEnv(), encoding: 'utf8', ...options });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} exited ${status}: ${stderr}`);
}

await rm(folder, { recursive: true, force: true });
try {
  const { makeJob } = await loadTs('test/crash/engine-plan.ts');
  for (const [file, text] of Object.entries(makeJob(TASKS).before)) {
    await mkdir(path.dirname(path.join(place.root, file)), { recursive: true });
    await writeFile(path.join(place.root, file), text);
  }
  for (const args of [
    ['init', '-q', '-b', 'main'],
    ['config', 'user.name', 'Ada'],
    ['config', 'user.email', 'ada@example.org'],
    ['add', '.'],
    ['commit', '-q', '-m', 'Begin'],
  ])
    must('git', ['-C', place.root, ...args]);
  await mkdir(dist, { recursive: true });
  for (const file of [
    'sql.js/dist/sql-wasm.wasm',
    'web-tree-sitter/web-tree-sitter.wasm',
    '@vscode/tree-sitter-wasm/wasm/tree-sitter-bash.wasm',
  ])
    await cp(require.resolve(file), path.join(dist, path.basename(file)));
  const child = path.join(dist, 'child.cjs');
  await esbuild.build({
    entryPoints: [path.join(top, 'test', 'crash', 'engine-child.ts')],
    outfile: child,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'warning',
    alias: { 'web-tree-sitter': require.resolve('web-tree-sitter') },
  });
  must(process.execPath, [child, JSON.stringify({ place, dist, tasks: TASKS, group: false })]);
  const made = path.join(top, 'test', 'adapters', 'sqlite', 'fixtures', `${version}.db`);
  await mkdir(path.dirname(made), { recursive: true });
  await cp(path.join(place.data, 'openexec.db'), made);
  console.log(`${path.relative(top, made)}: ${Math.round((await stat(made)).size / 1024)} KB`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
