/**
 * Whether a key and prompts may be sent there: over https, or over http to this machine, by the
 * three names that every system gives it (RFC 6761, RFC 1122, RFC 4291). The rest of 127/8 is
 * loopback, too; nobody needs it, so it is refused.
 */
export const isSafeAddress = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname));

/** As `URL` spells them. */
const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
