import { describe, expect, it } from 'vitest';
import { intentName, parseIntent, sectionName } from '../../../src/core/planner/intent.js';

const texts = (raw: string) => {
  const { title, goals, requirements, constraints } = parseIntent(raw);
  const of = (items: { text: string }[]) => items.map((item) => item.text);
  return { title, goals: of(goals), requirements: of(requirements), constraints: of(constraints) };
};
const none = { title: 'Untitled', goals: [], requirements: [], constraints: [] };

describe('an intent', () => {
  it('keeps its text byte for byte', () => {
    const raw = '\uFEFF# My Project\r\n\r\nSome content  \n\n';
    expect(parseIntent(raw)).toMatchObject({ raw, title: 'My Project' });
  });

  it.each<[string, string, object]>([
    ['without a title', 'Some content', none],
    [
      'lists of every kind',
      '# T\n## Objectives\n1. one\n2) two\n* three\n• four\n',
      { ...none, title: 'T', goals: ['one', 'two', 'three', 'four'] },
    ],
    [
      'bold headings, and the first of two that differ in case',
      '**Goals**: \n- A\n- a\n**Constraints**\n- c1\n',
      { ...none, goals: ['A'], constraints: ['c1'] },
    ],
    [
      'other names of sections',
      '## Technical Constraints\n- c\n## User Stories\n- r\n## Non-functional Requirements\n- n',
      { ...none, requirements: ['r'], constraints: ['c', 'n'] },
    ],
    ['a section nobody asked for ends the one before', '## Goals\n- g\n## Notes\n- n', { ...none, goals: ['g'] }],
    [
      'ids before the text',
      '## Goals\n- G-001: Fast\n- **G-002**: Small\n## Requirements\n### US-001: Log in\n- as a user',
      { ...none, goals: ['Fast', 'Small'], requirements: ['Log in', 'as a user'] },
    ],
    [
      'headings inside a fence are code',
      '# T\n```\n## Goals\n- no\n```\n## Goals\n- yes',
      { ...none, title: 'T', goals: ['yes'] },
    ],
    ['the title without its label', '# Intent: Quotes API', { ...none, title: 'Quotes API' }],
    ['nothing', '', none],
  ])('%s', (_name, raw, expected) => expect(texts(raw)).toEqual(expected));

  it('keeps ids, ticks and the lines below an item', () =>
    expect(
      parseIntent('## Goals\n- [ ] a thing\n- [x] b thing\n- G-3: c\n  - Success criteria: it works\n    for all')
        .goals,
    ).toEqual([
      { id: '', text: 'a thing', done: false, details: [] },
      { id: '', text: 'b thing', done: true, details: [] },
      { id: 'G-3', text: 'c', done: false, details: ['Success criteria: it works', 'for all'] },
    ]));

  it.each([
    ['Flow: refactor', 'refactor', undefined],
    ['- **Flow**: existing', 'existing', undefined],
    ['- Scope: `surgical`', undefined, 'surgical'],
    ['Data flow: refactor', undefined, undefined],
    ['We refactor the flow: existing code stays', undefined, undefined],
    ['Flow: sideways', undefined, undefined],
  ])('%s states a flow or scope, or does not', (raw, flow, scope) => {
    const intent = parseIntent(`# T\n\n${raw}\n`);
    expect([intent.flow, intent.scope]).toEqual([flow, scope]);
  });

  it.each([
    ['# Quotes API\ntext', 'Quotes API'],
    ['add POST /quotes. Then test it', 'add POST /quotes'],
    ['\n\n  fix it  \n', 'fix it'],
    [`${'word '.repeat(40)}`, `${'word '.repeat(12).trim()}…`],
  ])('is named %#', (raw, name) => expect(intentName(parseIntent(raw))).toBe(name));

  it.each([
    ['  User-Stories: ', 'user stories'],
    ['NON_FUNCTIONAL', 'non functional'],
    ['2. Goals', 'goals'],
  ])('%s is the section %s', (heading, name) => expect(sectionName(heading)).toBe(name));
});
