import { expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../../../server/config/config.ts';
import type { Session } from '../../../shared/schemas/sign-in/sessions.ts';
import { jsonOf, openTestApp } from '../../helpers/app/app.ts';
import { passkeyRecord } from '../../store/contract/sign-in/passkeys.ts';

const sso = {
  TOKENSD_OIDC_ISSUER: 'https://id.example.com',
  TOKENSD_OIDC_CLIENT_ID: 'tokensd',
  TOKENSD_OIDC_CLIENT_SECRET: 'secret',
};
const identity = { issuer: 'https://id.example.com', subject: 'dev' };

interface Given {
  env?: Record<string, string>;
  withIdentity?: boolean;
  withPasskey?: boolean;
}

/** Returns the ways in which a member with a password who is no superuser can confirm who they are. */
async function waysOfMember({ env = {}, withIdentity = false, withPasskey = false }: Given) {
  const app = await openTestApp(
    readConfig({ HOME: '/nowhere', TOKENSD_PUBLIC_URL: 'https://tokens.example.com', ...env }),
  );
  onTestFinished(app.close);
  if (withIdentity) await app.store.users.setIdentity(app.dev.id, identity);
  if (withPasskey) await app.store.passkeys.insert(passkeyRecord(app.dev.id));
  return (await jsonOf<Session>(app.ask('/api/v1/sessions/current', { as: app.dev }))).confirm_with;
}

it.each<[string, Given, string[]]>([
  ['the password', {}, ['password']],
  ['single sign-on and the password', { env: sso, withIdentity: true }, ['sso', 'password']],
  ['no single sign-on without an identity', { env: sso }, ['password']],
  ['no single sign-on that is turned off', { withIdentity: true }, ['password']],
  [
    'no passkey to a member who signs in with single sign-on',
    { env: sso, withIdentity: true, withPasskey: true },
    ['sso', 'password'],
  ],
  ['a passkey', { withPasskey: true }, ['password', 'passkey']],
  [
    'no passkey at an address that has none',
    { withPasskey: true, env: { TOKENSD_PUBLIC_URL: 'https://192.0.2.1' } },
    ['password'],
  ],
])('offers %s', async (_what, given, ways) => {
  expect(await waysOfMember(given)).toEqual(ways);
});
