import { defineConfig } from 'vitest/config';

/** A real VS Code with the packaged extension, one file after the other: the machine is shared. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    testTimeout: 420_000,
    hookTimeout: 240_000,
    fileParallelism: false,
    maxWorkers: 1,
    globalSetup: ['test/e2e/prepare.ts'],
  },
});
