/**
 * The forms of tokens and keys, as their issuers publish them. `hint`: a literal without which the pattern
 * cannot match, so that long texts are searched once per form at the speed of indexOf. Patterns begin
 * where a token begins (look-behind) and no repetition is unbounded: linear time, and no regular
 * expression stack that overflows on a line of megabytes.
 */
export interface SecretPattern {
  id: string;
  hint: string;
  pattern: RegExp;
  /** Only this group of the match is secret. */
  group?: number;
}

const token = (id: string, hint: string, rest: string): SecretPattern => ({
  id,
  hint,
  pattern: new RegExp(`(?<![A-Za-z0-9_])${rest}`, 'g'),
});

export const SECRET_PATTERNS: readonly SecretPattern[] = [
  token('anthropic', 'sk-ant-', 'sk-ant-[A-Za-z0-9_-]{16,4000}'),
  token('openai', 'sk-', 'sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,4000}'),
  token('openrouter', 'sk-or-', 'sk-or-[A-Za-z0-9_-]{16,4000}'),
  token('github', 'gh', 'gh[pousr]_[A-Za-z0-9]{36,255}'),
  token('github-fine', 'github_pat_', 'github_pat_[A-Za-z0-9_]{22,255}'),
  token('gitlab', 'gl', 'gl(?:pat|dt|ptt|rt|cbt|ft|soat|agent|oas)-[A-Za-z0-9_-]{20,4000}'),
  token('slack', 'xox', 'xox[abeoprs]-[A-Za-z0-9-]{10,4000}'),
  token('slack-app', 'xapp-', 'xapp-[A-Za-z0-9-]{10,4000}'),
  token('stripe', '_', '(?:sk|rk|whsec)_(?:live_|test_)?[A-Za-z0-9]{16,4000}'),
  token('google-api', 'AIza', 'AIza[A-Za-z0-9_-]{35}'),
  token('google-oauth', 'ya29.', 'ya29\\.[A-Za-z0-9_-]{20,4000}'),
  token('google-client', 'GOCSPX-', 'GOCSPX-[A-Za-z0-9_-]{20,4000}'),
  token('aws-access-key', 'A', '(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])'),
  token('npm', 'npm_', 'npm_[A-Za-z0-9]{36}'),
  token('pypi', 'pypi-', 'pypi-[A-Za-z0-9_-]{50,4000}'),
  token('huggingface', 'hf_', 'hf_[A-Za-z0-9]{30,4000}'),
  token('sendgrid', 'SG.', 'SG\\.[A-Za-z0-9_-]{16,4000}\\.[A-Za-z0-9_-]{16,4000}'),
  token('digitalocean', 'do', 'do[oprt]_v1_[a-f0-9]{64}'),
  token('shopify', 'shp', 'shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}'),
  token('databricks', 'dapi', 'dapi[a-f0-9]{32}'),
  token('vault', 'hv', 'hv[sb]\\.[A-Za-z0-9_-]{20,4000}'),
  token('doppler', 'dp.', 'dp\\.(?:pt|st|ct|scim|audit)\\.[A-Za-z0-9_.-]{30,4000}'),
  token('linear', 'lin_', 'lin_(?:api|oauth)_[A-Za-z0-9]{32,4000}'),
  token('telegram', ':AA', '[0-9]{8,10}:AA[A-Za-z0-9_-]{33}'),
  token('age', 'AGE-SECRET-KEY-', 'AGE-SECRET-KEY-1[A-Z0-9]{58}'),
  // RFC 7519: header and payload are JSON objects, so both begin with eyJ.
  { id: 'jwt', hint: 'eyJ', pattern: /(?<![\w-])eyJ[\w-]{8,4000}\.eyJ[\w-]{4,4000}\.[\w-]{8,4000}/g },
  {
    id: 'slack-webhook',
    hint: 'hooks.slack.com',
    pattern: /hooks\.slack\.com\/(?:services|workflows)\/([\w/+-]{20,4000})/g,
    group: 1,
  },
  { id: 'azure-storage', hint: 'AccountKey=', pattern: /AccountKey=([A-Za-z0-9+/=]{40,4000})/g, group: 1 },
  // RFC 3986 userinfo: scheme://user:password@host
  {
    id: 'url-password',
    hint: '://',
    pattern: /(?<![A-Za-z0-9+.-])[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/'"`]{0,100}:([^\s@/'"`$<{]{3,200})@/gi,
    group: 1,
  },
  {
    id: 'authorization',
    hint: 'uthorization',
    pattern:
      /authorization["']?[ \t]{0,8}[:=][ \t]{0,8}["']?(?:bearer|basic|token)[ \t]{1,8}([A-Za-z0-9+/_.~=-]{8,4000})/gi,
    group: 1,
  },
];

/**
 * A name that says secret, then a quoted value with a digit in it: `api_key: 'sk-123…'`.
 * Values without one are words, types or placeholders.
 */
export const QUOTED_SECRET =
  /(?:api[_-]?key|access[_-]?key|secret(?:[_-]?key)?|private[_-]?key|auth[_-]?token|token|passw(?:or)?d|passphrase|credentials?)["'`]?[ \t]{0,8}(?:=>|[:=])[ \t]{0,8}(["'`])(?=[^"'`\s]{0,400}\d)([^"'`\s$<{]{8,400})\1/gi;
/** A line of an environment file or of `env`: NAME_TOKEN=value. */
export const ENVIRONMENT_SECRET =
  /(?<![A-Za-z0-9_])[A-Z][A-Z0-9_]{0,60}(?:API_?KEY|ACCESS_KEY|SECRET|SECRET_KEY|PRIVATE_KEY|TOKEN|PASSWORD|PASSWD|CREDENTIALS?)=(?=["']?[^\s"'$<{(]{8})["']?([^\s"']{8,2000})/g;
export const SECRET_NAMES = /key|secret|token|passw|passphrase|credential/i;

/** Personal data: taken out only at high sensitivity. */
export const PERSONAL_PATTERNS: readonly { id: string; replacement: string; pattern: RegExp }[] = [
  {
    id: 'email',
    replacement: '[EMAIL_REDACTED]',
    pattern:
      /(?<![\w.+%-])[\w.+%-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}(?![\w-])/g,
  },
  // Finnish personal identity code: DDMMYY, century sign, three digits, check character.
  {
    id: 'hetu',
    replacement: '[HETU_REDACTED]',
    pattern: /(?<![\w-])(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2}[-+ABCDEFUVWXY]\d{3}[0-9A-FHJ-NPR-Y](?![\w-])/g,
  },
  {
    id: 'ip',
    replacement: '[IP_REDACTED]',
    pattern: /(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?![\w.]*\d)/g,
  },
];
