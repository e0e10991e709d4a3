/** The folder's openexec.yaml in lines: why it cannot be used, and what it chooses not to run. */
import type { Result } from '../model/requests.js';
import { showLine } from '../text/harmless.js';
import { plain, safely, type Translate } from './translate.js';

export interface ConfigLine {
  text: string;
  /** Nothing runs until it is mended. */
  broken: boolean;
}

export function configLines(config: Result<'status'>['config'], translate: Translate = plain): ConfigLine[] {
  if (!config) return [];
  const t = safely(translate);
  return [
    ...config.problems.map(({ file, line, column, message, broken }) => ({
      text: `${showLine(file)}:${line}:${column}  ${showLine(message)}`,
      broken,
    })),
    ...(config.empty.length === 0
      ? []
      : [
          {
            text: t('{file} says with an empty list that nothing is run for {kinds}.', {
              file: showLine(config.file),
              kinds: config.empty.join(', '),
            }),
            broken: false,
          },
        ]),
  ];
}
