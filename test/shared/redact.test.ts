import { describe, expect, it } from 'vitest';
import { redact, secretPrefixes } from '../../shared/redact.ts';
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
