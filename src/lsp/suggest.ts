/** Completion and hover: the schema's own words with what they mean. */
import { settingFields, stageFields, topFields } from '../core/blueprint/draft.js';
import { actionWords, endingWords, fieldWords, inputWords, toolsetWords } from '../core/blueprint/words.js';
import {
  actionSchema,
  builtInInputs,
  resultShapeSchema,
  stageTypeSchema,
  terminalSchema,
  toolsetSchema,
} from '../core/model/blueprint.js';
import { approvalLevelSchema, sandboxSchema } from '../core/model/policy.js';
import { namesIn, cursorContextAt, type CursorContext } from './cursor-context.js';

export interface Suggestion {
  word: string;
  kind: 'field' | 'value' | 'stage';
  says: string;
}

const fieldsOf: Readonly<Record<CursorContext['of'], readonly string[]>> = {
  blueprint: topFields,
  defaults: settingFields,
  stage: stageFields,
  other: [],
};
const values = (words: readonly string[], says: Readonly<Record<string, string>> = {}): Suggestion[] =>
  words.map((word) => ({ word, kind: 'value', says: says[word] ?? '' }));

export function suggest(text: string, line: number, character: number): Suggestion[] {
  const lines = text.split(/\r?\n/);
  const place = cursorContextAt(lines, line, character);
  if (place.field === undefined)
    return fieldsOf[place.of].map((word) => ({ word, kind: 'field', says: saysField(word) }));
  if (!fieldsOf[place.of].includes(place.field)) return [];
  return valuesOf(place.field, () => namesIn(text));
}

function valuesOf(field: string, names: () => { stages: string[]; outputs: string[] }): Suggestion[] {
  const stages = (): Suggestion[] => names().stages.map((word) => ({ word, kind: 'stage', says: '' }));
  switch (field) {
    case 'version':
      return values(['1']);
    case 'type':
      return values(stageTypeSchema.options);
    case 'action':
      return values(actionSchema.options, actionWords);
    case 'toolset':
      return values(toolsetSchema.options, toolsetWords);
    case 'schema':
      return values(resultShapeSchema.options);
    case 'approval':
      return values(approvalLevelSchema.options);
    case 'sandbox':
      return values(sandboxSchema.options);
    case 'requires':
    case 'model':
      return values(['reviewer']);
    case 'checkpoint':
    case 'fresh':
      return values(['true', 'false']);
    case 'timeout':
      return values(['5m', '10m', '30m']);
    case 'inputs':
      return [
        ...values(builtInInputs, inputWords),
        ...values(names().outputs.filter((name) => !(builtInInputs as readonly string[]).includes(name))),
      ];
    case 'start':
      return stages();
    case 'on_success':
      return [...stages(), ...values(terminalSchema.options, endingWords)];
    case 'on_failure':
    case 'routes':
      return [
        ...stages(),
        ...values(
          terminalSchema.options.filter((end) => end !== 'done'),
          endingWords,
        ),
      ];
    default:
      return [];
  }
}

/** What the word under the cursor means there; undefined where it means nothing. */
export function explain(
  text: string,
  line: number,
  character: number,
): { says: string; from: number; to: number } | undefined {
  const lines = text.split(/\r?\n/);
  const whole = lines[line] ?? '';
  const from = character - (/[\w-]*$/.exec(whole.slice(0, character))?.[0].length ?? 0);
  const to = character + (/^[\w-]*/.exec(whole.slice(character))?.[0].length ?? 0);
  const word = whole.slice(from, to);
  if (word === '') return undefined;
  const place = cursorContextAt(lines, line, from);
  const isField = whole.slice(to).startsWith(':') && place.field === undefined;
  if (isField) return fieldsOf[place.of].includes(word) ? { says: saysField(word), from, to } : undefined;
  if (place.field === undefined || !fieldsOf[place.of].includes(place.field)) return undefined;
  const says = valuesOf(place.field, () => ({ stages: [], outputs: [] })).find((one) => one.word === word)?.says;
  return says ? { says, from, to } : undefined;
}

const saysField = (word: string): string => (fieldWords as Readonly<Record<string, string>>)[word] ?? '';
