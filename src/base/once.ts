/** Made when it is first asked for, then kept: what takes milliseconds to make is not made at every start. */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
