// A rule of eslint: what a run, a task or a way on is called and how it looks is said once, in src/core/view. A door that tells apart by
// two statuses or more, or words one by itself, would forget the next one.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { top } from './process.mjs';

const NAMES = { runStatus: 'a status of runs', taskStatus: 'a status of tasks', attentionOption: 'a way on' };

/** Name and values of each enum; read as text, because eslint loads no TypeScript. */
function enums() {
  const text = ['status.ts', 'approval.ts'].map((file) =>
    readFileSync(path.join(top, 'src', 'core', 'model', file), 'utf8'),
  );
  return Object.entries(NAMES).map(([name, called]) => {
    const [, values] = new RegExp(`const ${name}Schema = z\\.enum\\(\\[([^\\]]*)\\]\\)`).exec(text.join('')) ?? [];
    if (values === undefined)
      throw new Error(`${name} is written in another way in core/model: mend scripts/lib/words-once.mjs`);
    return { name: called, values: new Set([...values.matchAll(/'([\w-]+)'/g)].map(([, one]) => one)) };
  });
}

const message =
  'How {{name}} is called, looks or is offered is said in src/core/view, for every door. A table that is about something else has its reason beside it.';

const textOf = (node) => (node?.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined);
const keyOf = (property) =>
  property.type !== 'Property' || property.computed ? undefined : (property.key.name ?? textOf(property.key));
/** A text, also inside t(…). */
const isWords = (node) =>
  Boolean(textOf(node)) ||
  node.type === 'TemplateLiteral' ||
  (node.type === 'CallExpression' && node.callee.name === 't');
const isStatus = (node) =>
  /^(status|option)$/i.test(node.type === 'MemberExpression' ? (node.property.name ?? '') : (node.name ?? ''));

export const wordsOnce = {
  meta: { type: 'problem', schema: [], messages: { elsewhere: message } },
  create(context) {
    const all = enums();
    const report = (node, values, least) => {
      if (values.length < least || values.includes(undefined)) return;
      const those = all.find((one) => values.every((value) => one.values.has(value)));
      if (those) context.report({ node, messageId: 'elsewhere', data: { name: those.name } });
    };
    return {
      SwitchStatement: (node) => {
        const tests = node.cases.flatMap((one) => (one.test ? [textOf(one.test)] : []));
        report(node, tests, 2);
      },
      ObjectExpression: (node) => report(node, node.properties.map(keyOf), 2),
      ConditionalExpression: (node) => {
        const { test } = node;
        if (test.type !== 'BinaryExpression' || !isStatus(test.left)) return;
        if (isWords(node.consequent) || isWords(node.alternate)) report(node, [textOf(test.right)], 1);
      },
    };
  },
};
