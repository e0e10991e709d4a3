import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

interface Launch {
  name: string;
  type: string;
  args: string[];
  env?: Record<string, string>;
  preLaunchTask?: string;
  program?: string;
  runtimeExecutable?: string;
}
const top = path.join(__dirname, '..', '..');
const read = (name: string) => readFileSync(path.join(top, name), 'utf8');
const { configurations } = JSON.parse(read('.vscode/launch.json')) as { configurations: Launch[] };
const { tasks } = JSON.parse(read('.vscode/tasks.json')) as {
  tasks: { label: string; type: string; script?: string; args?: string[] }[];
};
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
const here = (text: string | undefined) => path.join(top, (text ?? '').replace(/^\$\{workspaceFolder\}\//, ''));

describe('F5 and the list beside it', () => {
  it('start with tasks that exist, and those with scripts that exist', () => {
    for (const { preLaunchTask } of configurations)
      if (preLaunchTask !== undefined) expect(tasks.map((task) => task.label)).toContain(preLaunchTask);
    for (const task of tasks) expect(Object.keys(scripts)).toContain(task.script ?? task.args?.[1]);
  });

  it('begin with the extension from source', () =>
    expect(configurations[0]).toMatchObject({
      type: 'extensionHost',
      args: ['--extensionDevelopmentPath=${workspaceFolder}'],
      preLaunchTask: 'watch',
    }));

  it('open the in-host suite on what its task prepares', () => {
    const suite = configurations.find((one) => one.args.some((word) => word.startsWith('--extensionTestsPath')));
    const script = read('scripts/test-desktop.mjs');
    expect(script).toContain("path.join(top, '.vscode-test', 'suite')");
    for (const name of Object.keys(suite?.env ?? {})) expect(script).toContain(name);
    expect(suite?.args[0]).toBe(suite?.env?.['OPENEXEC_TEST_FOLDER']);
  });

  it('run the open file’s tests with the project’s own Node and vitest', () => {
    const tests = configurations.find((one) => one.type === 'node');
    expect(existsSync(here(tests?.program))).toBe(true);
    expect(existsSync(here(tests?.runtimeExecutable))).toBe(true);
    expect(tests?.args).toContain('${relativeFile}');
  });
});
