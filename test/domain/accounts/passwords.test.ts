import { stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkNewPassword, createPasswords } from '../../../server/domain/accounts/passwords.ts';
import { ProblemError } from '../../../shared/problem.ts';

const passwords = createPasswords();
const field = { pointer: '/password', email: 'ada.lovelace@example.com' };

async function rejection(password: string, pointer = '/password'): Promise<string> {
  const error = await checkNewPassword(password, { ...field, pointer }).catch((error: unknown) => error);
  if (!(error instanceof ProblemError)) throw new Error('the password was accepted');
  expect(error.code).toBe('invalid-fields');
  expect(error.errors).toEqual([{ pointer, detail: error.message }]);
  return error.message;
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

describe('hashing', () => {
  it('produces salted Argon2id hashes with the parameters that OWASP recommends', async () => {
    const [one, two] = await Promise.all([passwords.hash('correct horse'), passwords.hash('correct horse')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(two);
  });

  it('matches the same password in any Unicode form, and no other', async () => {
    const hash = await passwords.hash('Ångström ﬁnesse');
    expect(await passwords.verify(hash, 'A\u030Angstro\u0308m finesse')).toBe(true);
    expect(await passwords.verify(hash, 'Ångström Finesse')).toBe(false);
    expect(await passwords.verify(hash, '')).toBe(false);
  });

  it('matches nothing if there is no hash, not even the empty password', async () => {
    expect(await passwords.verify(null, '')).toBe(false);
    expect(await passwords.verify(null, 'correct horse')).toBe(false);
  });

  it('rejects more than 1,024 characters, even against the hash of the empty password', async () => {
    const hashOfEmpty = await passwords.hash('');
    expect(await passwords.verify(hashOfEmpty, '')).toBe(true);
    expect(await passwords.verify(hashOfEmpty, 'a'.repeat(1025))).toBe(false);
    const longest = '🔑'.repeat(1024);
    expect(await passwords.verify(await passwords.hash(longest), longest)).toBe(true);
  });

  it('leaves threads free during a flood: a file is read before a tenth of the passwords is verified', async () => {
    let verified = 0;
    const flood = Array.from({ length: 20 }, async () => {
      await passwords.verify(null, 'flood');
      verified += 1;
    });
    await setImmediate();
    await stat('/');
    expect(verified).toBeLessThanOrEqual(2);
    await Promise.all(flood);
  });
});

describe('a new password', () => {
  it('is returned in NFKC form', async () => {
    expect(await checkNewPassword('ﬁnesse and Ａngström', field)).toBe('finesse and Angström');
  });

  it('must have 12 to 1,024 characters, counted as code points after NFKC', async () => {
    expect(await rejection('short one 1')).toMatch(/at least 12/);
    expect(await rejection('🔑🔒🔓🗝🛡🚪')).toMatch(/at least 12/);
    expect(await rejection(`${'e\u0301'.repeat(5)}abcdef`)).toMatch(/at least 12/);
    expect(await checkNewPassword('short one 12', field)).toBe('short one 12');
    const sentence = 'a quite long sentence, ';
    const longest = sentence.repeat(50).slice(0, 1024);
    expect(await checkNewPassword(longest, field)).toBe(longest);
    expect(await rejection(`${longest}!`)).toMatch(/at most 1024/);
  });

  it.each(['leavemealone', 'LeaveMeAlone', '1qaz2wsx3edc', 'ｌｅａｖｅｍｅａｌｏｎｅ'])(
    'is rejected as common: %s',
    async (password) => {
      expect(await rejection(password)).toMatch(/most common/);
    },
  );

  it.each(['aaaaaaaaaaaa', 'passwordpassword', 'Abc1abC1aBc1', '🔑'.repeat(12)])(
    'is rejected as a repetition: %s',
    async (password) => {
      expect(await rejection(password)).toMatch(/repeats/);
    },
  );

  it('must not be the email address', async () => {
    expect(await rejection('Ada.Lovelace@Example.com')).toMatch(/email address/);
  });

  it('is reported under the field that contains it', async () => {
    await rejection('short', '/new');
  });

  it('that was accepted can be verified', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 12, maxLength: 40, unit: 'grapheme' }), async (password) => {
        const accepted = await checkNewPassword(password, field).catch(() => null);
        fc.pre(accepted !== null);
        expect(await passwords.verify(await passwords.hash(accepted ?? ''), password)).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  it('is checked in less than half a second, whatever its pattern', async () => {
    const spent = await milliseconds(() => checkNewPassword(`${'ab'.repeat(511)}c`, field));
    expect(spent).toBeLessThan(500);
  });
});

it('rejects verifications while too many are queued, and completes the others', async () => {
  const busy = createPasswords({ maxWaiting: 3, maxWaitMs: 60_000 });
  const results = await Promise.allSettled(Array.from({ length: 9 }, () => busy.verify(null, 'x')));
  // Two run, three are queued.
  expect(results.map(({ status }) => status)).toEqual([...Array(5).fill('fulfilled'), ...Array(4).fill('rejected')]);
  expect(results[8]).toMatchObject({ reason: { code: 'throttled', retryAfter: 5 } });
  expect(await busy.verify(null, 'x')).toBe(false);
});

it('rejects hashes and verifications that waited too long', async () => {
  const busy = createPasswords({ maxWaiting: 100, maxWaitMs: 1 });
  const attempts = Array.from({ length: 10 }, (_, turn) => (turn % 2 ? busy.hash('x') : busy.verify(null, 'x')));
  const results = await Promise.allSettled(attempts);
  // Two run at once. A stall of this process can end them before the timers of the next two fire, but not of the others.
  const outcomes = results.map(({ status }) => status);
  expect(outcomes.slice(0, 2)).toEqual(['fulfilled', 'fulfilled']);
  expect(outcomes.slice(4)).toEqual(Array(6).fill('rejected'));
  expect(results[9]).toMatchObject({ reason: { code: 'throttled', retryAfter: 5 } });
});
