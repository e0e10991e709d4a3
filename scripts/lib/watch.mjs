// Builds again what a change touches, for as long as the process lives. Says, each in a line of its own, when it builds and when it is done:
// .vscode/tasks.json reads these lines, so that F5 waits for the first build.
import { readdirSync, statSync, watch as watchFolder } from 'node:fs';
import path from 'node:path';
import esbuild from 'esbuild';

/** Editors write a file in several steps, and a branch that is checked out is many files at once: what comes within this time is one build. */
const SETTLE_MS = 40;

/**
 * `entries` are options of esbuild, with a metafile; `folders` hold what they are built of, relative to `top`. `copy` brings what is not
 * bundled and is called once a build. `say` gets the lines. Resolves after the first build; a source that does not compile is said, and
 * watched like any other. `stop()` resolves when nothing is open any more.
 */
export async function watch({ top, entries, folders, copy, say = console.log }) {
  const builds = await Promise.all(
    entries.map(async (entry) => ({
      context: await esbuild.context({ ...entry, logLevel: 'silent', metafile: true }),
      inputs: new Set(),
      failed: false,
    })),
  );
  let changed = new Set();
  let timer;
  let running = Promise.resolve();

  async function build(some) {
    say('build started');
    const started = performance.now();
    const results = await Promise.all([...some.map(rebuild), copied(copy)]);
    const problems = [...new Set(results.flat())]; // a file in several bundles is wrong once
    for (const problem of problems) say(problem);
    say(`build finished in ${Math.round(performance.now() - started)} ms${problems.length > 0 ? ', with errors' : ''}`);
  }

  /** A file that none of them knows may be what one of them misses; one that failed knows only what it was built of before. */
  const builtOf = (files) =>
    [...files].every((file) => builds.some(({ inputs }) => inputs.has(file)))
      ? builds.filter(({ inputs, failed }) => failed || [...files].some((file) => inputs.has(file)))
      : builds;

  function take(file) {
    changed.add(file.split(path.sep).join('/'));
    clearTimeout(timer);
    timer = setTimeout(() => {
      const some = builtOf(changed);
      changed = new Set();
      running = running.then(() => build(some));
    }, SETTLE_MS);
  }

  const watched = folders.map((folder) => watchTree(top, folder, take));
  await (running = build(builds));
  return {
    async stop() {
      clearTimeout(timer);
      for (const one of watched) one.close();
      await running;
      await Promise.all(builds.map(({ context }) => context.dispose()));
    },
  };
}

/** One line a problem: `file:line:column: severity: text`. */
export const problemLine = (severity, { location, text }) =>
  location
    ? `${location.file}:${location.line}:${location.column + 1}: ${severity}: ${text}`
    : `package.json:1:1: ${severity}: ${text}`;

async function rebuild(one) {
  try {
    const { metafile, warnings } = await one.context.rebuild();
    Object.assign(one, { inputs: new Set(Object.keys(metafile.inputs)), failed: false });
    return warnings.map((warning) => problemLine('warning', warning));
  } catch (error) {
    if (!Array.isArray(error.errors)) throw error;
    one.failed = true;
    return error.errors.map((problem) => problemLine('error', problem));
  }
}

async function copied(copy) {
  try {
    await copy?.();
    return [];
  } catch (error) {
    return [problemLine('error', { text: error.message })];
  }
}

/**
 * Tells the path of what changes under a folder, relative to `top`. Folder by folder: where the system cannot watch a whole tree, Node
 * watches each file, and loses one that an editor puts in place by renaming.
 */
function watchTree(top, folder, changed) {
  const watchers = new Map();

  /** `told`: it appeared just now, so that what is in it is a change, too. */
  function add(at, told) {
    if (watchers.has(at)) return;
    const watcher = watchFolder(path.join(top, at), (_, name) => name !== null && look(path.join(at, name)));
    watcher.on('error', () => drop(at)); // the folder was removed
    watchers.set(at, watcher);
    for (const entry of readdirSync(path.join(top, at), { withFileTypes: true }))
      if (entry.isDirectory()) add(path.join(at, entry.name), told);
      else if (told) changed(path.join(at, entry.name));
  }

  function look(at) {
    try {
      if (statSync(path.join(top, at)).isDirectory()) return add(at, true);
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
      drop(at); // gone: that is the change
    }
    changed(at);
  }

  function drop(at) {
    watchers.get(at)?.close();
    watchers.delete(at);
  }

  add(folder, false);
  return {
    close() {
      for (const watcher of watchers.values()) watcher.close();
    },
  };
}
