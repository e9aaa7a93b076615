import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  createIds,
  generateSecret,
  generateToken,
  hashSecret,
  randomBase62,
  Secret,
} from '../../server/domain/secrets.ts';
import { redact } from '../../shared/redact.ts';
import { base62Alphabet, isWellFormedToken } from '../../shared/token-format.ts';
import { fakeClock } from '../helpers/app/clock.ts';

describe('a secret', () => {
  it('shows its value only through reveal', () => {
    const secret = new Secret('hunter2');
    const shown = [String(secret), `${secret}`, JSON.stringify({ secret }), inspect({ secret }), Object.keys(secret)];
    expect(JSON.stringify(shown)).not.toContain('hunter2');
    expect(secret.reveal()).toBe('hunter2');
  });

  it('has a SHA-256 hash', () => {
    expect(new Secret('abc').hash()).toBe(createHash('sha256').update('abc').digest('base64url'));
    expect(hashSecret('abc')).toHaveLength(43);
  });
});

describe('generated values', () => {
  it('are well-formed tokens with the product prefix, all distinct', () => {
    const values = Array.from({ length: 1_000 }, () => generateToken('acme').reveal());
    expect(new Set(values).size).toBe(1_000);
    for (const value of values) expect([isWellFormedToken(value), value.slice(0, 5)]).toEqual([true, 'acme_']);
  });

  it('use every character about equally often', () => {
    const counts = new Map<string, number>();
    for (const character of randomBase62(62_000)) counts.set(character, (counts.get(character) ?? 0) + 1);
    expect([...counts.keys()].sort()).toEqual([...base62Alphabet].sort());
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(250);
  });

  it('for sessions are redacted', () => {
    expect(redact(generateSecret('session').reveal())).toBe('session_[redacted]');
    expect(redact(`session_${'a'.repeat(38)}-bcde`)).toBe('session_[redacted]');
  });
});

describe('ids', () => {
  it('sort in creation order, within a millisecond and when the clock is set back', () => {
    const clock = fakeClock();
    const newId = createIds(clock);
    const ids = Array.from({ length: 500 }, newId);
    clock.advance(1);
    ids.push(newId());
    clock.advance(-5_000);
    ids.push(newId(), newId());
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  });
});
