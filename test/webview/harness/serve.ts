/** Builds the panel's bundle as the product does and serves it from loopback, on the page and under the policy of the product. */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { panelHtml } from '../../../src/vscode/panel/panel-html.js';
import { themeCss, type Theme } from './themes.js';

const top = path.resolve(import.meta.dirname, '../../..');
const require = createRequire(import.meta.url);

export interface Served {
  url(scene: string, theme: Theme, state?: unknown): string;
  close(): Promise<void>;
}

export async function serve(): Promise<Served> {
  const out = await mkdtemp(path.join(tmpdir(), 'openexec-webview-'));
  const options = {
    bundle: true,
    platform: 'browser',
    format: 'iife',
    target: 'chrome120',
    absWorkingDir: top,
    outdir: out,
    logLevel: 'warning',
  } as const;
  await build({
    ...options,
    entryPoints: { webview: 'webview-ui/main.tsx' },
    minify: process.env['NOMIN'] === undefined,
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  await build({ ...options, entryPoints: { 'fake-host': 'test/webview/harness/fake-host.ts' } });
  const codicons = path.dirname(require.resolve('@vscode/codicons/dist/codicon.css'));
  const types: Record<string, string> = { '.js': 'text/javascript', '.css': 'text/css', '.ttf': 'font/ttf' };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname === '/favicon.ico') return void response.writeHead(204).end();
    void answer(url).then(
      ({ type, body }) => response.writeHead(200, { 'content-type': type }).end(body),
      () => response.writeHead(404).end(),
    );
  });
  async function answer(url: URL): Promise<{ type: string; body: string | Uint8Array }> {
    const name = path.basename(url.pathname);
    if (url.pathname === '/') {
      const origin = `http://127.0.0.1:${port()}`;
      const page = panelHtml({
        cspSource: origin,
        nonce: 'dGVzdA',
        script: '/webview.js',
        styles: ['/codicon.css', '/webview.css', `/theme-${url.searchParams.get('theme')}.css`],
        lang: 'en',
        title: 'OpenExec',
      });
      return {
        type: 'text/html',
        body: page
          .replace('<body', url.searchParams.get('theme') === 'hc' ? '<body class="vscode-high-contrast"' : '<body')
          .replace('<script ', '<script nonce="dGVzdA" src="/fake-host.js"></script>\n<script '),
      };
    }
    const theme = /^theme-(dark|light|hc)\.css$/.exec(name)?.[1] as Theme | undefined;
    if (theme) return { type: 'text/css', body: themeCss(theme) };
    const folder = name.startsWith('codicon') ? codicons : out;
    return {
      type: types[path.extname(name)] ?? 'application/octet-stream',
      body: await readFile(path.join(folder, name)),
    };
  }
  const port = (): number => (server.address() as { port: number }).port;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: (scene, theme, state) =>
      `http://127.0.0.1:${port()}/?scene=${scene}&theme=${theme}${state === undefined ? '' : `&state=${encodeURIComponent(JSON.stringify(state))}`}`,
    async close() {
      await new Promise((resolve) => server.close(resolve));
      await rm(out, { recursive: true, force: true });
    },
  };
}
