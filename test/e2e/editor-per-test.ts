/** One editor a test: closed after it, and with a picture, the run as the command line tells it and the extension's log where it failed. */
import { afterAll, afterEach } from 'vitest';
import { openEditor, stopBrowser, type Editor, type EditorOptions } from './harness.js';
import { extensionLog } from './steps.js';

export function editorPerTest(): (options?: EditorOptions) => Promise<Editor> {
  let editor: Editor | undefined;
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail' && editor) {
      await editor.picture(`failed-${task.name.replace(/\W+/g, '-').slice(0, 40)}`);
      console.error(editor.diagnose(), extensionLog(editor));
    }
    await editor?.close();
    editor = undefined;
  });
  afterAll(stopBrowser);
  return async (options) => (editor = await openEditor(options));
}
