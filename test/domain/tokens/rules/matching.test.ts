import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coversNetwork, isInNetworks, parseNetwork } from '../../../../server/domain/tokens/rules/networks.ts';
import { matchesPath, parsePathPattern } from '../../../../server/domain/tokens/rules/path-pattern.ts';

const runs = { numRuns: 2_000 };

const segment = fc.constantFrom('a', 'b', 'ab', 'aa', '~', '.a');
const patterns = fc
  .tuple(fc.array(fc.oneof(segment, fc.constant('*')), { maxLength: 4 }), fc.constantFrom('', '/', '/**'))
  .map(([segments, end]) => `${segments.map((text) => `/${text}`).join('')}${end}` || '/');
const paths = fc
  .tuple(fc.array(segment, { maxLength: 5 }), fc.boolean())
  .map(([segments, slash]) => `${segments.map((text) => `/${text}`).join('')}${slash ? '/' : ''}` || '/');

/** Writes a pattern as a regular expression. */
function expressionOf(pattern: string): RegExp {
  const escaped = pattern.replace(/\./g, '\\.');
  const source = escaped.replace(/\/\*\*$/, '(?:/.*)?').replace(/\/\*(?=\/|$|\()/g, '/[^/]+');
  return new RegExp(`^${source}$`);
}

describe('a pattern for paths', () => {
  it('matches the paths that the regular expression of the same meaning matches', () => {
    let matches = 0;
    fc.assert(
      fc.property(patterns, paths, (pattern, path) => {
        const expected = expressionOf(pattern).test(path);
        if (expected) matches += 1;
        expect(matchesPath(parsePathPattern(pattern), path)).toBe(expected);
      }),
      runs,
    );
    expect(matches).toBeGreaterThan(100);
  });
});

const octets = fc.array(fc.constantFrom(0, 1, 9, 10, 99, 100, 127, 128, 199, 254, 255), { minLength: 4, maxLength: 4 });
const ipv4 = octets.map((numbers) => numbers.join('.'));

describe('networks', () => {
  it('contain the IPv4 addresses that they contain for Node', () => {
    fc.assert(
      fc.property(
        ipv4,
        fc.integer({ min: 0, max: 32 }),
        ipv4,
        fc.integer({ min: 0, max: 31 }),
        (base, bits, ip, bit) => {
          const list = new BlockList();
          list.addSubnet(base, bits, 'ipv4');
          const network = parseNetwork(`${base}/${bits}`);
          // An address that differs from the base in one bit shows whether the prefix has the right length.
          const numbers = base.split('.').map(Number);
          numbers[bit >> 3] = (numbers[bit >> 3] ?? 0) ^ (128 >> (bit & 7));
          for (const address of [base, ip, numbers.join('.')]) {
            expect(isInNetworks([network], address)).toBe(list.check(address, 'ipv4'));
            expect(coversNetwork(network, parseNetwork(address))).toBe(list.check(address, 'ipv4'));
          }
        },
      ),
      runs,
    );
  });

  it.each([
    '',
    '.',
    '1.2.3',
    '1.2.3.',
    '.1.2.3',
    '1..2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.04',
    '00.0.0.0',
  ])('do not contain %j, which is not an address', (text) => {
    expect(isInNetworks([parseNetwork('0.0.0.0/0'), parseNetwork('::/0')], text)).toBe(false);
  });

  it.each(['16909060', '1', 'abc', ' 1.2.3.4', '1.2.3.4 ', '1,2,3,4', '0x1.2.3.4', '١.2.3.4'])(
    'do not contain %j, which only some programs read as an address',
    (text) => {
      expect(isInNetworks([parseNetwork('0.0.0.0/0'), parseNetwork('::/0')], text)).toBe(false);
      expect(() => parseNetwork(text)).toThrow('is not a network');
    },
  );
});
