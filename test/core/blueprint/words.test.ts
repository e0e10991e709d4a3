import { describe, expect, it } from 'vitest';
import { settingFields, stageFields, topFields } from '../../../src/core/blueprint/draft.js';
import { actionWords, endingWords, fieldWords, inputWords, toolsetWords } from '../../../src/core/blueprint/words.js';
import { actionSchema, builtInInputs, terminalSchema, toolsetSchema } from '../../../src/core/model/blueprint.js';

describe('the words of a blueprint', () => {
  it.each([
    ['fields', fieldWords, [...new Set([...topFields, ...settingFields, ...stageFields])]],
    ['actions', actionWords, actionSchema.options],
    ['toolsets', toolsetWords, toolsetSchema.options],
    ['endings', endingWords, terminalSchema.options],
    ['inputs', inputWords, builtInInputs],
  ])('%s: each is explained, and no other', (_name, words, schema) => {
    expect(Object.keys(words).sort()).toEqual([...schema].sort());
    for (const says of Object.values(words)) expect(says).toMatch(/\S.*[.)]$/);
  });
});
