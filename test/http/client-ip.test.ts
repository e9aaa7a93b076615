import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCidr } from '../../server/config/ip-address.ts';
import { createClientIp, forwardedForOf } from '../../server/http/client-ip.ts';

const clientIp = createClientIp(['127.0.0.1/32', '::1/128', '10.0.0.0/8', 'fd00::/8']);

describe('the client IP address', () => {
  it.each([
    ['is the peer if there is no X-Forwarded-For', '127.0.0.1', undefined, '127.0.0.1'],
    ['is the peer if it is not trusted', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['is the address that a trusted peer forwards', '127.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['is the first untrusted hop from the right', '::1', '6.6.6.6, 203.0.113.9, 10.1.1.1', '203.0.113.9'],
    ['is the left-most hop if all hops are trusted', '127.0.0.1', '10.0.0.1,10.0.0.2', '10.0.0.1'],
    ['skips empty elements', '127.0.0.1', ' , ,203.0.113.9,, \t', '203.0.113.9'],
    [
      'stops at an invalid element and uses the hop to its right',
      '127.0.0.1',
      '203.0.113.9, unknown, 10.0.0.2',
      '10.0.0.2',
    ],
    ['is the peer if the right-most element is invalid', '127.0.0.1', '203.0.113.9, _hidden', '127.0.0.1'],
    ['converts IPv4-mapped IPv6 to IPv4', '127.0.0.1', '::ffff:203.0.113.9', '203.0.113.9'],
    ['trusts an IPv4-mapped peer by its IPv4 address', '::ffff:127.0.0.1', '::ffff:cb00:7109', '203.0.113.9'],
    ['removes the port of IPv4', '127.0.0.1', '203.0.113.9:4711', '203.0.113.9'],
    ['removes the brackets and port of IPv6', '127.0.0.1', '[2001:DB8:0:0::1]:4711', '2001:db8::1'],
    ['removes brackets without a port', '127.0.0.1', '[2001:db8::1]', '2001:db8::1'],
    ['removes zones', '127.0.0.1', 'fe80::1%eth0', 'fe80::1'],
    ['removes zones inside brackets', '127.0.0.1', '[fe80::1%25eth0]:80', 'fe80::1'],
    ['removes the zone of the peer', 'fe80::2%3', undefined, 'fe80::2'],
    ['is formatted according to RFC 5952', '127.0.0.1', '2001:0DB8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
    ['is never a shortened IPv4 address', '127.0.0.1', '127.1', '127.0.0.1'],
    ['is never an octal IPv4 address', '127.0.0.1', '010.0.0.1', '127.0.0.1'],
    ['is never a plain number', '127.0.0.1', '3405803785', '127.0.0.1'],
    ['is never a quoted string', '127.0.0.1', '"203.0.113.9"', '127.0.0.1'],
    ['is never bracketed IPv4', '127.0.0.1', '[203.0.113.9]', '127.0.0.1'],
    ['does not convert IPv4-compatible IPv6 to IPv4', '127.0.0.1', '6.6.6.6, ::127.0.0.1', '::7f00:1'],
  ])('%s', (_rule, peer, forwardedFor, expected) => {
    expect(clientIp.resolve(peer, forwardedFor)).toBe(expected);
  });

  it('is null if the peer has no address', () => {
    expect(clientIp.resolve(undefined, '203.0.113.9')).toBeNull();
    expect(clientIp.isTrusted(undefined)).toBe(false);
  });

  it('trusts no peer if the list is empty', () => {
    const untrusting = createClientIp([]);
    expect(untrusting.isTrusted('127.0.0.1')).toBe(false);
    expect(untrusting.resolve('127.0.0.1', '203.0.113.9')).toBe('127.0.0.1');
  });

  it('matches IPv4 addresses against an IPv4-mapped range', () => {
    const mapped = createClientIp(['::ffff:192.168.0.0/112']);
    expect(mapped.isTrusted('192.168.3.4')).toBe(true);
    expect(mapped.isTrusted('192.169.3.4')).toBe(false);
  });

  it('looks at the last 20 hops only', () => {
    const hops = (count: number) =>
      ['203.0.113.9', ...Array.from({ length: count }, (_, i) => `10.0.0.${i}`)].join(',');
    expect(clientIp.resolve('127.0.0.1', hops(19))).toBe('203.0.113.9');
    expect(clientIp.resolve('127.0.0.1', hops(20))).toBe('10.0.0.0');
  });

  it('looks at the last 2 KB only, and never at a part of an address', () => {
    const withLength = (length: number) => `1203.0.113.9,${' '.repeat(length - 23)},10.0.0.2`;
    expect(clientIp.resolve('127.0.0.1', withLength(2000).slice(1))).toBe('203.0.113.9');
    for (let length = 2040; length < 2080; length += 1) {
      expect(clientIp.resolve('127.0.0.1', withLength(length).slice(1))).not.toBe('203.0.113.9'.slice(1));
      const fields = ['X-Forwarded-For', '6.6.6.6', 'x-forwarded-for', withLength(length).slice(1)];
      const cut = forwardedForOf(fields) ?? '';
      expect(cut.length).toBeLessThanOrEqual(2049);
      expect(clientIp.resolve('127.0.0.1', cut)).toBe(clientIp.resolve('127.0.0.1', `${fields[1]},${fields[3]}`));
    }
  });

  it('takes little time for a field of 64 KB', () => {
    const field = Array.from({ length: 10_000 }, (_, i) => `[::1]:${i}`).join(',');
    const before = process.cpuUsage();
    for (let i = 0; i < 100; i += 1) clientIp.resolve('127.0.0.1', field);
    // Parsing all of it would take 100 ms each time.
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(500);
  });

  it('agrees with a walk over hops of known kinds', () => {
    const hop = fc.oneof(
      fc.nat(255).map((n) => ({ sent: `10.1.2.${n}`, shown: `10.1.2.${n}`, kind: 'trusted' as const })),
      fc
        .integer({ min: 1, max: 255 })
        .map((n) => ({ sent: `[fd00::${n}:1]:80`, shown: `fd00::${n}:1`, kind: 'trusted' as const })),
      fc.nat(255).map((n) => ({ sent: `203.0.113.${n}:1`, shown: `203.0.113.${n}`, kind: 'stranger' as const })),
      fc.constantFrom('', ' ').map((sent) => ({ sent, shown: '', kind: 'empty' as const })),
      fc.constantFrom('junk', '1.2.3', '10.0.0.256').map((sent) => ({ sent, shown: '', kind: 'junk' as const })),
    );
    fc.assert(
      fc.property(fc.array(hop), (hops) => {
        const walked = hops.toReversed().filter(({ kind }) => kind !== 'empty');
        const end = walked.findIndex(({ kind }) => kind !== 'trusted');
        const trusted = end < 0 ? walked : walked.slice(0, end);
        const stop = walked[end];
        const expected = stop?.kind === 'stranger' ? stop.shown : (trusted.at(-1)?.shown ?? '127.0.0.1');
        expect(clientIp.resolve('127.0.0.1', hops.map(({ sent }) => sent).join(','))).toBe(expected);
      }),
    );
  });

  it('is always an address, whatever X-Forwarded-For holds', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(clientIp.resolve('127.0.0.1', text)).toMatch(/^[0-9a-f.:]+$/);
      }),
    );
  });
});

describe('parseCidr', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0', 8],
    ['192.0.2.1', '192.0.2.1', 32],
    ['::1', '::1', 128],
    ['0.0.0.0/0', '0.0.0.0', 0],
    ['::ffff:10.0.0.0/104', '10.0.0.0', 8],
  ])('reads %s', (text, address, length) => {
    const [parsedAddress, parsedLength] = parseCidr(text);
    expect([parsedAddress.toString(), parsedLength]).toEqual([address, length]);
  });

  it.each([
    '',
    '/8',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    '10.1/8',
    '::1/129',
    'fe80::1%a',
    'all',
  ])('rejects “%s” and quotes it', (text) => {
    expect(() => parseCidr(text)).toThrow(`“${text}”`);
  });
});
