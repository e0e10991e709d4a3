/** jsx-runtime.ts for development and tests. */
import { jsxDEV as element, type JSXSource } from 'react/jsx-dev-runtime';
import type { ElementType, Key, ReactElement } from 'react';
import { Fragment, seen, type JSX } from './jsx-runtime.js';

export { Fragment, type JSX };

export const jsxDEV = (
  type: ElementType,
  props: Record<string, unknown>,
  key: Key | undefined,
  isStatic: boolean,
  source?: JSXSource,
  self?: unknown,
): ReactElement => element(type, seen(type, props), key, isStatic, source, self);
