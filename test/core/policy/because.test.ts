/** Why something is allowed, asked about or denied can be said in any language: each sentence is among the texts for translation. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { inWords, type Said } from '../../../src/core/model/plain/said.js';
import type { Decision } from '../../../src/core/model/policy.js';
import { whyDecided } from '../../../src/core/view/decision.js';
import { askedText } from '../../../src/core/view/question-text.js';
import { plain, type Translate } from '../../../src/core/view/translate.js';
import { argv, line, onPath, script } from './check.js';
import { EVERYDAY_LINES } from './everyday-lines.js';
import { randomFrom, someLine, somePath } from './fuzz-lines.js';

const texts = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../../../l10n/bundle.l10n.json'), 'utf8'),
) as Record<string, string>;

const sentences = ({ text, values }: Said): string[] => [
  text,
  ...values.flatMap((value) => (typeof value === 'string' ? [] : sentences(value))),
];
const check = ({ reason, because }: Decision) => {
  expect(inWords(because!)).toBe(reason);
  expect(sentences(because!).filter((text) => !(text in texts))).toEqual([]);
};
const reversed: Translate = (text, values) => `⟨${plain(text, values)}⟩`;

describe('the reason of a decision', () => {
  it('is the English of its sentences, each of which can be translated', async () => {
    const random = randomFrom(7);
    for (const text of EVERYDAY_LINES.slice(0, 300)) check(await script(text));
    for (let count = 0; count < 1000; count++) {
      check(await script(someLine(random)));
      for (const op of ['read', 'write', 'delete'] as const) check(onPath(op, somePath(random)));
    }
    for (const text of [
      'sudo ls',
      'curl x',
      'rm -rf /',
      'npm test',
      'npm publish',
      'nobody-knows-me',
      'env A=1 ls',
      'find . -delete',
    ])
      check(argv(line(text)));
  });
  it('is said in the language of the door, with what it is about as it is', () => {
    const decision = onPath('write', '.git/config');
    expect(decision.reason).toBe('.git/config is protected: what is in .git runs programs and holds the history');
    expect(whyDecided(decision, reversed)).toBe(
      '⟨.git/config is protected: ⟨what is in .git runs programs and holds the history⟩⟩',
    );
    expect(whyDecided({ reason: 'as an older record has it' }, reversed)).toBe('as an older record has it');
    const further = { ...decision, reason: `${decision.reason}; and more` };
    expect(whyDecided(further, reversed)).toBe(further.reason);
  });
  it('reads no place into what a file or a person’s own rule is called', () => {
    const decision = onPath('write', '.git/{0}{9}');
    expect(decision.reason).toContain('.git/{0}{9} is protected: what is in');
    expect(whyDecided(decision, plain)).toBe(decision.reason);
  });
  it('is what a question about it says, in that language', () => {
    const { reason, because } = argv(line('curl x'));
    const asked = {
      title: '',
      why: reason,
      because,
      wording: { code: 'command', params: { stage: 'fix', command: 'curl x' } },
    };
    expect(askedText(asked, plain).why).toBe(reason);
    expect(askedText(asked, reversed).why).toMatch(/^⟨.*⟨.*⟩⟩$/);
  });
});
