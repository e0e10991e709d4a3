/**
 * Everything in one file: a compressed tar with a manifest, a copy of the database and the texts beside it.
 * Every part is checked by its SHA-256 when it is read; a text is named by its own. Nothing of it is trusted:
 * names are ours or the archive is refused.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, rmSync, statSync } from 'node:fs';
import { link, mkdir, open, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { extract, pack, type Headers } from 'tar-stream';
import { OpenExecError } from '../../core/errors.js';
import type { Root } from '../../core/model/primitives.js';
import { archiveManifestSchema, type ArchiveManifest } from '../../core/model/storage.js';
import type { Blobs } from './blobs.js';
import type { SqlFile } from './durable-sqljs.js';
import { hostCode } from './store-error.js';

export const ARCHIVE_VERSION = 1;
const MANIFEST = 'manifest.json';
const DATABASE = 'openexec.db';
const TEXT = /^blobs\/([0-9a-f]{2})\/([0-9a-f]{62})$/;
const MAX_MANIFEST = 64 * 1024;

export interface ArchiveSource {
  dir: string;
  db: SqlFile;
  blobs: Blobs;
  root: Root;
  schema: number;
  now: number;
  /** Throws store-full where there is no room for so many bytes. */
  room(bytes: number): void;
  usedPages(): number;
}

/** Errors: file-unwritable (also where there is a file already), disk-full, store-full, blob-missing. */
export async function writeArchive(
  source: ArchiveSource,
  file: string,
  signal: AbortSignal,
): Promise<{ file: string; bytes: number; texts: number }> {
  if (!path.isAbsolute(file))
    throw new OpenExecError('file-unwritable', { path: file, reason: 'it is not an absolute path' });
  if (existsSync(file))
    throw new OpenExecError('file-unwritable', { path: file, reason: 'there is a file of this name' });
  const name = `export-${process.pid}-${randomBytes(4).toString('hex')}.db`;
  const copy = path.join(source.dir, name);
  const partial = `${file}.${randomBytes(4).toString('hex')}.partial`; // nobody else's, as it is removed in any case
  try {
    source.room(source.usedPages());
    source.db.copyTo(name);
    const texts: { hash: string; bytes: number }[] = [];
    for await (const { hash, bytes } of source.blobs.list()) texts.push({ hash, bytes });
    const manifest: ArchiveManifest = {
      format: 'openexec-state',
      v: ARCHIVE_VERSION,
      schema: source.schema,
      root: source.root,
      createdAt: source.now,
      database: { bytes: statSync(copy).size, sha256: await hashOf(createReadStream(copy)) },
      texts: { count: texts.length, bytes: texts.reduce((sum, text) => sum + text.bytes, 0) },
    };
    await packInto(partial, source, manifest, copy, texts, signal);
    await link(partial, file).catch((error: unknown) => {
      throw unwritable(file, error);
    });
    return { file, bytes: (await stat(file)).size, texts: texts.length };
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof OpenExecError ? error : unwritable(file, error);
  } finally {
    await rm(partial, { force: true });
    for (const suffix of ['', '-wal', '-journal']) rmSync(copy + suffix, { force: true });
  }
}

async function packInto(
  partial: string,
  source: ArchiveSource,
  manifest: ArchiveManifest,
  copy: string,
  texts: readonly { hash: string; bytes: number }[],
  signal: AbortSignal,
): Promise<void> {
  const archive = pack();
  const mtime = new Date(source.now);
  const entry = async (name: string, size: number, content: Readable): Promise<void> => {
    await pipeline(content, archive.entry({ name, size, mtime, mode: 0o600 }), { signal });
  };
  const fill = async (): Promise<void> => {
    const text = JSON.stringify(manifest, null, 2);
    archive.entry({ name: MANIFEST, mtime, mode: 0o600 }, text);
    await entry(DATABASE, manifest.database.bytes, createReadStream(copy));
    for (const { hash, bytes } of texts)
      await entry(`blobs/${hash.slice(0, 2)}/${hash.slice(2)}`, bytes, createReadStream(source.blobs.pathOf(hash)));
    archive.finalize();
  };
  const filling = fill().catch((error: unknown) => {
    archive.destroy(error as Error);
    throw error;
  });
  await Promise.all([
    filling,
    pipeline(archive, createGzip({ level: 6 }), createWriteStream(partial, { flags: 'wx', mode: 0o600, flush: true }), {
      signal,
    }),
  ]);
}

