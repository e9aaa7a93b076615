import { describe, expect, onTestFinished, test } from 'vitest';
import { openTestApp } from '../../helpers/app/app.ts';
import { ssoConfig } from '../../helpers/app/sso.ts';
import { openConsole, sessionCookieName } from '../../helpers/console/pages.ts';
import { type Manipulation, startFalseProvider } from '../../helpers/peers/false-provider.ts';

const boss = 'boss@example.com';

/** Signs Mallory in with the claims of both documents, where `boss` is invited as a superuser. Returns the member, or null. */
async function signIn(idToken: Record<string, unknown>, userInfo: Record<string, unknown>, emailClaim = 'email') {
  const provider = await startFalseProvider('tokensd');
  const oidc = { ...ssoConfig(provider.issuer), autoProvision: true, emailClaim, superuserGroup: 'admins' };
  const app = await openTestApp({ oidc });
  onTestFinished(async () => {
    await app.close();
    await provider.stop();
  });
  const invited = await app.addMember({ email: boss, superuser: true });
  await app.store.users.setPasswordHash(invited.id, null as unknown as string);
  const claims: Manipulation['claims'] = ({ email: _e, email_verified: _v, name: _n, ...rest }) => ({
    ...rest,
    ...idToken,
  });
  provider.manipulate({
    claims,
    userInfo: { email: undefined, email_verified: undefined, name: undefined, ...userInfo },
  });
  const browser = openConsole(app);
  const { location } = await browser.get('/login/sso');
  await browser.get(provider.callbackFor(location ?? ''));
  const session = browser.cookies.get(sessionCookieName(app));
  return session === undefined ? null : ((await app.services.sessions.authenticate(session))?.user ?? null);
}

const mallory = 'mallory@example.com';

describe('an address and what vouches for it in another document', () => {
  test.each([
    ['the ID token vouches for another address', { email: mallory, email_verified: true }, { email: boss }],
    ['the userinfo vouches for another address', { email: boss }, { email: mallory, email_verified: true }],
    ['the userinfo vouches for no address', { email: boss }, { email_verified: true }],
    ['the ID token vouches for no address', { email_verified: true }, { email: boss }],
    ['the userinfo denies it', { email: boss, email_verified: true }, { email_verified: false }],
    ['the ID token denies it', { email_verified: false }, { email: boss, email_verified: true }],
  ])('do not make someone the invited superuser if %s', async (_, idToken, userInfo) => {
    const user = await signIn(idToken, userInfo);
    expect([user?.email, user?.superuser]).not.toEqual([boss, true]);
    expect(user?.email).not.toBe(boss);
  });

  test.each(['preferred_username', 'upn'])('do not count for the claim %s', async (claim) => {
    const user = await signIn({ [claim]: boss, email: mallory, email_verified: true }, { [claim]: boss }, claim);
    expect(user).toBeNull();
    expect(await signIn({ [claim]: boss }, { email: boss, email_verified: true }, claim)).toBeNull();
  });

  test('count together in one document', async () => {
    expect(await signIn({}, { email: boss, email_verified: true })).toMatchObject({ email: boss, superuser: true });
  });
});

describe('a name', () => {
  test('is composed of parts of one document', async () => {
    const own = { email: mallory, email_verified: true };
    const user = await signIn({ ...own, given_name: 'Boss' }, { ...own, family_name: 'Superuser' });
    expect(user?.name).not.toBe('Boss Superuser');
  });
});

describe('groups', () => {
  const own = { email: mallory, email_verified: true };

  test('that one document lists count, even if another one refers to more', async () => {
    const overage = { _claim_names: { groups: 'src1' } };
    expect(await signIn({ ...own, ...overage }, { ...own, groups: ['staff'] })).toMatchObject({ superuser: false });
    expect(await signIn({ ...own, ...overage }, { ...own, groups: ['admins'] })).toMatchObject({ superuser: true });
  });

  test('of the ID token give nothing if the userinfo lists all of them', async () => {
    expect(await signIn({ ...own, groups: ['admins'] }, { ...own, groups: [] })).toMatchObject({ superuser: false });
  });
});
