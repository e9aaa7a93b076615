import { stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkNewPassword, createPasswords } from '../../../server/domain/accounts/passwords.ts';
import { ProblemError } from '../../../shared/problem.ts';

const passwords = createPasswords();
const field = { pointer: '/password', email: 'ada.lovelace@example.com' };

async function refusal(password: string, pointer = '/password'): Promise<string> {
  const error = await checkNewPassword(password, { ...field, pointer }).catch((error: unknown) => error);
  if (!(error instanceof ProblemError)) throw new Error('the password was taken');
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
  it('makes Argon2id hashes at OWASP strength, salted', async () => {
    const [one, two] = await Promise.all([passwords.hash('correct horse'), passwords.hash('correct horse')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(two);
  });

  it('knows the password again, in any Unicode form, and no other', async () => {
    const hash = await passwords.hash('Ångström ﬁnesse');
    expect(await passwords.verify(hash, 'A\u030Angstro\u0308m finesse')).toBe(true);
    expect(await passwords.verify(hash, 'Ångström Finesse')).toBe(false);
    expect(await passwords.verify(hash, '')).toBe(false);
  });

  it('refuses everything for nobody, even what its stand-in hash is asked with', async () => {
    expect(await passwords.verify(null, '')).toBe(false);
    expect(await passwords.verify(null, 'correct horse')).toBe(false);
  });

  it('refuses more than 1,024 characters, also for the hash of nothing', async () => {
    const hashOfNothing = await passwords.hash('');
    expect(await passwords.verify(hashOfNothing, '')).toBe(true);
    expect(await passwords.verify(hashOfNothing, 'a'.repeat(1025))).toBe(false);
    const longest = '🔑'.repeat(1024);
    expect(await passwords.verify(await passwords.hash(longest), longest)).toBe(true);
  });

  it('takes as long for nobody and for an endless password as for a wrong one', async () => {
    const hash = await passwords.hash('correct horse battery');
    const cases = {
      wrong: () => passwords.verify(hash, 'wrong horse battery'),
      nobody: () => passwords.verify(null, 'wrong horse battery'),
      endless: () => passwords.verify(hash, 'x'.repeat(60_000)),
    };
    const best = { wrong: Infinity, nobody: Infinity, endless: Infinity };
    for (let round = 0; round < 8; round += 1) {
      for (const name of ['wrong', 'nobody', 'endless'] as const) {
        best[name] = Math.min(best[name], await milliseconds(cases[name]));
      }
    }
    expect(best.nobody / best.wrong).toBeGreaterThan(0.6);
    expect(best.nobody / best.wrong).toBeLessThan(1.7);
    expect(best.endless / best.wrong).toBeGreaterThan(0.6);
    expect(best.endless / best.wrong).toBeLessThan(1.7);
  });

  it('leaves the other threads free during a flood: a file is read before a tenth of it is through', async () => {
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
  it('is answered in NFKC form', async () => {
    expect(await checkNewPassword('ﬁnesse and Ａngström', field)).toBe('finesse and Angström');
  });

  it('has 12 to 1,024 characters, counted after NFKC as people count', async () => {
    expect(await refusal('short one 1')).toMatch(/at least 12/);
    expect(await refusal('🔑🔒🔓🗝🛡🚪')).toMatch(/at least 12/);
    expect(await refusal(`${'e\u0301'.repeat(5)}abcdef`)).toMatch(/at least 12/);
    expect(await checkNewPassword('short one 12', field)).toBe('short one 12');
    const sentence = 'a quite long sentence, ';
    const longest = sentence.repeat(50).slice(0, 1024);
    expect(await checkNewPassword(longest, field)).toBe(longest);
    expect(await refusal(`${longest}!`)).toMatch(/at most 1024/);
  });

  it.each(['leavemealone', 'LeaveMeAlone', '1qaz2wsx3edc', 'ｌｅａｖｅｍｅａｌｏｎｅ'])(
    'is refused as common: %s',
    async (password) => {
      expect(await refusal(password)).toMatch(/most common/);
    },
  );

  it.each(['aaaaaaaaaaaa', 'passwordpassword', 'Abc1abC1aBc1', '🔑'.repeat(12)])(
    'is refused as a repetition: %s',
    async (password) => {
      expect(await refusal(password)).toMatch(/repeats/);
    },
  );

  it('is not the e-mail address', async () => {
    expect(await refusal('Ada.Lovelace@Example.com')).toMatch(/e-mail/);
  });

  it('is reported under the field that held it', async () => {
    await refusal('short', '/new');
  });

  it('that was taken is one that signs in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 12, maxLength: 40, unit: 'grapheme' }), async (password) => {
        const taken = await checkNewPassword(password, field).catch(() => null);
        fc.pre(taken !== null);
        expect(await passwords.verify(await passwords.hash(taken ?? ''), password)).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  it('is judged quickly, whatever it looks like', async () => {
    const spent = await milliseconds(() => checkNewPassword(`${'ab'.repeat(511)}c`, field));
    expect(spent).toBeLessThan(500);
  });
});

it('tells those who come while very many wait to come again, and serves the others', async () => {
  const busy = createPasswords(3);
  const answers = await Promise.allSettled(Array.from({ length: 9 }, () => busy.verify(null, 'x')));
  // Two are at work, three wait.
  expect(answers.map(({ status }) => status)).toEqual([...Array(5).fill('fulfilled'), ...Array(4).fill('rejected')]);
  expect(answers[8]).toMatchObject({ reason: { code: 'throttled', retryAfter: 5 } });
  expect(await busy.verify(null, 'x')).toBe(false);
});
