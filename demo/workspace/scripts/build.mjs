// Writes src/*.ts as plain JavaScript to dist/. A file whose types cannot be stripped, or an import that leads nowhere, fails the build.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';

process.removeAllListeners('warning'); // Node calls stripping experimental; the version is pinned in package.json
rmSync('dist', { recursive: true, force: true });
mkdirSync('dist');

let failed = 0;
for (const name of readdirSync('src').filter((file) => file.endsWith('.ts'))) {
  const source = readFileSync(`src/${name}`, 'utf8');
  for (const [, target] of source.matchAll(/from '\.\/([^']+)'/g)) {
    if (existsSync(`src/${target}`)) continue;
    process.stdout.write(`src/${name}: ./${target} does not exist\n`);
    failed += 1;
  }
  try {
    const script = stripTypeScriptTypes(source).replace(/(from '\.\/[^']+)\.ts'/g, "$1.js'");
    writeFileSync(`dist/${name.replace(/\.ts$/, '.js')}`, script);
  } catch (error) {
    process.stdout.write(`src/${name}: ${error.message}\n`);
    failed += 1;
  }
}
process.stdout.write(failed === 0 ? 'dist/ written\n' : `${failed} problems\n`);
process.exitCode = failed === 0 ? 0 : 1;
