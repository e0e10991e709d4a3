import { describe, expect, it } from 'vitest';
import { tooltipMarkdown } from '../../../src/vscode/views/tooltip.js';

const line = (text: string, code = false): string =>
  tooltipMarkdown('T', [{ label: 'L', text, code }])
    .split('\n\n')
    .slice(1)
    .join('\n\n');

describe('a tooltip', () => {
  it('reads nothing of a plan as Markdown or HTML', () => {
    expect(line('[run](command:x) <img src=x> **b** `c` &lt; # h')).toBe(
      'L: \\[run\\]\\(command\\:x\\) &lt;img src=x\\> \\*\\*b\\*\\* \\`c\\` &amp;lt; \\# h',
    );
    expect(line('1. one\n    2. two\n- three')).toBe('L: 1\\. one  \n2\\. two  \n\\- three');
    expect(line('https://example.org')).toBe('L: https\\://example\\.org');
    expect(tooltipMarkdown('a*b', [])).toBe('**a\\*b**');
  });
  it('keeps spaces that break, so that it wraps', () => expect(line('a b c')).toBe('L: a b c'));
  it('shows commands as code that wraps, whatever backticks they hold', () => {
    expect(line('npm test && echo *', true)).toBe('L: ` npm test && echo * `');
    expect(line('echo `date`\n\nls', true)).toBe('L: `` echo `date` ``  \n`` ls ``');
  });
  it('is short, and says what would hide', () => {
    expect(line('x '.repeat(400)).length).toBeLessThan(320);
    expect(line('a\u200bb')).toContain('U\\+200B');
  });
  it('leaves out what is empty', () => expect(tooltipMarkdown('T', [{ label: 'L', text: '' }])).toBe('**T**'));
});
