import { describe, expect, it } from 'vitest';
import { readConfig } from '../../server/config/config.ts';
import { describeConfig } from '../../server/config/describe-config.ts';
import { settingNames } from '../../server/config/settings/settings.ts';
import { mistakesOf } from './mistakes.ts';

const home = { HOME: '/nowhere' };
const sso = { TOKENSD_OIDC_ISSUER: 'https://sso.example.com/realms/acme', TOKENSD_OIDC_CLIENT_ID: 'tokensd' };

describe('single sign-on settings', () => {
  it('turn single sign-on off without an issuer', () => {
    expect(readConfig(home).oidc).toBeNull();
    expect(readConfig({ ...home, TOKENSD_OIDC_CLIENT_ID: '' }).oidc, 'empty counts as unset').toBeNull();
  });

  it('are mistakes without an issuer, because they would not be obeyed', () => {
    const names = settingNames.filter((name) => name.startsWith('TOKENSD_OIDC_') && name !== 'TOKENSD_OIDC_ISSUER');
    for (const name of names) {
      const expected = `${name} has no effect without TOKENSD_OIDC_ISSUER. Set both or neither`;
      expect(mistakesOf({ [name]: 'post', TOKENSD_OIDC_ISSUER: '' }), name).toContain(expected);
    }
  });

  it('cause no further mistakes if the issuer is set to something else than a URL', () => {
    for (const issuer of ['sso.example.com', '"https://sso.example.com"']) {
      const mistakes = mistakesOf({ ...sso, TOKENSD_PASSWORD_SIGN_IN: 'false', TOKENSD_OIDC_ISSUER: issuer });
      expect(mistakes, issuer).toEqual([expect.stringMatching(/^TOKENSD_OIDC_ISSUER /)]);
    }
    const missing = { ...sso, TOKENSD_OIDC_ISSUER: '', TOKENSD_OIDC_ISSUER_FILE: '/missing' };
    expect(mistakesOf(missing)).toEqual([expect.stringMatching(/^TOKENSD_OIDC_ISSUER_FILE /)]);
  });

  it('choose how to send a client secret only if there is one', () => {
    const post = { ...sso, TOKENSD_OIDC_CLIENT_AUTH: 'post' };
    expect(mistakesOf(post)).toEqual([
      expect.stringMatching(/^TOKENSD_OIDC_CLIENT_AUTH needs TOKENSD_OIDC_CLIENT_SECRET/),
    ]);
    expect(mistakesOf({ ...post, TOKENSD_OIDC_CLIENT_SECRET: 'secret' })).toEqual([]);
  });

  it('provision members and leave roles alone by default', () => {
    expect(readConfig({ ...home, ...sso }).oidc).toEqual({
      issuer: 'https://sso.example.com/realms/acme',
      clientId: 'tokensd',
      clientSecret: null,
      clientAuth: null,
      autoProvision: true,
      allowedDomains: null,
      scopes: ['openid', 'email', 'profile'],
      emailClaim: 'email',
      emailVerified: 'required',
      groupsClaim: 'groups',
      superuserGroup: null,
      tokensGroup: null,
    });
    const { oidc } = readConfig({
      ...home,
      ...sso,
      TOKENSD_OIDC_AUTO_PROVISION: 'false',
      TOKENSD_OIDC_ALLOWED_DOMAINS: 'Example.com, example.org',
      TOKENSD_OIDC_SUPERUSER_GROUP: 'admins',
    });
    expect(oidc).toMatchObject({ autoProvision: false, allowedDomains: ['example.com', 'example.org'] });
    expect(oidc).toMatchObject({ superuserGroup: 'admins', tokensGroup: null });
  });

  it.each([
    'https://sso.example.com',
    'http://127.0.0.1:9000',
    'http://localhost:9000/realms/acme',
    'http://[::1]:9000',
  ])('accept the issuer %s', (issuer) => {
    expect(mistakesOf({ ...sso, TOKENSD_OIDC_ISSUER: issuer })).toEqual([]);
  });

  it.each(['http://sso.example.com', 'http://127.0.0.1.evil.example', 'sso.example.com', 'ftp://sso.example.com'])(
    'reject the issuer %s and name the setting',
    (issuer) => {
      expect(mistakesOf({ ...sso, TOKENSD_OIDC_ISSUER: issuer }).join()).toContain('TOKENSD_OIDC_ISSUER must ');
    },
  );

  it('require a client ID with the issuer', () => {
    const mistakes = mistakesOf({ TOKENSD_OIDC_ISSUER: sso.TOKENSD_OIDC_ISSUER });
    expect(mistakes).toEqual(['TOKENSD_OIDC_CLIENT_ID must be set with TOKENSD_OIDC_ISSUER']);
  });

  it('add scopes to those that every sign-in requests', () => {
    const { oidc } = readConfig({ ...home, ...sso, TOKENSD_OIDC_SCOPES: 'groups, email,offline_access' });
    expect(oidc?.scopes).toEqual(['openid', 'email', 'profile', 'groups', 'offline_access']);
  });

  it('require a rule for unverified addresses with a claim for which no provider vouches', () => {
    const claim = { ...sso, TOKENSD_OIDC_EMAIL_CLAIM: 'preferred_username' };
    for (const rule of [{}, { TOKENSD_OIDC_EMAIL_VERIFIED: 'required' }]) {
      expect(mistakesOf({ ...claim, ...rule })).toEqual([
        expect.stringMatching(/^TOKENSD_OIDC_EMAIL_CLAIM needs TOKENSD_OIDC_EMAIL_VERIFIED=unless-false or =ignore/),
      ]);
    }
    for (const rule of ['unless-false', 'ignore']) {
      expect(mistakesOf({ ...claim, TOKENSD_OIDC_EMAIL_VERIFIED: rule })).toEqual([]);
    }
    expect(mistakesOf({ ...claim, TOKENSD_OIDC_EMAIL_CLAIM: 'email' })).toEqual([]);
    expect(mistakesOf({ ...claim, TOKENSD_REQUIRE_TOTP: 'perhaps' }), 'every mistake at once').toHaveLength(2);
  });

  it.each([
    ['TOKENSD_OIDC_AUTO_PROVISION', 'yes'],
    ['TOKENSD_REQUIRE_TOTP', '1'],
    ['TOKENSD_SSO_MAX_AGE', 'a month'],
    ['TOKENSD_OIDC_ALLOWED_DOMAINS', '@example.com'],
    ['TOKENSD_OIDC_EMAIL_VERIFIED', 'false'],
    ['TOKENSD_OIDC_SCOPES', 'groups "quoted"'],
  ])('reject %s=%s', (name, value) => {
    expect(mistakesOf({ ...sso, [name]: value }).join()).toContain(name);
  });
});

