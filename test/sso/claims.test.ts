import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateSecret } from '../../server/domain/secrets.ts';
import { readPerson } from '../../server/sso/claims/person.ts';
import { emailSchema, userNameSchema } from '../../shared/schemas/common.ts';

const secret = generateSecret('session').reveal();

type Claims = Record<string, unknown>;

const issuer = 'https://sso.example.com';
const required = { iss: issuer, sub: 'ada' };
const defaults = { emailClaim: 'email', groupsClaim: 'groups' };

/** Reads the claims of the userinfo endpoint (null: there is none) and of the ID token. */
const read = (userInfo: Claims | null, idToken: Claims = {}, settings: Partial<typeof defaults> = {}) =>
  readPerson({ idToken: { ...idToken, ...required }, userInfo, userInfoFailure: null }, { ...defaults, ...settings });

const groupsOf = (groups: unknown) => read({ groups }).groups;

describe('the groups claim', () => {
  it.each<[string, unknown, string[]]>([
    ['a list of names', ['devs', 'admins'], ['devs', 'admins']],
    ['an empty list', [], []],
    ['objects with a name', [{ id: '1', name: 'devs' }], ['devs']],
    ['objects with a display name', [{ id: '1', displayName: 'devs' }], ['devs']],
    ['objects with only an ID', [{ id: '1' }, { id: 2 }], ['1', '2']],
    ['one object', { id: '1', name: 'devs' }, ['devs']],
    ['numbers', [123], ['123']],
    ['nested lists', [['devs'], [['admins']]], ['devs', 'admins']],
    ['the keys of an object', { devs: { org: 1 }, admins: true }, ['devs', 'admins']],
    ['an object without keys', {}, []],
    ['keys with a no', { devs: true, admins: false, ops: null }, ['devs']],
    ['a text with commas', 'devs,admins', ['devs', 'admins']],
    ['a text with spaces', ' devs  admins ', ['devs', 'admins']],
    ['a text with both', 'devs, admins', ['devs', 'admins']],
    ['a list that became text', '["devs","Domain Admins"]', ['devs', 'Domain Admins']],
    ['a list that became text without quotes', '[devs, admins]', ['devs', 'admins']],
    ['an empty list that became text', '[]', []],
    ['duplicates', ['devs', 'devs'], ['devs']],
  ])('is read from %s', (_what, value, listed) => {
    expect(groupsOf(value)).toEqual({ listed, untold: null });
  });

  it.each<[string, unknown, string]>([
    ['missing', undefined, 'missing'],
    ['null', null, 'missing'],
    ['an empty text', '', 'missing'],
    ['only separators', ' , ', 'unreadable'],
    ['a number', 7, 'unreadable'],
    ['a boolean', true, 'unreadable'],
    ['a list of an empty text', [''], 'unreadable'],
    ['a list of null', [null], 'unreadable'],
    ['a list of objects without names', [{ value: 'x' }], 'unreadable'],
    ['a list that is nested too deeply', [[[[['devs']]]]], 'unreadable'],
  ])('says nothing about groups if it is %s', (_what, value, untold) => {
    expect(groupsOf(value)).toEqual({ listed: [], untold });
  });

  it('keeps the groups that it can read, as an incomplete list', () => {
    expect(groupsOf(['devs', { value: 'x' }])).toEqual({ listed: ['devs'], untold: 'unreadable' });
  });

  it.each<[string, Claims | null, Claims]>([
    ['the userinfo endpoint', { _claim_names: { groups: 'src1' } }, { groups: ['devs'] }],
    ['the ID token', null, { groups: ['devs'], _claim_names: { groups: 'src1' } }],
    ['an old ID token', null, { groups: ['devs'], hasgroups: 'true' }],
  ])('is incomplete if %s refers to more groups', (_where, userInfo, idToken) => {
    expect(read(userInfo, idToken).groups).toEqual({ listed: ['devs'], untold: 'overage' });
  });

  it('is complete if only another claim is elsewhere, or there are no more groups', () => {
    for (const more of [{ _claim_names: { address: 'src1' } }, { hasgroups: false }, { _claim_names: 'x' }]) {
      expect(read({ groups: ['devs'], ...more }).groups.untold).toBeNull();
    }
  });

  it('comes from the userinfo endpoint, or else from the ID token', () => {
    const of = (userInfo: Claims | null, idToken: Claims) => read(userInfo, idToken).groups;
    expect(of({ groups: ['devs'] }, { groups: ['admins'] })).toEqual({ listed: ['devs'], untold: null });
    expect(of({ groups: [] }, { groups: ['admins'] })).toEqual({ listed: [], untold: null });
    for (const userInfo of [{}, { groups: null }, { groups: 7 }, null]) {
      expect(of(userInfo, { groups: ['admins'] })).toEqual({ listed: ['admins'], untold: null });
    }
  });

  it.each<[string, Claims]>([
    ['realm_access.roles', { realm_access: { roles: ['devs'] } }],
    ['https://example.com/roles', { 'https://example.com/roles': ['devs'] }],
    ['resource_access.my.app.roles', { resource_access: { 'my.app': { roles: ['devs'] } } }],
    ['a.b', { 'a.b': ['devs'], a: { b: ['admins'] } }],
  ])('is found at %s', (groupsClaim, claims) => {
    expect(read(claims, {}, { groupsClaim }).groups).toEqual({ listed: ['devs'], untold: null });
  });

  it.each(['constructor', '__proto__', 'a.constructor', 'a.b.c', '.', 'a.', '.a', 'list.length', 'list.0'])(
    'is missing at %s',
    (groupsClaim) => {
      const claims = { a: { b: 'text' }, list: ['devs'] };
      expect(read(claims, {}, { groupsClaim }).groups).toEqual({ listed: [], untold: 'missing' });
    },
  );
});

