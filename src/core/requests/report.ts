/** A run for people who were not there: as a report, as data, beside another. */
import { OpenExecError } from '../errors.js';
import type { Handlers } from '../model/requests.js';
import { collectReport } from '../report/collect.js';
import { compareRuns } from '../report/compare.js';
import { renderHtml, type ReportWords } from '../report/html.js';
import { exportJson } from '../report/json.js';
import { renderMarkdown } from '../report/markdown.js';
import { reasonSentence } from '../view/reasons.js';
import { requireRun, type Environment } from './environment.js';

type Methods = 'run/report' | 'run/compare';

export function reportHandlers(env: Environment): Pick<Handlers, Methods> {
  const { store, hasher } = env.ports;
  const redact = (text: string): string => env.ports.redact(text);
  const words: ReportWords = { redact, sentence: (reason) => reasonSentence(reason) };
  const base64Sha256 = (text: string): string =>
    btoa(String.fromCharCode(...(hasher.sha256(text).match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16))));
  return {
    'run/report': async ({ run: id, format, from }, signal) => {
      const run = await requireRun(env, id);
      if (format === 'json') {
        const piece = await exportJson(store, run, from, () => collectReport(store, run, redact, signal), redact);
        return { ...piece, left: [] };
      }
      if (from !== undefined) throw new OpenExecError('request-invalid', { problem: `${format} has one part` });
      const data = await collectReport(store, run, redact, signal);
      return {
        text: format === 'html' ? renderHtml(data, words, base64Sha256) : renderMarkdown(data, words),
        next: null,
        left: data.left,
      };
    },
    'run/compare': async ({ a, b }, signal) =>
      compareRuns(store, hasher, await requireRun(env, a), await requireRun(env, b), signal),
  };
}
