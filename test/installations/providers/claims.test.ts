import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ssoClient } from '../../helpers/app/sso.ts';
import { signIn, verify } from '../../helpers/daemon/api.ts';
import { freePort, superuser, useDaemons } from '../../helpers/daemon/daemon.ts';
import { eventually, runProgram } from '../../helpers/daemon/process.ts';
import { signInBySso, visit } from '../../helpers/daemon/sso.ts';
import { type PersonAtProvider, startIdentityProvider } from '../../helpers/peers/identity-provider.ts';

const daemons = useDaemons();

/** Starts a daemon at the provider, with these settings in addition. */
async function start(settings: Record<string, string> = {}) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const provider = await startIdentityProvider(url);
  daemons.cleanUp(provider.stop);
  const dataDir = await daemons.newDataDir();
  const daemon = await daemons.start(dataDir, {
    TOKENSD_LISTEN: `127.0.0.1:${port}`,
    TOKENSD_PUBLIC_URL: url,
    TOKENSD_OIDC_ISSUER: provider.issuer,
    TOKENSD_OIDC_CLIENT_ID: ssoClient.clientId,
    TOKENSD_OIDC_CLIENT_SECRET: ssoClient.clientSecret,
    ...settings,
  });
  return {
    url,
    dataDir,
    /** Replaces the claims of Ada, signs her in, and returns the response and what the daemon logged about it. */
    async signInWith(claims: Omit<PersonAtProvider, 'password'>) {
      provider.people.ada = { password: 'pw-ada', ...claims };
      const read = daemon.stderr().length;
      const visited = await signInBySso(url, provider);
      // The debug line about the request comes last.
      const text = await eventually(
        () => /^[\s\S]*"path":"\/login\/sso\/callback".*\n/.exec(daemon.stderr().slice(read))?.[0],
        'the log of the sign-in',
      );
      const lines = text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      return { ...visited, log: lines.filter(({ level }) => level !== 'debug') };
    },
  };
}

const entra = { email: 'eve@contoso.example', name: 'Eve', preferred_username: 'eve@contoso.example' };

describe('a provider like Entra ID', () => {
  it('signs nobody in by default, and the log says which setting allows it', async () => {
    const { signInWith } = await start();
    const { status, html, log } = await signInWith(entra);
    expect(status).toBe(403);
    expect(html).toContain('TOKENSD_OIDC_EMAIL_VERIFIED');
    expect(JSON.stringify(log)).not.toContain('eve@contoso.example');
    expect(log).toMatchObject([
      {
        level: 'warn',
        claim: 'email_verified',
        setting: 'TOKENSD_OIDC_EMAIL_VERIFIED',
        value: 'required',
        request_id: expect.any(String),
      },
    ]);
  });

  it('keeps tokens working when it stops listing groups, and a mail reports when it lists others', async () => {
    const { url, dataDir, signInWith } = await start({
      TOKENSD_OIDC_EMAIL_VERIFIED: 'unless-false',
      TOKENSD_OIDC_EMAIL_CLAIM: 'preferred_username',
      TOKENSD_OIDC_TOKENS_GROUP: 'devs',
      TOKENSD_OIDC_SUPERUSER_GROUP: 'admins',
      TOKENSD_OIDC_SCOPES: 'teams',
      TOKENSD_OIDC_GROUPS_CLAIM: 'teams',
    });
    const first = await signInWith({ ...entra, email: undefined, idToken: { teams: ['devs', 'admins'] } });
    expect(first).toMatchObject({ status: 303, location: '/overview' });
    const messages = (lines: Array<Record<string, unknown>>) => lines.map(({ level, msg }) => `${level}: ${msg}`);
    expect(messages(first.log)).toEqual([
      'info: a person became a member, or was found by their email address',
      'info: read the groups of a member',
      'info: a member became a superuser',
      'info: a member received the permission',
    ]);
    expect(first.log[1]).toMatchObject({ claim: 'teams', groups: 2 });

    const root = await signIn(url, superuser);
    const { items } = (await (await root.request('GET', '/users')).json()) as { items: Array<{ id: string }> };
    const [eve] = items;
    const session = first.cookies.get('tokens_session_insecure') ?? '';
    const created = await fetch(`${url}/api/v1/tokens`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${session}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: 'ci' }),
    });
    const { token } = (await created.json()) as { token: string };
    expect((await verify(url, token)).status).toBe(200);

    const overage = {
      _claim_names: { teams: 'src1' },
      _claim_sources: { src1: { endpoint: 'https://graph.example' } },
    };
    const second = await signInWith({ ...entra, ...overage });
    expect(second.location).toBe('/overview?notice=groups-unclear');
    expect((await visit(url, second.location ?? '', second.cookies)).html).toContain('did not report all your groups');
    expect((await verify(url, token)).status).toBe(200);
    expect(second.log).toMatchObject([
      { level: 'warn', claim: 'teams', user: eve?.id, msg: expect.stringContaining('did not list all groups') },
    ]);

    const third = await signInWith({ ...entra, teams: [] });
    expect(third.location).toBe('/overview');
    expect((await verify(url, token)).status).toBe(401);
    expect(messages(third.log)).toEqual([
      'info: read the groups of a member',
      'info: a member is no longer a superuser',
      'info: a member lost the permission',
    ]);
    const mail = await eventually(async () => {
      const folder = join(dataDir, 'mail');
      const texts = await Promise.all(
        (await readdir(folder))
          .filter((name) => name.endsWith('.eml'))
          .map((name) => readFile(join(folder, name), 'utf8')),
      );
      return texts.find((text) => text.includes('Your permission to use API tokens was removed'));
    }, 'the mail about the lost permission');
    expect(mail).toMatch(/^To: .*eve@contoso\.example/m);
  });
});

it('refuses to start with a claim for which no provider vouches, unless unverified addresses are allowed', async () => {
  const env = {
    TOKENSD_OIDC_ISSUER: 'https://sso.example.com',
    TOKENSD_OIDC_CLIENT_ID: 'tokensd',
    TOKENSD_OIDC_EMAIL_CLAIM: 'upn',
  };
  const refused = await runProgram('tokensd', ['serve'], { env });
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('TOKENSD_OIDC_EMAIL_CLAIM needs') });
  const allowed = await runProgram('tokensd', ['config'], { env: { ...env, TOKENSD_OIDC_EMAIL_VERIFIED: 'ignore' } });
  expect(allowed).toMatchObject({ code: 0, stdout: expect.stringContaining('TOKENSD_OIDC_EMAIL_CLAIM=upn') });
});