describe('the email address', () => {
  const email = 'ada@example.com';

  it.each([true, 'true', ' TRUE ', 1, '1'])('is verified if email_verified is %j', (email_verified) => {
    expect(read({ email, email_verified })).toMatchObject({ email, emailVerified: true });
  });
  it.each([false, 'false', 'False', 0, '0'])('is not verified if email_verified is %j', (email_verified) => {
    expect(read({ email, email_verified })).toMatchObject({ email, emailVerified: false });
  });
  it.each([undefined, null, '', 'yes', 2, [], [true], {}])('is unknown to be verified with %j', (email_verified) => {
    expect(read({ email, email_verified })).toMatchObject({ email, emailVerified: null });
  });

  it.each([' ada@example.com\n', ['ada@example.com']])('is cleaned: %j', (sent) => {
    expect(read({ email: sent }).email).toBe(email);
  });
  it.each(['', 'ada', null, 7, ['a@example.com', 'b@example.com'], { value: email }])('is missing in %j', (sent) => {
    expect(read({ email: sent }).email).toBeNull();
  });

  it.each<[string, Claims, Claims, { email: string; emailVerified: boolean | null }]>([
    ['no address', { email_verified: true }, { email }, { email, emailVerified: null }],
    ['only a no', { email_verified: false }, { email, email_verified: true }, { email, emailVerified: false }],
    [
      'the same address',
      { email: 'ADA@example.com' },
      { email, email_verified: true },
      { email: 'ADA@example.com', emailVerified: true },
    ],
    [
      'the same address with a no',
      { email, email_verified: false },
      { email, email_verified: true },
      { email, emailVerified: false },
    ],
    ['another address', { email: 'eve@example.com' }, { email, email_verified: true }, { email, emailVerified: true }],
    [
      'another address with a no',
      { email: 'eve@example.com', email_verified: false },
      { email, email_verified: true },
      { email, emailVerified: true },
    ],
    [
      'a look-alike',
      { email: 'strasse@example.com' },
      { email: 'straße@example.com', email_verified: true },
      { email: 'straße@example.com', emailVerified: true },
    ],
    [
      'a Kelvin sign for a K',
      { email: '\u212aate@example.com' },
      { email: 'kate@example.com', email_verified: true },
      { email: 'kate@example.com', emailVerified: true },
    ],
    [
      'another address, unknown in both',
      { email: 'eve@example.com' },
      { email },
      { email: 'eve@example.com', emailVerified: null },
    ],
  ])(
    'never counts as verified by the flag of another address: userinfo has %s',
    (_what, userInfo, idToken, expected) => {
      expect(read(userInfo, idToken)).toMatchObject(expected);
    },
  );

  it('in another claim is not vouched for, unless the claim email has the same address', () => {
    const settings = { emailClaim: 'preferred_username' };
    const of = (claims: Claims) => read(claims, {}, settings).emailVerified;
    expect(of({ preferred_username: email, email_verified: true })).toBeNull();
    expect(of({ preferred_username: email, email: 'eve@example.com', email_verified: true })).toBeNull();
    expect(of({ preferred_username: email, email: 'eve@example.com', email_verified: false })).toBeNull();
    expect(of({ preferred_username: email, email, email_verified: true })).toBe(true);
    expect(of({ preferred_username: email, email, email_verified: false })).toBe(false);
    expect(read({ email }, {}, settings).email).toBeNull();
  });
});

