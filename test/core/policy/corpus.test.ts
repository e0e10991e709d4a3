import { expect, it } from 'vitest';
import { EVERYDAY_LINES } from './everyday-lines.js';
import { judged } from './world.js';

const PLACE = {
  files: {
    'package.json': '{}',
    'src/a.ts': '',
    'src/b.ts': '',
    'README.md': '',
    '.env.example': '',
    'a.txt': '',
    'packages/core/package.json': '{}',
  },
};

it('does not ask about at least 95 of 100 everyday lines', async () => {
  const asked: string[] = [];
  for (const cmd of EVERYDAY_LINES) {
    const { effect, rule, reason } = await judged({ cmd }, PLACE);
    if (effect !== 'allow') asked.push(`${effect}  ${cmd}  (${rule}: ${reason})`);
  }
  const share = 1 - asked.length / EVERYDAY_LINES.length;
  console.info(
    `${EVERYDAY_LINES.length} everyday lines, ${(share * 100).toFixed(1)} % unasked; asked about:\n${asked.join('\n')}`,
  );
  expect(EVERYDAY_LINES.length).toBeGreaterThanOrEqual(400);
  expect(share).toBeGreaterThanOrEqual(0.95);
});
