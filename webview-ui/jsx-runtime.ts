/**
 * How the page makes its elements (`jsxImportSource` in tsconfig.json): React's own way, but no text comes into the page, as a
 * child, a tooltip or a label, in which something hides. So no component has to think of it, and none can forget it. What is
 * edited is a `value` and stays as it is.
 */
import { Fragment, jsx as element, jsxs as elements, type JSX } from 'react/jsx-runtime';
import type { ElementType, Key, ReactElement } from 'react';
import { harmless, showLines } from '../src/core/text/harmless.js';

export { Fragment, type JSX };

type Props = Record<string, unknown>;

/** Texts that a person sees or hears and that are no children. */
const SPOKEN = ['title', 'aria-label', 'aria-valuetext', 'placeholder'];

export const jsx = (type: ElementType, props: Props, key?: Key): ReactElement => element(type, seen(type, props), key);
export const jsxs = (type: ElementType, props: Props, key?: Key): ReactElement =>
  elements(type, seen(type, props), key);

/** The same props where there is nothing to do, which is nearly always: this runs for every element of every drawing. */
export function seen(type: ElementType, props: Props): Props {
  let changed: Props | undefined;
  const children = props['children'];
  if (typeof children === 'string' || Array.isArray(children)) {
    const show = isOutput(type, props['className']) ? harmless : showLines;
    const made = shown(children, show);
    if (made !== children) changed = { children: made };
  }
  if (typeof type === 'string')
    for (const name of SPOKEN) {
      const text = props[name];
      if (typeof text !== 'string') continue;
      const made = showLines(text);
      if (made !== text) changed = { ...changed, [name]: made };
    }
  return changed ? { ...props, ...changed } : props;
}

function shown(child: unknown, show: (text: string) => string): unknown {
  if (typeof child === 'string') return show(child);
  if (!Array.isArray(child)) return child;
  const made = child.map((each) => shown(each, show));
  return made.some((each, at) => each !== child[at]) ? made : child;
}

/** Output of commands and lines of files, whose blanks mean something; a command itself is none of them. */
const isOutput = (type: ElementType, className: unknown): boolean =>
  (type === 'pre' && className !== 'command') ||
  (type === 'div' && typeof className === 'string' && /^line\b/.test(className));
