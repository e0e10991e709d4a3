/** The end of a switch over a union: a missing case does not compile, and an impossible value from outside throws. */
export function assertNever(value: never, what = 'value'): never {
  throw new Error(`Unexpected ${what}: ${JSON.stringify(value)}`);
}
