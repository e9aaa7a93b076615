import { describe, expect, it } from 'vitest';
import type { Manipulation } from '../helpers/peers/false-provider.ts';
import { useSsoWorld } from './sso-world.ts';

const world = useSsoWorld();
const logoutAt = (path: string) => (metadata: Record<string, unknown>) => ({
  ...metadata,
  end_session_endpoint: world.provider.issuer + path,
});

/** Signs in and out again. Returns the address at the provider that the last page continues to. */
async function signOut(manipulation: Manipulation) {
  const { browser } = await world.attempt({ manipulation });
  await browser.get('/profile');
  const { html } = await browser.submit('/logout');
  const address = /http-equiv="refresh" content="0;url=([^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&');
  return address === undefined ? null : new URL(address);
}

describe('signing out at the provider', () => {
  it('sends the ID token of the session as id_token_hint, which Okta requires', async () => {
    const url = await signOut({ metadata: logoutAt('/logout') });
    expect(url?.pathname).toBe('/logout');
    const [, payload = ''] = url?.searchParams.get('id_token_hint')?.split('.') ?? [];
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({ sub: 'ada' });
  });

  it('leaves the hint out if it does not fit into an address', async () => {
    const groups = Array.from({ length: 400 }, (_, number) => `group-with-a-long-name-${number}`);
    const url = await signOut({ metadata: logoutAt('/logout'), claims: (claims) => ({ ...claims, groups }) });
    expect(url?.searchParams.has('id_token_hint')).toBe(false);
    expect(url?.searchParams.get('client_id')).toBe('tokensd');
  });

  it('ends here if the provider has no address for it', async () => {
    expect(await signOut({})).toBeNull();
  });
});
