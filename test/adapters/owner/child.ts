/** A process that takes a root: `serve` answers, `silent` holds the lock and does not, `take-over` asks for it, `no-links` has a file system without hard links. Says what it became. */
import fs from 'node:fs';
import { acquireOrConnect } from '../../../src/adapters/owner/acquire.js';
import { serveOwner } from '../../../src/adapters/owner/server.js';
import { describeError } from '../../../src/core/view/sentences.js';
import { createFakeLog } from '../../fakes/log.js';
import { smallOpenExec } from './small-openexec.js';

const [, , dataDir = '', mode = 'serve'] = process.argv;
if (mode === 'no-links')
  fs.linkSync = () => {
    throw Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM' });
  };
const say = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

async function main(): Promise<void> {
  const log = createFakeLog();
  const place = await acquireOrConnect({ dataDir, door: 'terminal', log, takeOver: mode === 'take-over' });
  if (place.role === 'client') {
    place.openexec.onChange((change) => say({ change }));
    place.openexec.onEvent((event) => say({ event: event.seq }));
    return say({ role: 'client', pid: process.pid, owner: place.openexec.holder.pid });
  }
  if (mode !== 'silent') {
    const openexec = smallOpenExec();
    await serveOwner({ lock: place.lock, openexec, log, onReleased: () => say({ released: true, log: openexec.log }) });
  }
  say({ role: 'owner', pid: process.pid });
}

process.stdin.resume(); // stays until it is killed or its parent is gone
process.stdin.on('end', () => process.exit(0));
main().catch((error: unknown) =>
  say({ role: 'none', pid: process.pid, error: describeError(error), code: (error as { code?: string }).code }),
);
