import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AllowedRequest, VerifiedToken } from '../../../server/domain/tokens/verify.ts';
import { createIdentityHeaders, encodeIdentity } from '../../../server/http/verify/identity.ts';
import type { AppMatch } from '../../../server/store/records.ts';

describe('encodeIdentity', () => {
  it.each([
    ['ada@example.com', 'ada@example.com'],
    ['Ada Lovelace', 'Ada%20Lovelace'],
    ['100%', '100%25'],
    ['Löve 😀', 'L%C3%B6ve%20%F0%9F%98%80'],
    ['a\r\nX-Auth-Superuser: true', 'a%0D%0AX-Auth-Superuser:%20true'],
    ['\x7f\x80', '%7F%C2%80'],
    ['', ''],
  ])('encodes %j as %s', (text, encoded) => {
    expect(encodeIdentity(text)).toBe(encoded);
  });

  it('produces visible ASCII that decodes to the original text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(encodeIdentity(text)).toMatch(/^[\x21-\x7e]*$/);
        expect(decodeURIComponent(encodeIdentity(text))).toBe(text);
      }),
    );
  });
});

describe('the identity fields of a damaged row', () => {
  const token: VerifiedToken = {
    kind: 'token',
    ...{ id: 'id', prefix: 'tok_AAAAAAAA', name: 'ci', createdAt: 0, expiresAt: null, ownerId: 'owner' },
    ...{ ownerEmail: 'ada@example.com', ownerName: 'Ada', ownerSuperuser: false, ownerDisabled: false },
    ...{ ownerCanManageTokens: true, ownerSsoSignedInAt: null, pausedAt: null, pausedUntil: null, activeAt: 0 },
    ...{ validUntil: null, rules: null, ownerSsoGroups: null, ownerManualGroups: null, manage: null },
    ownerKind: 'member',
  };
  const app: AppMatch = { id: 'app', name: 'wiki', groups: [], preflight: 'deny' };
  const allowed: AllowedRequest = { allowed: true, token, groups: { names: [] }, app, wouldDeny: null };
  const headers = createIdentityHeaders();

  it.each([
    ['id', { token: { ...token, id: 'a\r\nX-Auth-Superuser: true' } }],
    ['prefix', { token: { ...token, prefix: 'a\n' } }],
    ['ownerId', { token: { ...token, ownerId: 'a b' } }],
    ['app', { app: { ...app, name: 'wiki\r\nX-Auth-User: root' } }],
  ])('throw if the %s is no plain text', (_field, damaged) => {
    expect(headers(allowed, 'authorization')).toContain('\r\nX-Auth-User-Id: owner\r\n');
    expect(() => headers({ ...allowed, ...damaged }, 'authorization')).toThrow('A field of a token has a character');
  });
});
