/** The language server as it is shipped: a bundle in a process of its own, spoken to in its protocol over its pipes. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, mkdir, realpath, rm, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import esbuild from 'esbuild';
import {
  CompletionRequest,
  createProtocolConnection,
  DidChangeTextDocumentNotification,
  DidCloseTextDocumentNotification,
  DidOpenTextDocumentNotification,
  ExitNotification,
  HoverRequest,
  InitializedNotification,
  InitializeRequest,
  PublishDiagnosticsNotification,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
  type CompletionItem,
  type Diagnostic,
  type Hover,
  type ProtocolConnection,
} from 'vscode-languageserver/node';

const top = path.resolve(__dirname, '../..');
let place: string;
let server:
  | {
      child: ChildProcess;
      connection: ProtocolConnection;
      ended: Promise<number | null>;
      told: Map<string, Diagnostic[]>;
      next(uri: string): Promise<Diagnostic[]>;
    }
  | undefined;

beforeAll(async () => {
  place = await realpath(await mkdtemp(path.join(os.tmpdir(), 'openexec-lsp-')));
  await mkdir(path.join(place, 'dist'));
  await symlink(path.join(top, 'blueprints'), path.join(place, 'blueprints'));
  await esbuild.build({
    entryPoints: [path.join(top, 'src/lsp.ts')],
    outfile: path.join(place, 'dist', 'lsp.js'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'error',
  });
}, 60_000);
afterAll(() => rm(place, { recursive: true, force: true }));
afterEach(() => {
  server?.connection.dispose();
  server?.child.kill('SIGKILL');
  server = undefined;
});

async function start() {
  const child = spawn(process.execPath, [path.join(place, 'dist', 'lsp.js'), '--stdio'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: place,
  });
  const ended = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
  const connection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  const told = new Map<string, Diagnostic[]>();
  const waiting = new Map<string, (found: Diagnostic[]) => void>();
  connection.onNotification(PublishDiagnosticsNotification.type, ({ uri, diagnostics }) => {
    told.set(uri, diagnostics);
    waiting.get(uri)?.(diagnostics);
  });
  connection.listen();
  server = { child, connection, ended, told, next: (uri) => new Promise((resolve) => waiting.set(uri, resolve)) };
  const { capabilities } = await connection.sendRequest(InitializeRequest.type, {
    processId: process.pid,
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the protocol still requires it
    rootUri: null,
    capabilities: {},
  });
  await connection.sendNotification(InitializedNotification.type, {});
  return { ...server, capabilities };
}

const uriOf = (name: string) => `file:///work/some%20place/.openexec/blueprints/${name}`;
const open = async (
  { connection, next }: Awaited<ReturnType<typeof start>>,
  uri: string,
  text: string,
): Promise<Diagnostic[]> => {
  const found = next(uri);
  await connection.sendNotification(DidOpenTextDocumentNotification.type, {
    textDocument: { uri, languageId: 'yaml', version: 1, text },
  });
  return found;
};
const lines = (found: readonly Diagnostic[]): string[] =>
  found.map(
    ({ range: { start: from, end: to }, severity, code, message }) =>
      `${from.line + 1}:${from.character + 1}-${to.line + 1}:${to.character + 1} ${severity} ${String(code)} ${String(message)}`,
  );

const good =
  'version: 1\nname: Ours\nstart: work\nstages:\n  work: { type: deterministic, action: test, on_success: done }\n';

describe('the language server', () => {
  it('says what is wrong, with its place, and takes it back once it is mended', async () => {
    const at = await start();
    const uri = uriOf('ours.yaml');
    expect(lines(await open(at, uri, good.replace('on_success: done', 'on_success: dne')))).toEqual([
      '5:58-5:61 1 unknown-stage There is no stage “dne”. Did you mean “done”?',
    ]);
    const mended = at.next(uri);
    await at.connection.sendNotification(DidChangeTextDocumentNotification.type, {
      textDocument: { uri, version: 2 },
      contentChanges: [{ range: { start: { line: 4, character: 57 }, end: { line: 4, character: 60 } }, text: 'done' }],
    });
    expect(await mended).toEqual([]);
    const closed = at.next(uri);
    await at.connection.sendNotification(DidCloseTextDocumentNotification.type, { textDocument: { uri } });
    expect(await closed).toEqual([]);
  });

  it('says older spellings as hints, and two files of one id in both', async () => {
    const at = await start();
    expect(lines(await open(at, uriOf('old.yaml'), good.replace('start:', 'initial_stage:')))).toEqual([
      '3:1-3:14 4 alias “initial_stage” is read as “start”, its name of today. start',
    ]);
    expect(lines(await open(at, uriOf('taken.yaml'), `id: quick_fix\n${good}`))).toEqual([
      '1:5-1:14 1 duplicate-id The id “quick_fix” is taken by quick_fix.yaml. id: my_quick_fix',
    ]);
    const first = at.next(uriOf('old.yaml'));
    expect((await open(at, uriOf('again.yaml'), `id: old\n${good}`)).map(({ code }) => code)).toEqual(['duplicate-id']);
    expect((await first).map(({ code }) => code)).toContain('duplicate-id');
  });

  it('checks openexec.yaml by its own rules, and leaves other YAML alone', async () => {
    const at = await start();
    const config = 'file:///work/openexec.yaml';
    expect(
      (await open(at, config, 'version: 1\ngates:\n  - { name: odd }\n')).map(({ code, range }) => [
        code,
        range.start.line,
      ]),
    ).toEqual([['gate-undefined', 2]]);
    expect(await open(at, 'file:///work/other.yaml', 'stages: 3\n')).toEqual([]);
  });

  it('stands a file that is no blueprint at all', async () => {
    const at = await start();
    expect((await open(at, uriOf('deep.yaml'), '['.repeat(50_000)))[0]?.code).toBe('yaml-syntax');
    expect((await open(at, uriOf('huge.yaml'), '#'.repeat(200_000)))[0]?.code).toBe('file-too-large');
  });

  it('completes fields, actions, toolsets and the stages of the file', async () => {
    const at = await start();
    const text =
      'version: 1\nname: O\nstart: \nstages:\n  lint: { type: deterministic, action: , on_success: }\n  fix:\n    type: agentic\n    toolset: \n    \n    on_failure: \n    inputs: [\n';
    await open(at, uriOf('ours.yaml'), text);
    const words = async (line: number, character: number): Promise<string[]> =>
      (
        (await at.connection.sendRequest(CompletionRequest.type, {
          textDocument: { uri: uriOf('ours.yaml') },
          position: { line, character },
        })) as CompletionItem[]
      ).map(({ label }) => label);
    expect(await words(2, 7)).toEqual(['lint', 'fix']);
    expect(await words(4, 39)).toContain('run_gates');
    expect(await words(4, 53)).toEqual(['lint', 'fix', 'done', 'fail', 'paused']);
    expect(await words(7, 13)).toEqual(['read_only', 'coding', 'debug_ci', 'docs', 'release']);
    expect(await words(8, 4)).toEqual(expect.arrayContaining(['goal', 'on_success', 'max_retries']));
    expect(await words(9, 16)).toEqual(['lint', 'fix', 'fail', 'paused']);
    expect(await words(10, 13)).toContain('failure');
    expect(await words(1, 8)).toEqual([]);
  });

  it('explains a field and a value where they stand', async () => {
    const at = await start();
    await open(at, uriOf('ours.yaml'), good);
    const hover = async (line: number, character: number): Promise<string | null> => {
      const found = (await at.connection.sendRequest(HoverRequest.type, {
        textDocument: { uri: uriOf('ours.yaml') },
        position: { line, character },
      })) as Hover | null;
      return found && (found.contents as { value: string }).value;
    };
    expect(await hover(2, 2)).toContain('The stage a task begins with');
    expect(await hover(4, 35)).toContain('What code does here');
    expect(await hover(4, 41)).toContain('Runs the test commands');
    expect(await hover(1, 8)).toBeNull();
  });

  it('ends when it is told to, and when nobody is there any more', async () => {
    const first = await start();
    await first.connection.sendRequest(ShutdownRequest.type);
    await first.connection.sendNotification(ExitNotification.type);
    expect(await first.ended).toBe(0);
    const second = await start();
    second.child.stdin?.end();
    expect(await second.ended).not.toBeNull();
  });
});
