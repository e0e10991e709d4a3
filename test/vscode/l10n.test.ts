import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const top = path.join(__dirname, '..', '..');
const file = path.join(top, 'l10n', 'bundle.l10n.json');
const sources = ['src/vscode', 'src/core/view'].flatMap((folder) =>
  readdirSync(path.join(top, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join(top, folder, name)),
);

/** What is given to allow, ask, askFirmly, deny and because`…` by who decides, and the reasons of the lists. */
function reasonsOfThePolicy(): string[] {
  const folder = path.join(top, 'src', 'core', 'policy');
  const found: string[] = [];
  const literals = (one: ts.Node | undefined): void => {
    if (one && ts.isStringLiteral(one)) found.push(one.text);
    if (one && ts.isConditionalExpression(one)) [one.whenTrue, one.whenFalse].forEach(literals);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isTaggedTemplateExpression(node) && node.tag.getText() === 'because') found.push(withPlaces(node.template));
    if (
      node.getSourceFile().fileName.startsWith('policy') &&
      ts.isPropertyAssignment(node) &&
      /^(?:reason|problem)$/.test(node.name.getText())
    )
      literals(node.initializer);
    if (ts.isCallExpression(node) && /^(?:allow|ask|askFirmly|deny)$/.test(node.expression.getText()))
      if (node.arguments[1] && ts.isTemplateExpression(node.arguments[1]))
        throw new Error(`because${node.arguments[1].getText()}, so that it can be translated`);
      else literals(node.arguments[1]);
    ts.forEachChild(node, visit);
  };
  const core = path.join(top, 'src', 'core');
  for (const room of ['policy', 'permission', 'record', 'engine'])
    for (const name of readdirSync(path.join(core, room), { recursive: true, encoding: 'utf8' }))
      if (name.endsWith('.ts')) {
        const text = readFileSync(path.join(core, room, name), 'utf8');
        visit(ts.createSourceFile(`${room}/${name}`, text, ts.ScriptTarget.Latest, true));
      }
  for (const name of ['protected-paths.json', 'risky-commands.json'])
    for (const match of readFileSync(path.join(folder, 'rules', name), 'utf8').matchAll(/"reason": "([^"]+)"/g))
      found.push(match[1] ?? '');
  return found;
}
const withPlaces = (template: ts.TemplateLiteral): string =>
  ts.isNoSubstitutionTemplateLiteral(template)
    ? template.text
    : template.head.text + template.templateSpans.map((span, at) => `{${at}}${span.literal.text}`).join('');

/** Every text given to t(…) or l10n.t(…), and every sentence of an error or a reason: what a translator gets. */
function texts(): Record<string, string> {
  const found = new Set<string>();
  for (const source of sources) {
    const code = readFileSync(source, 'utf8');
    for (const match of code.matchAll(/\bt\(\s*'((?:[^'\\\n]|\\.)+)'/g))
      found.add((match[1] ?? '').replace(/\\(.)/g, '$1'));
    for (const match of code.matchAll(/\bplural\([^,]+,\s*'((?:[^'\\\n]|\\.)+)',\s*'((?:[^'\\\n]|\\.)+)'/g))
      for (const one of match.slice(1)) found.add(one.replace(/\\(.)/g, '$1'));
    if (/view.(sentences|reasons)\.ts$/.test(source))
      for (const match of code.matchAll(/^ {2}'?[\w-]+'?:\s+'((?:[^'\\\n]|\\.)+)',$/gm))
        found.add((match[1] ?? '').replace(/\\(.)/g, '$1'));
  }
  for (const text of reasonsOfThePolicy()) found.add(text);
  return Object.fromEntries([...found].sort().map((text) => [text, text]));
}

describe('texts for translation', () => {
  it('are all in l10n/bundle.l10n.json (write it anew with npm run l10n)', () => {
    const now = texts();
    if (process.env['UPDATE_L10N']) writeFileSync(file, `${JSON.stringify(now, null, 2)}\n`);
    expect(Object.keys(now).length).toBeGreaterThan(200);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(now);
  });
  it('speak plainly', () => {
    for (const text of Object.keys(texts()))
      expect(text).not.toMatch(/\bOops\b|successfully|\bplease\b|\bsimply\b|!$/i);
  });
});
