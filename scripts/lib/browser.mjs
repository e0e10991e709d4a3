// What every Chromium of the tests and measures is started with, and windows that are slow on purpose.

/** It keeps to the page it is given. */
export const browserArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** OPENEXEC_SLOW_WINDOW=5 leaves a window a fifth of its processor: what a test or the product expects too soon comes to light. */
export async function slowIfAsked(page) {
  const rate = Number(process.env.OPENEXEC_SLOW_WINDOW ?? 1);
  if (!(rate >= 1)) throw new Error('OPENEXEC_SLOW_WINDOW is a number from 1 on.');
  if (rate === 1) return;
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate });
}
