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

export function seen(type: ElementType, props: Props): Props {
  const show = isOutput(type, props['className']) ? harmless : showLines;
  const changed: Props = {};
  const children = shown(props['children'], show);
  if (children !== props['children']) changed['children'] = children;
  if (typeof type === 'string')
    for (const name of SPOKEN) {
      const text = props[name];
      if (typeof text === 'string') changed[name] = showLines(text);
    }
  return { ...props, ...changed };
}

function shown(child: unknown, show: (text: string) => string): unknown {
  if (typeof child === 'string') return show(child);
  return Array.isArray(child) && child.some((each) => typeof each === 'string' || Array.isArray(each))
    ? child.map((each) => shown(each, show))
    : child;
}

/** Output of commands and lines of files, whose blanks mean something; a command itself is none of them. */
const isOutput = (type: ElementType, className: unknown): boolean =>
  (type === 'pre' && className !== 'command') ||
  (type === 'div' && typeof className === 'string' && /^line\b/.test(className));
