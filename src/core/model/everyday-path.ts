/**
 * A path as people and models write it (`./src/x`, `src//x`, `src/a/../x`, absolute inside a root, on Windows with
 * backslashes) as the ports take it: relative, with forward slashes. `.` for the root. What leads out of every root is
 * given back as it was written: the schema refuses it. By its letters alone; where links lead is seen to elsewhere.
 */
export function everydayPath(written: string, roots: readonly string[]): string {
  const windows = roots.some((root) => /^[A-Za-z]:/.test(root));
  const forward = (path: string): string => (windows ? path.replaceAll('\\', '/') : path);
  let path = forward(written);
  for (const root of roots.map((each) => forward(each).replace(/\/+$/, ''))) {
    const head = path.slice(0, root.length);
    const same = windows ? head.toLowerCase() === root.toLowerCase() : head === root;
    if (root === '' || !same || (path.length > root.length && path[root.length] !== '/')) continue;
    path = `.${path.slice(root.length)}`;
    break;
  }
  if (path === '' || path.startsWith('/') || (windows && /^[A-Za-z]:/.test(path))) return written;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return written;
  }
  return parts.length === 0 ? '.' : parts.join('/');
}
