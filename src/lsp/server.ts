/**
 * The language server's conversation: documents in, diagnostics, completion and hover out.
 * It reads text and does nothing else.
 */
import {
  CompletionItemKind,
  DiagnosticSeverity,
  MarkupKind,
  TextDocuments,
  TextDocumentSyncKind,
  type Connection,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { BlueprintFile } from '../core/blueprint/catalog.js';
import { diagnose, kindOf, type Found } from './diagnose.js';
import { explain, suggest } from './suggest.js';

/** After the last key, so that a burst of typing is read once. */
const QUIET_MS = 150;

const severities = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  hint: DiagnosticSeverity.Hint,
} as const;
const kinds = {
  field: CompletionItemKind.Property,
  value: CompletionItemKind.EnumMember,
  stage: CompletionItemKind.Reference,
} as const;

export function startServer(connection: Connection, shipped: () => Promise<readonly BlueprintFile[]>): void {
  const documents = new TextDocuments(TextDocument);
  const texts = shipped();
  let pending: ReturnType<typeof setTimeout> | undefined;

  async function tell(): Promise<void> {
    const open = documents.all();
    const found = diagnose(
      open.map((document) => ({ uri: document.uri, text: document.getText() })),
      await texts,
    );
    // It may have been closed, or changed again, while the shipped ones were read.
    for (const document of open)
      if (documents.get(document.uri)?.version === document.version)
        await connection.sendDiagnostics({
          uri: document.uri,
          version: document.version,
          diagnostics: (found.get(document.uri) ?? []).map(diagnostic),
        });
  }
  const soon = (wait: number): void => {
    clearTimeout(pending);
    pending = setTimeout(() => {
      tell().catch((error: unknown) =>
        connection.console.error(`Reading the open blueprints failed: ${String(error)}`),
      );
    }, wait);
  };

  connection.onInitialize(() => ({
    capabilities: {
      textDocumentSync: TextDocumentSyncKind.Incremental,
      completionProvider: { triggerCharacters: [' ', '[', '{', ','] },
      hoverProvider: true,
    },
    serverInfo: { name: 'openexec' },
  }));
  documents.onDidOpen(() => soon(0));
  documents.onDidChangeContent(() => soon(QUIET_MS));
  documents.onDidClose(({ document }) => {
    void connection.sendDiagnostics({ uri: document.uri, diagnostics: [] });
    soon(0);
  });
  connection.onShutdown(() => clearTimeout(pending));

  connection.onCompletion(({ textDocument, position }) => {
    const document = documents.get(textDocument.uri);
    if (!document || kindOf(document.uri) !== 'blueprint') return [];
    return suggest(document.getText(), position.line, position.character).map(({ word, kind, says }, index) => ({
      label: word,
      kind: kinds[kind],
      sortText: String(index).padStart(3, '0'),
      ...(kind === 'field' && { insertText: `${word}: ` }),
      ...(says && { documentation: says }),
    }));
  });
  connection.onHover(({ textDocument, position }) => {
    const document = documents.get(textDocument.uri);
    if (!document || kindOf(document.uri) !== 'blueprint') return null;
    const found = explain(document.getText(), position.line, position.character);
    return found
      ? {
          contents: { kind: MarkupKind.PlainText, value: found.says },
          range: {
            start: { line: position.line, character: found.from },
            end: { line: position.line, character: found.to },
          },
        }
      : null;
  });

  documents.listen(connection);
  connection.listen();
}

const diagnostic = ({ line, column, endLine, endColumn, severity, code, message, hint }: Found) => ({
  range: { start: { line: line - 1, character: column - 1 }, end: { line: endLine - 1, character: endColumn - 1 } },
  severity: severities[severity],
  code,
  source: 'openexec',
  message: hint ? `${message} ${hint}` : message,
});