describe('TOKENSD_PASSWORD_SIGN_IN', () => {
  it('lets everyone sign in with a password by default', () => {
    expect(readConfig(home).passwordSignIn).toBe('true');
  });

  it('is rejected as false without single sign-on, because nobody could sign in', () => {
    const [mistake, ...more] = mistakesOf({ TOKENSD_PASSWORD_SIGN_IN: 'false' });
    expect([mistake, more]).toEqual([expect.stringContaining('TOKENSD_OIDC_ISSUER'), []]);
    expect(mistakesOf({ ...sso, TOKENSD_PASSWORD_SIGN_IN: 'false' })).toEqual([]);
    expect(mistakesOf({ TOKENSD_PASSWORD_SIGN_IN: 'superusers' })).toEqual([]);
    expect(mistakesOf({ TOKENSD_PASSWORD_SIGN_IN: 'no' }).join()).toContain('must be true, superusers or false');
  });

  it('is shown with the effective settings', () => {
    const config = readConfig({ ...home, TOKENSD_PASSWORD_SIGN_IN: 'superusers' });
    expect(describeConfig(config)).toContain('TOKENSD_PASSWORD_SIGN_IN=superusers');
  });
});

it('hides client secrets and passwords in the effective settings', () => {
  const config = readConfig({
    ...home,
    ...sso,
    TOKENSD_OIDC_CLIENT_SECRET: 'canary-client-secret',
    TOKENSD_SMTP_URL: 'smtp://mailer:canary-password@mail.example.com',
    TOKENSD_SSO_MAX_AGE: '30d',
  });
  const shown = describeConfig(config).join('\n');
  expect(shown).not.toContain('canary');
  expect(shown).toContain('TOKENSD_OIDC_CLIENT_SECRET=***');
  expect(shown).toContain('TOKENSD_SSO_MAX_AGE=2592000');
});
