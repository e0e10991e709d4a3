/**
 * What the extension needs only once a folder, the panel or the start line is used: everything with schemas.
 * A bundle of its own, so that activation does not read it.
 */
export { applyEvent, emptyRun } from '../core/model/run.js';
export { registerPanel } from './panel/panel.js';
export { startMessageSchema } from './views/start-message.js';
