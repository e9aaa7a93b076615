import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readAddresses } from '../../../server/web/team/invite/pasted-addresses.ts';

const read = (text: string) => readAddresses(text).map(({ email, name }) => (name === '' ? email : `${name}|${email}`));

it.each<[string, string[]]>([
  ['ada@example.com', ['ada@example.com']],
  ['ada@example.com, bob@example.com;eve@example.com', ['ada@example.com', 'bob@example.com', 'eve@example.com']],
  ['ada@example.com bob@example.com\r\n\teve@example.com\n', ['ada@example.com', 'bob@example.com', 'eve@example.com']],
  ['Ada Lovelace <ada@example.com>, bob@example.com', ['Ada Lovelace|ada@example.com', 'bob@example.com']],
  ['Ada <ada@example.com> Bob <bob@example.com>', ['Ada|ada@example.com', 'Bob|bob@example.com']],
  ['bob@example.com Ada Lovelace <ada@example.com>', ['bob@example.com', 'Ada Lovelace|ada@example.com']],
  ['"Lovelace, Ada" <ada@example.com>', ['Lovelace, Ada|ada@example.com']],
  ['Lovelace, Ada <ada@example.com>; bob@example.com', ['Lovelace, Ada|ada@example.com', 'bob@example.com']],
  ['"Ada \\"Countess\\" Lovelace" <ada@example.com>', ['Ada "Countess" Lovelace|ada@example.com']],
  ['"eve@example.com" <ada@example.com>', ['eve@example.com|ada@example.com']],
  ['<ada@example.com><bob@example.com>', ['ada@example.com', 'bob@example.com']],
  ['MAILTO:ada@example.com', ['ada@example.com']],
  ['Ada <ada@example.com', ['Ada', 'ada@example.com']],
  ['Ada Lovelace\nbob@example.com', ['Ada Lovelace', 'bob@example.com']],
  ['nobody, , ;; <>', ['nobody', '']],
  [' ,;\n ', []],
])('reads %j', (text, expected) => {
  expect(read(text)).toEqual(expected);
});

it('drops no address, whatever is around it', () => {
  const noise = fc.array(fc.constantFrom(' ', ',', ';', '\n', 'Ada', '"A, b"', '\t'), { maxLength: 4 });
  const address = fc.constantFrom('ada@example.com', 'bob@example.com', '<eve@example.com>');
  fc.assert(
    fc.property(fc.array(fc.tuple(noise, address, noise), { maxLength: 6 }), (pieces) => {
      const text = pieces.map(([before, one, after]) => [...before, ' ', one, ' ', ...after].join('')).join('');
      const found = readAddresses(text).map(({ email }) => email);
      expect(found.filter((email) => email.includes('@'))).toEqual(pieces.map(([, one]) => one.replace(/[<>]/g, '')));
    }),
  );
});

it('reads the longest form at once', () => {
  for (const text of ['"'.repeat(60_000), '<'.repeat(60_000), 'a '.repeat(30_000), '"\\'.repeat(30_000)]) {
    const start = performance.now();
    readAddresses(text);
    expect(performance.now() - start).toBeLessThan(1500);
  }
});
