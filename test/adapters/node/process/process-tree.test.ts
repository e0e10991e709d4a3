/** What is special to macOS and Windows, read as text. What it does on Linux is tested with real processes, in command-runner.test.ts. */
import { describe, expect, it } from 'vitest';
import { readPs, taskkillCommand } from '../../../../src/adapters/node/process/process-tree.js';

describe('ending what a command started', () => {
  it('finds parents, groups and remains in what ps prints on macOS', () =>
    expect(readPs('    1     0     1 Ss  \n  412     1   412 S+\n 9120   412   412 Z\n\n')).toEqual([
      { pid: 1, parent: 0, group: 1, session: 0, zombie: false, marked: false },
      { pid: 412, parent: 1, group: 412, session: 0, zombie: false, marked: false },
      { pid: 9120, parent: 412, group: 412, session: 0, zombie: true, marked: false },
    ]));
  it('is the system’s own taskkill on Windows, with the whole tree', () => {
    expect(taskkillCommand(4711, 'D:\\Win')).toEqual(['D:\\Win\\System32\\taskkill.exe', '/pid', '4711', '/t', '/f']);
    expect(taskkillCommand(1)[0]).toBe('C:\\Windows\\System32\\taskkill.exe');
  });
});
