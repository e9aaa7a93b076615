import type { CreatedClient } from '../../../shared/schemas/accounts/clients.ts';
import type { PreparedTotp } from '../../../shared/schemas/sign-in/totp.ts';
import { createToken, jsonOf, type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { copiesOf } from '../../helpers/app/copies.ts';
import { ssoConfig } from '../../helpers/app/sso.ts';
import { openConsole, sessionCookieName } from '../../helpers/console/pages.ts';
import { startFalseProvider } from '../../helpers/peers/false-provider.ts';
import { turnOn } from '../../helpers/sign-in/totp.ts';

/** The password that members change to. */
export const nextPassword = 'another staple battery horse';

export interface World extends TestApp {
  /** A token of `dev`. */
  token: { id: string; token: string };
  client: CreatedClient;
  /** A member who signs in with a second factor. `totp` is their secret. */
  guarded: Member & { totp: string };
  /** The TOTP secret that `dev` has prepared but not put into use. */
  prepared: string;
}

/** Opens the app with one of each resource that a request can change. */
export const openWorld: () => Promise<World> = copiesOf(addOneOfEach);

async function addOneOfEach(app: TestApp): Promise<Omit<World, keyof TestApp>> {
  const token = await createToken(app, app.dev, { name: 'there' });
  const client = await jsonOf<CreatedClient>(app.ask('/api/v1/clients', { as: app.root, json: { name: 'Gateway' } }));
  const member = await app.addMember({ email: 'guarded@example.com', can_manage_tokens: true });
  const { secret: totp } = await turnOn(app, member);
  await createToken(app, member, { name: 'of the guarded' });
  await app.store.users.setIdentity(member.id, { issuer: 'https://sso.example.com', subject: 'guarded' });
  app.clock.advance(30_000);
  const preparing = app.ask('/api/v1/me/totp', { as: app.dev, json: { password: app.dev.password } });
  const { secret: prepared } = await jsonOf<PreparedTotp>(preparing);
  return { token, client, guarded: { ...member, totp }, prepared };
}

export const cookieOf = (app: TestApp, { session }: Pick<Member, 'session'>) => ({
  Cookie: `${sessionCookieName(app)}=${session}`,
});

export async function formTokenOf(app: TestApp, as: Member): Promise<string> {
  const { html } = await openConsole(app, as).get('/logout');
  return /name="form_token" value="([^"]*)"/.exec(html)?.[1] ?? '';
}

/** Opens an app whose members sign in through an identity provider that tests can manipulate. */
export async function openSsoWorld() {
  const provider = await startFalseProvider('tokensd');
  const app = await openTestApp({ oidc: ssoConfig(provider.issuer) });
  const close = async () => {
    await app.close();
    await provider.stop();
  };
  return { ...app, provider, close };
}
