/** What an action gives, and the time the processor spent on it in ms: a machine that is busy with something else does not count. */
export async function timed<T>(action: () => T | Promise<T>): Promise<{ ms: number; value: T }> {
  const before = process.cpuUsage();
  const value = await action();
  const { user, system } = process.cpuUsage(before);
  return { ms: (user + system) / 1000, value };
}