describe('the name', () => {
  it.each<[string, Claims, string | null]>([
    ['88 characters', { name: 'x'.repeat(88) }, 'x'.repeat(64)],
    ['a space where it is cut', { name: `${'x'.repeat(63)} ${'y'.repeat(20)}` }, 'x'.repeat(63)],
    ['a zero-width space', { name: 'Ada\u200b Lovelace' }, 'Ada Lovelace'],
    ['a line break', { name: 'Ada\r\nLovelace' }, 'Ada Lovelace'],
    ['a direction mark and a private character', { name: '\u202eAda\ue000' }, 'Ada'],
    ['half a character', { name: 'Ada\ud800' }, 'Ada'],
    ['separate accents', { name: 'Zoe\u0308' }, 'Zoë'],
    ['only given and family name', { given_name: 'Ada', family_name: 'Lovelace' }, 'Ada Lovelace'],
    ['only a given name', { given_name: ' Ada ', family_name: null }, 'Ada'],
    ['a name without visible characters', { name: '\u200b', given_name: 'Ada' }, 'Ada'],
    ['a secret in the name', { name: secret, family_name: 'Lovelace' }, 'Lovelace'],
    ['a secret that the cut would hide', { name: `${'x'.repeat(50)} ${secret}` }, null],
    ['an empty name', { name: ' ' }, null],
    ['a name that is no text', { name: { given: 'Ada' } }, null],
    ['no name', {}, null],
  ])('is cleaned with %s', (_what, claims, expected) => {
    expect(read(claims).name).toBe(expected);
  });

  it('comes from the ID token if the userinfo endpoint has only its parts', () => {
    expect(read({ given_name: 'A.', family_name: 'L.' }, { name: 'Ada Lovelace' }).name).toBe('Ada Lovelace');
  });

  it('of any length is read quickly', () => {
    const start = performance.now();
    read({ name: 'a\u0301\u0327'.repeat(200_000) });
    expect(performance.now() - start).toBeLessThan(200);
  });
});

describe('any claims', () => {
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 4 }),
    fc.constantFrom<unknown>(
      true,
      false,
      'true',
      '',
      null,
      'ada@example.com',
      'Eve@example.com',
      'a,b',
      { groups: 's' },
      ['a'],
    ),
  );
  const names = [
    'email',
    'email_verified',
    'name',
    'given_name',
    'family_name',
    'groups',
    'hasgroups',
    'a.b',
    'a',
    '_claim_names',
  ];
  const claims = fc.dictionary(fc.constantFrom(...names), value);
  const sources = fc.tuple(fc.option(claims), claims);
  const settings = fc.record({
    emailClaim: fc.constantFrom('email', 'name', 'a.b'),
    groupsClaim: fc.constantFrom('groups', 'a', 'a.b'),
  });

  it('give a person whose values a member may have', () => {
    fc.assert(
      fc.property(sources, settings, ([userInfo, idToken], settings) => {
        const person = read(userInfo, idToken, settings);
        expect(person).toMatchObject({ issuer, subject: 'ada' });
        if (person.email !== null) expect(emailSchema.parse(person.email)).toBe(person.email);
        if (person.name !== null) expect(userNameSchema.parse(person.name)).toBe(person.name);
        expect(person.groups.listed.every((group) => typeof group === 'string' && group.trim() !== '')).toBe(true);
      }),
    );
  });

  it('never treat a missing claim as a no', () => {
    fc.assert(
      fc.property(sources, fc.constantFrom(undefined, null, ''), ([userInfo, idToken], nothing) => {
        const without = (source: Claims) => ({ ...source, groups: nothing, email_verified: nothing });
        const person = read(userInfo && without(userInfo), without(idToken));
        expect(person.groups.untold).not.toBeNull();
        expect(person.emailVerified).toBeNull();
      }),
    );
  });

  it('never make an address verified that no source calls verified', () => {
    fc.assert(
      fc.property(sources, ([userInfo, idToken]) => {
        const { email, emailVerified } = read(userInfo, idToken);
        if (emailVerified !== true) return;
        const statements = [userInfo ?? {}, idToken].map((source) => read(null, source));
        const others = statements.filter(
          (one) => one.email !== null && one.email.toLowerCase() !== email?.toLowerCase(),
        );
        expect(others.length).toBeLessThan(2);
        const about = [userInfo ?? {}, idToken].filter((_, index) => {
          const named = statements[index]?.email ?? null;
          return named === null || named.toLowerCase() === email?.toLowerCase();
        });
        const flags = about.map(({ email_verified: flag }) => String(flag).trim().toLowerCase());
        expect(flags.some((flag) => flag === 'true' || flag === '1')).toBe(true);
        expect(flags.some((flag) => flag === 'false' || flag === '0')).toBe(false);
      }),
    );
  });
});

describe('the notes for the log', () => {
  it('name the claims in which the userinfo endpoint and the ID token differ', () => {
    const { notes } = read({ email: 'a@example.com', groups: ['a'] }, { email: 'b@example.com', groups: ['b'] });
    expect(notes).toEqual([
      { level: 'warn', message: expect.stringContaining('differ'), fields: { claim: 'email' } },
      { level: 'warn', message: expect.stringContaining('differ'), fields: { claim: 'groups' } },
    ]);
    expect(
      read({ email: 'A@example.com', groups: ['a', 'b'] }, { email: 'a@example.com', groups: ['b', 'a'] }).notes,
    ).toEqual([]);
    expect(read({ groups: ['a'] }, { email: 'b@example.com' }).notes).toEqual([]);
  });

  it('name the claims that arrived, without their values', () => {
    expect(read({ sub: 'ada', upn: 'ada@example.com' }, { tid: '1' }).received).toEqual(['sub', 'upn', 'tid', 'iss']);
  });
});
