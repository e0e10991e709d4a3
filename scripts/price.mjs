// npm run price: in how many files one more event, question or setting has to be entered, and whether that is more than it should be.
// A pretended one is added to its union or table, in memory, and the types are checked: each file that no longer compiles is one more place.
// Counted beside these: where a question is asked, and the words of its options where they mean something else there; the texts of a
// setting, which no type holds. What an event is written by, and whatever looks at just this one kind, is what the change is about.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { top } from './lib/process.mjs';

/** Files each may cost at the most, with the one that it is declared in. */
const PRICES = { event: 4, question: 3, setting: 3 };

const NAME = { event: 'pretended-event', question: 'pretended-question', setting: 'pretendedSetting' };
/** Where one more is declared: what stands there, and how it goes on with one more. */
const DECLARED = {
  event: {
    file: 'src/core/model/event.ts',
    before: 'const bodies = [\n',
    more: `  z.object({ type: z.literal('${NAME.event}'), task: z.string() }),\n`,
  },
  question: {
    file: 'src/core/view/question-text.ts',
    before: 'interface Params {\n',
    more: `  '${NAME.question}': { task: string };\n`,
  },
  setting: {
    file: 'src/core/model/plain/settings.ts',
    before: 'export const SETTINGS = {\n',
    more: `  ${NAME.setting}: { id: 'openexec.pretended', key: 'pretended', scope: 'resource', takes: 'switch', default: false },\n`,
  },
};

const read = (file) => readFileSync(path.join(top, file), 'utf8');

/** Of the project as it would be: by kind, the files whose types do not fit any more. */
function broken() {
  const changed = new Map(
    Object.values(DECLARED).map(({ file, before, more }) => {
      const parts = read(file).split(before);
      if (parts.length !== 2)
        throw new Error(`${file} does not hold ${JSON.stringify(before)} once: mend scripts/price.mjs`);
      return [path.join(top, file), parts.join(before + more)];
    }),
  );
  const { config } = ts.readConfigFile(path.join(top, 'tsconfig.json'), ts.sys.readFile);
  const { options, fileNames } = ts.parseJsonConfigFileContent(
    { ...config, include: ['src', 'webview-ui'] },
    ts.sys,
    top,
  );
  const host = ts.createCompilerHost(options);
  const readFile = host.readFile;
  host.readFile = (file) => changed.get(path.normalize(file)) ?? readFile(file);
  const program = ts.createProgram({ rootNames: fileNames, options, host });
  const found = Object.fromEntries(Object.keys(PRICES).map((kind) => [kind, new Set([DECLARED[kind].file])]));
  for (const { file, messageText } of program.getSemanticDiagnostics()) {
    const where = file === undefined ? '' : path.relative(top, file.fileName).replaceAll('\\', '/');
    const said = ts.flattenDiagnosticMessageText(messageText, '\n');
    const kinds = Object.keys(PRICES).filter((kind) => said.includes(NAME[kind]));
    // One that names none of them belongs to none: the project itself does not compile.
    if (kinds.length === 0) throw new Error(`${where}: ${said}`);
    for (const kind of kinds) found[kind].add(where);
  }
  return found;
}

/** What no type holds. package.json's row of a setting is written by npm run settings. */
const BESIDE = {
  event: [],
  question: ['where it is asked', 'src/core/view/questions.ts'],
  setting: ['package.nls.json', 'README.md'],
};

const files = broken();
for (const [kind, price] of Object.entries(PRICES)) {
  for (const file of BESIDE[kind]) files[kind].add(file);
  const over = files[kind].size > price;
  if (over) process.exitCode = 1;
  console.log(`one more ${kind}: ${files[kind].size} files, at most ${price}${over ? ': OVER ITS PRICE' : ''}`);
  for (const file of files[kind]) console.log(`  ${file}`);
}
