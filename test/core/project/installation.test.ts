import { describe, expect, it } from 'vitest';
import { installsByArgv, installsByScript } from '../../../src/core/project/installation.js';
import { parser } from '../policy/check.js';

const script = async (text: string) => installsByScript(await parser.parse(text));

describe('an installation', () => {
  it.each([
    'npm ci',
    'npm install --save-dev prettier',
    'cd web && npm ci && npm test',
    'yarn',
    'pnpm add left-pad',
    'pip install -e .',
    '.venv/bin/pip3.11 install x',
    'python3 -m pip install -r requirements.txt',
    'python -m venv .venv',
    'uv sync',
    'poetry install',
    'go mod tidy',
    'go get example.com/x@v1',
    'cargo add serde',
    'npx prisma generate',
    'bundle',
  ])('%s', async (text) => expect(await script(text)).toBe(true));
  it.each([
    'npm test',
    'npm run install-check',
    'npm --version',
    'yarn --version',
    'yarn test',
    'pip list',
    'python -m pytest',
    'go test ./...',
    'go mod verify',
    'cargo build',
    'npx prettier --check .',
    'echo npm ci',
    '$X install',
  ])('not %s', async (text) => expect(await script(text)).toBe(false));
  it('is known by its words, too', () => {
    expect(installsByArgv(['npm', 'install', 'x'])).toBe(true);
    expect(installsByArgv(['npm', 'run', 'build'])).toBe(false);
    expect(installsByArgv(['constructor', 'install'])).toBe(false);
    expect(installsByArgv([])).toBe(false);
  });
});
