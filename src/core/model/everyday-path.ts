/**
 * A path as people and models write it (`./src/x`, `src//x`, `src/a/../x`, absolute inside a root, on Windows with
 * backslashes) as the ports take it: relative, with forward slashes. `.` for the root. What leads out of every root is
 * given back as it was written: the schema refuses it. By its letters alone; where links lead is seen to elsewhere.
 */
export function everydayPath(written: string, roots: readonly string[]): string {
  const windows = roots.some((root) => /^[A-Za-z]:/.test(root));
  const forward = (path: string): string => (windows ? path.replaceAll('\\', '/') : path);
  const path = withoutRoot(forward(written), roots.map(forward), windows);
  if (path === '' || path.startsWith('/') || (windows && /^[A-Za-z]:/.test(path))) return written;
  return collapsed(path) ?? written;
}

function withoutRoot(path: string, roots: readonly string[], anyCase: boolean): string {
  const cased = (text: string): string => (anyCase ? text.toLowerCase() : text);
  for (const root of roots.map((each) => each.replace(/\/+$/, ''))) {
    const rest = path.slice(root.length);
    if (root !== '' && cased(path.slice(0, root.length)) === cased(root) && (rest === '' || rest.startsWith('/')))
      return `.${rest}`;
  }
  return path;
}

/** undefined = it climbs out. */
function collapsed(path: string): string | undefined {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.length === 0 ? '.' : parts.join('/');
}
