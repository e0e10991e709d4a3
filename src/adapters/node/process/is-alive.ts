/** Whether there is a process of this number: what a dead one left behind may be removed. */
import { errnoOf } from './confine.js';

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}
