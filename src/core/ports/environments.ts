/** What of a project's own environment is there now: looked at anew each time, running nothing. */
import type { ProjectEnvironment } from '../model/environment.js';
import type { Root } from '../model/primitives.js';

export interface Environments {
  /** In the order in which their programs count. What cannot be read is not there. */
  find(root: Root): Promise<ProjectEnvironment[]>;
}
