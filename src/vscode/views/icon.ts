/** A look as an icon of a tree, in the colour of its tone. */
import * as vscode from 'vscode';
import type { Look } from '../../core/view/looks.js';
import { colorOf } from '../words.js';

export function iconOf({ icon, tone }: Look): vscode.ThemeIcon {
  const color = colorOf(tone);
  return new vscode.ThemeIcon(icon, color === '' ? undefined : new vscode.ThemeColor(color));
}
