import { defineConfig } from 'vitest/config';

/** Everything that runs without VS Code. The suites in test/host and test/e2e have runners of their own. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    exclude: ['test/host/**', 'test/e2e/**', 'node_modules/**'],
    testTimeout: 30_000,
    maxWorkers: 2,
  },
});
