import fc from 'fast-check';
import { expect, it } from 'vitest';
import { explainMalformed } from '../../../cli/input/explain-malformed.ts';
import { assembleToken, isWellFormedToken } from '../../../shared/token-format.ts';

const value = assembleToken('tok', '8fK2b1QzAAAABBBBCCCCDDDDEEEEFFFF');
const utf16 = (text: string) => Buffer.from(text, 'utf16le').toString('utf8');

it.each([
  [value.slice(0, 40), '40 of 42 characters'],
  ['tok_8fK2b1Qz', '12 of 42 characters'],
  [`${value}x`, '43 characters instead of 42'],
  [`acme_${'A'.repeat(30)}`, '35 of 43 characters'],
  [`"${value}"`, 'quotes around it'],
  [`'${value}`, 'quotes around it'],
  [`“${value}”`, 'quotes around it'],
  [`\ufeff${value}`, 'a byte order mark in front'],
  [utf16(value), 'UTF-16 text, save the file as UTF-8'],
  [utf16(`\ufeff${value}`), 'UTF-16 text, save the file as UTF-8'],
  [`${value}\u00a0`, 'a no-break space (U+00A0) in it'],
  [`Bearer ${value}`, 'an authorization scheme in front, such as Bearer'],
  [`token ${value}`, 'an authorization scheme in front, such as Bearer'],
  [`Authorization: Bearer ${value}`, 'a header, pipe only the value'],
  [`X-API-Key: ${value}`, 'a header, pipe only the value'],
  [`export TOKEN=${value}`, 'a variable assignment, pipe only the value'],
  [`{"token":"${value}"}`, 'JSON, pipe only the value'],
  [` ${value}`, 'spaces around it'],
  [`${value}\t`, 'spaces around it'],
  [`${value.slice(0, 20)} ${value.slice(20)}`, 'spaces in it'],
  [`${value}\n${value}`, 'more than one line'],
  [`${value.slice(0, 12)}…`, 'masked or shortened'],
  [`tok_${'*'.repeat(38)}`, 'masked or shortened'],
  [`${value.slice(0, 20)}\u200b${value.slice(20)}`, 'the character U+200B in it'],
  [`session_${'A'.repeat(43)}`, 'another kind of secret, not a token'],
  [`tok_${'A'.repeat(38)}`, 'a wrong checksum, so at least one character differs'],
  [value.replace('_', '-'), 'not the form of a token, such as tok_ and 38 letters and digits'],
  ['hello', 'not the form of a token, such as tok_ and 38 letters and digits'],
])('explains %j as “%s”', (text, explanation) => {
  expect(isWellFormedToken(text)).toBe(false);
  expect(explainMalformed(text)).toBe(explanation);
});

it('repeats nothing of the text in a single line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), (before, after) => {
      const explanation = explainMalformed(before + value + after);
      expect(explanation).not.toContain(value.slice(12));
      expect(explanation).toMatch(/^[\x20-\x7e]+$/);
    }),
  );
});
