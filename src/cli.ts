/**
 * The command line: makes the terminal and runs the command.
 * The engine is a bundle of its own, loaded when a command first needs it.
 */
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { version } from '../package.json';
import { dataHome, makeFolder } from './adapters/owner/data-home.js';
import { createLog } from './adapters/node/log.js';
import { childEnvironment } from './core/policy/child-environment.js';
import { createRedactor } from './core/text/redact.js';
import type { StateOptions } from './host-state.js';
import { createNodeTerminal } from './terminal/node-terminal.js';
import { runCli } from './terminal/program.js';

const redactor = createRedactor(process.env['ANTHROPIC_API_KEY'] ? [process.env['ANTHROPIC_API_KEY']] : []);
const log = createLog({
  write: (line) => void process.stderr.write(line),
  redact: (text) => redactor.redact(text),
  level: process.env['OPENEXEC_LOG'] === 'debug' ? 'debug' : 'error',
  now: Date.now,
});

const productDir = path.dirname(path.dirname(realpathSync(__filename)));
const place = (root: string): StateOptions => ({ root, door: 'terminal', productDir, env: process.env });

const terminal = createNodeTerminal(
  {
    version,
    // Looked at when a command needs it, which then says what is wrong with it.
    get home() {
      return dataHome(process.env, process.platform);
    },
    async open({ root, settings, baseUrl }) {
      const { openRoot } = await import('./host.js');
      return openRoot({
        root,
        door: 'terminal',
        productDir,
        env: process.env,
        log,
        settings,
        apiKey: () => Promise.resolve(process.env['ANTHROPIC_API_KEY'] || undefined),
        ...(baseUrl === undefined ? {} : { baseUrl }),
      });
    },
    async judgeWorld(root) {
      const [{ createDiskWorkspace }, { createShellParser }, { createProgramFinder }] = await Promise.all([
        import('./adapters/node/files/workspace.js'),
        import('./adapters/shell-grammar/shell-parser.js'),
        import('./adapters/node/process/programs.js'),
      ]);
      const locate = createProgramFinder({
        env: childEnvironment(process.env),
        platform: process.platform,
        root: realpathSync(root),
      });
      return {
        root,
        workspace: createDiskWorkspace(),
        shell: createShellParser({ wasmDir: path.dirname(realpathSync(__filename)) }),
        locate: (_root, name) => Promise.resolve(locate(name)),
      };
    },
    async serveLanguage(signal) {
      const { serve } = await import('./lsp.js');
      return serve(['--stdio'], signal);
    },
    state: {
      restore: async (root, file, signal) => (await import('./host-state.js')).restoreRoot(place(root), file, signal),
      moved: async (root, signal) => (await import('./host-state.js')).movedTo(place(root), signal),
      adopt: async (root, moved, signal) => (await import('./host-state.js')).adoptRoot(place(root), moved, signal),
      startFresh: async (root, offered) => (await import('./host-state.js')).startFresh(place(root), offered),
    },
    async workspace() {
      const [{ createDiskWorkspace }, { createGitCommand }] = await Promise.all([
        import('./adapters/node/files/workspace.js'),
        import('./adapters/node/git/git-command.js'),
      ]);
      return createDiskWorkspace({ git: createGitCommand({ env: process.env, platform: process.platform }) });
    },
  },
  makeFolder,
);

void runCli(terminal, process.argv.slice(2)).then((code) => {
  process.exitCode = code;
  // Standard output may be a pipe that is not emptied yet; what else might hold the process is not waited for.
  process.stdout.write('', () => process.exit(code));
});
