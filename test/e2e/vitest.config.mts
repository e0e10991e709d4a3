import { defineConfig } from 'vitest/config';

/**
 * A real VS Code with the packaged extension, one file after the other: the machine is shared. A window that starts while the machine
 * is busy can lose a key or a click, so a test has a second go in a fresh window; whichever needed it is named at the end of npm test.
 */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    testTimeout: 420_000,
    hookTimeout: 240_000,
    retry: 1,
    fileParallelism: false,
    maxWorkers: 1,
    globalSetup: ['test/e2e/prepare.ts'],
  },
});
