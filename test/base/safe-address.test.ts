import { describe, expect, it } from 'vitest';
import { isSafeAddress } from '../../src/base/safe-address.js';

const safe = (text: string) => isSafeAddress(new URL(text));

describe('an address that a key is sent to', () => {
  it.each(['https://api.example.com', 'https://10.0.0.1:8443/v1'])('may be anywhere over https: %s', (text) =>
    expect(safe(text)).toBe(true),
  );
  it.each([
    'http://localhost:8080',
    'http://LOCALHOST',
    'http://127.0.0.1:1',
    'http://127.1',
    'http://[0:0:0:0:0:0:0:1]',
  ])('may be this machine over http: %s', (text) => expect(safe(text)).toBe(true));
  it.each([
    'http://api.example.com',
    'http://127.0.0.2',
    'http://127.255.255.254',
    'http://0.0.0.0',
    'http://localhost.example.com',
    'http://127.0.0.1.example.com',
    'http://localhost@example.com',
    'http://[::]',
    'http://[::ffff:127.0.0.1]',
    'ftp://localhost',
    'file:///etc/passwd',
  ])('is nothing else: %s', (text) => expect(safe(text)).toBe(false));
});
