/**
 * Packs items into a budget of tokens.
 * The same items give the same bytes, in whatever order they come; what is left out is listed.
 */
import { estimateTokens } from '../models/tokens.js';

export interface ContextItem {
  /** snake_case; also the heading: `git_status` → Git Status. */
  type: string;
  /** Where it is from, e.g. a path; equal to the type when there is nothing to add. */
  source: string;
  content: string;
  /** Higher goes first and is kept longest. */
  priority: number;
}

export interface PackOptions {
  budgetTokens: number;
  /** Tokens by type. */
  caps?: Readonly<Record<string, number>>;
  /** Items below it are not considered at all. */
  minPriority?: number;
}

export interface PackedItem {
  type: string;
  source: string;
  tokens: number;
}

export interface ContextPack {
  text: string;
  tokens: number;
  included: PackedItem[];
  excluded: (PackedItem & { reason: string })[];
}

const separator = '\n\n---\n\n';

export function packContext(items: readonly ContextItem[], options: PackOptions): ContextPack {
  const sized = items
    .filter((item) => item.priority >= (options.minPriority ?? Number.NEGATIVE_INFINITY) && item.content !== '')
    .map((item) => ({ item, block: `${heading(item)}\n\n${item.content}` }))
    .map((entry) => ({ ...entry, tokens: estimateTokens(entry.block) }))
    .sort(
      (a, b) =>
        b.item.priority - a.item.priority ||
        a.tokens - b.tokens ||
        order(a.item.type, b.item.type) ||
        order(a.item.source, b.item.source) ||
        order(a.block, b.block),
    );

  const included: PackedItem[] = [];
  const excluded: ContextPack['excluded'] = [];
  const blocks: string[] = [];
  const byType = new Map<string, number>();
  let length = 0;
  for (const { item, block, tokens } of sized) {
    const packed = { type: item.type, source: item.source, tokens };
    const ofType = (byType.get(item.type) ?? 0) + tokens;
    const cap = options.caps && Object.hasOwn(options.caps, item.type) ? options.caps[item.type] : undefined;
    const longer = length + (blocks.length > 0 ? separator.length : 0) + block.length;
    if (cap !== undefined && ofType > cap)
      excluded.push({ ...packed, reason: `over the ${cap} tokens for ${item.type}` });
    else if (Math.ceil(longer / 4) > options.budgetTokens)
      excluded.push({ ...packed, reason: `over the budget of ${options.budgetTokens} tokens` });
    else {
      blocks.push(block);
      included.push(packed);
      byType.set(item.type, ofType);
      length = longer;
    }
  }
  const text = blocks.join(separator);
  return { text, tokens: estimateTokens(text), included, excluded };
}

const heading = ({ type, source }: ContextItem): string => {
  const title = type
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');
  return source === type ? `## ${title}` : `## ${title} (${source})`;
};

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