/**
 * Unpacks into `folder`, which must not be there yet, and checks every part.
 * Errors: archive-invalid, store-newer (made by a newer version), disk-full, and what the system says of the folder.
 */
export async function readArchive(
  file: string,
  folder: string,
  known: { schema: number },
  signal: AbortSignal,
): Promise<ArchiveManifest> {
  const invalid = (problem: string, cause?: unknown) =>
    new OpenExecError('archive-invalid', { file, problem }, problem, { cause });
  let manifest: ArchiveManifest | undefined;
  let database = false;
  let texts = 0;

  async function take(headers: Headers, content: Readable): Promise<void> {
    if (headers.type !== 'file') throw invalid(`${headers.name} is not a file`);
    if (!manifest) {
      if (headers.name !== MANIFEST || (headers.size ?? 0) > MAX_MANIFEST)
        throw invalid('it does not begin with a manifest');
      manifest = readManifest(await textOf(content));
      return;
    }
    const found = TEXT.exec(headers.name);
    if (headers.name === DATABASE && !database) {
      database = true;
      if ((await unpack(content, path.join(folder, DATABASE), manifest.database.bytes)) !== manifest.database.sha256)
        throw invalid('its database is damaged');
    } else if (found) {
      const [, first = '', rest = ''] = found;
      texts += 1;
      if ((await unpack(content, path.join(folder, 'blobs', first, rest), manifest.texts.bytes)) !== first + rest)
        throw invalid(`the text ${first}${rest} is damaged`);
    } else throw invalid(`it holds ${headers.name}, which does not belong there`);
  }

  function readManifest(text: string): ArchiveManifest {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw invalid('its manifest is damaged', error);
    }
    const version = archiveManifestSchema.pick({ v: true, schema: true }).safeParse(value).data;
    if (version && (version.v > ARCHIVE_VERSION || version.schema > known.schema))
      throw new OpenExecError('store-newer', { found: version.schema, known: known.schema });
    const parsed = archiveManifestSchema.safeParse(value);
    if (!parsed.success) throw invalid('its manifest is damaged', parsed.error);
    return parsed.data;
  }

  await mkdir(path.join(folder, 'blobs'), { recursive: true, mode: 0o700 });
  const reader = extract();
  const reading = pipeline(createReadStream(file), createGunzip(), reader, { signal });
  reading.catch(() => undefined); // the loop below sees it as well
  try {
    for await (const entry of reader) {
      await take(entry.header, entry as unknown as Readable);
      entry.resume();
    }
    await reading;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof OpenExecError) throw error;
    const code = hostCode(error);
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'EACCES')
      throw invalid(code === 'ENOENT' ? 'there is no such file' : 'it cannot be read', error);
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw new OpenExecError('disk-full', { path: folder }, undefined, { cause: error });
    throw invalid('it is damaged or cut off', error);
  }
  if (!manifest || !database || texts !== manifest.texts.count) throw invalid('it is not complete');
  return manifest;
}

/** Writes at most `limit` bytes, flushed; gives their hash. */
async function unpack(content: Readable, file: string, limit: number): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(file, 'wx', 0o600);
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const part of content as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > limit) return '';
      hash.update(part);
      await handle.writeFile(part);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
}

async function textOf(content: Readable): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of content as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

async function hashOf(content: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of content as AsyncIterable<Buffer>) hash.update(part);
  return hash.digest('hex');
}

function unwritable(file: string, error: unknown): OpenExecError {
  const code = hostCode(error) ?? String(error);
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? new OpenExecError('disk-full', { path: file }, undefined, { cause: error })
    : new OpenExecError('file-unwritable', { path: file, reason: code }, undefined, { cause: error });
}
