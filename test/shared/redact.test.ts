import { describe, expect, it } from 'vitest';
import { redact, secretPrefixes } from '../../shared/redact.ts';
import { redactEmbedded } from '../../shared/redact-embedded.ts';
import vectors from './token-vectors.json' with { type: 'json' };

describe('redact', () => {
  it.each(vectors.good)('leaves only the public prefix of $value', ({ value, prefix }) => {
    expect(redact(`"Token ${value}", ${value}`)).toBe(`"Token ${prefix}[redacted]", ${prefix}[redacted]`);
  });

  it.each(Object.values(secretPrefixes))('removes secrets that begin with %s completely', (prefix) => {
    const secret = `${prefix}${'Az09-_'.repeat(7)}x`;
    expect(redact(`Bearer ${secret};`)).toBe(`Bearer ${prefix}[redacted];`);
  });

  it('leaves other text unchanged', () => {
    const text = 'tok_8fK2b1Qz GET /builds/42 snake_case_names are_fine_0123456789';
    expect(redact(text)).toBe(text);
  });
});

describe('redactEmbedded', () => {
  it.each(vectors.good)('leaves only the public prefix of $value, whatever touches it', ({ value, prefix }) => {
    for (const [before, after] of [
      ['A', 'B'],
      ['/file', '.txt'],
      ['0', '0'],
      ['_', '_'],
      ['é', ''],
    ]) {
      expect(redactEmbedded(`${before}${value}${after}`)).toBe(`${before}${prefix}[redacted]${after}`);
    }
    expect(redactEmbedded(value + value)).toBe(`${prefix}[redacted]`.repeat(2));
  });

  it.each(vectors.good)('leaves $value with a wrong checksum unchanged, if letters touch it', ({ value }) => {
    const text = `A${value.slice(0, -1)}${value.endsWith('a') ? 'b' : 'a'}`;
    expect(redactEmbedded(text)).toBe(text);
  });

  it('redacts what redact does', () => {
    const secrets = Object.values(secretPrefixes).map((prefix) => `${prefix}${'Az09-_'.repeat(7)}x`);
    const text = `${secrets.join(' ')} whsec_${'Az09'.repeat(10)} tok_${'a'.repeat(38)}`;
    expect(redactEmbedded(text)).toBe(redact(text));
  });
});
