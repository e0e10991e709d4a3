import { expect, it } from 'vitest';
import { judged } from './world.js';

const PLACE = { files: { 'src/a.ts': '', 'src/b.ts': '', 'package.json': '{}', 'README.md': '' } };
const EVERYDAY = [
  'npm test',
  'npm run lint',
  'npm run build',
  'npx tsc --noEmit',
  'npx eslint .',
  'npx vitest run',
  'npx jest --ci',
  'git status',
  'git diff --stat',
  'git log --oneline -5',
  'pytest -q',
  'python -m pytest',
  'dotnet test',
  'dotnet build -c Release',
  'go test ./...',
  'cargo test',
  'npm test; npm run lint',
  'npm test && npm run lint',
  'cd src; npm test',
  'cd src && npm test',
  'Get-Content src/a.ts',
  'Get-Content .\\src\\a.ts',
  'gc README.md',
  'Get-ChildItem',
  'Get-ChildItem src -Recurse',
  'gci src',
  'dir src',
  'ls',
  'ls src',
  'cat src/a.ts',
  'Select-String TODO src/a.ts',
  'sls -Pattern TODO -Path src/a.ts',
  'Get-Content src/a.ts | Select-Object -First 10',
  'git log --oneline | Select-Object -First 5',
  'npm test | Out-Null',
  'Test-Path src',
  'pwd',
  'echo done',
  "Write-Output 'done'",
  'GIT status',
  'git.exe status',
  'npm test 2>&1',
  'mvn test',
  'gradle test',
];

it('reads a line of Windows as both shells would, and asks about little of the everyday', async () => {
  const asked: string[] = [];
  for (const cmd of EVERYDAY) {
    const { effect, rule, reason } = await judged({ cmd, platform: 'win32' }, PLACE);
    if (effect !== 'allow') asked.push(`${cmd}: ${rule} ${reason}`);
  }
  console.info(`${EVERYDAY.length} lines of Windows; asked about:\n${asked.join('\n')}`);
  expect(1 - asked.length / EVERYDAY.length).toBeGreaterThanOrEqual(0.95);
});

it('holds the stricter of two readings', async () => {
  expect(await judged({ cmd: 'cat ..\\x', platform: 'win32' }, PLACE)).toMatchObject({
    effect: 'deny',
    rule: 'floor.outside',
  }); // a shell of POSIX reads `..x`
  expect((await judged({ cmd: 'npm test `\n; calc', platform: 'win32' }, PLACE)).effect).toBe('ask');
  expect((await judged({ cmd: 'echo $(calc)', platform: 'win32' }, PLACE)).effect).toBe('ask');
  expect((await judged({ cmd: 'git log --format=%h%x09', platform: 'win32' }, PLACE)).effect).toBe('ask');
  expect(await judged({ cmd: 'Remove-Item -Recurse -Force C:\\', platform: 'win32' }, PLACE)).toMatchObject({
    effect: 'deny',
  });
  expect(await judged({ cmd: 'rd /s /q C:\\', platform: 'win32' }, PLACE)).toMatchObject({ effect: 'deny' });
});
