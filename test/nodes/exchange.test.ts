import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verify } from '../helpers/daemon/api.ts';
import { useNodes } from '../helpers/daemon/nodes.ts';
import { seenSecrets } from '../helpers/daemon/process.ts';
import { exchangeGrant, jwtType } from '../helpers/exchange/exchange-world.ts';
import { gitHubClaims, startWorkloadIssuer, type WorkloadIssuer } from '../helpers/exchange/workload-issuer.ts';

const rounds = 10;

describe('two daemons on one database', () => {
  let issuer: WorkloadIssuer;
  beforeAll(async () => {
    issuer = await startWorkloadIssuer();
  });
  afterAll(() => issuer.stop());
  const nodes = useNodes('embedded', 2);
  const urls = () => nodes().daemons.map(({ url }) => url) as [string, string];

  /** Exchanges a token as a client of its own network. */
  async function exchange(url: string, token: string, ip: string) {
    const form = { grant_type: exchangeGrant, subject_token: token, subject_token_type: jwtType };
    const headers = { 'X-Forwarded-For': ip };
    const response = await fetch(`${url}/oauth/token`, { method: 'POST', body: new URLSearchParams(form), headers });
    const body = (await response.json()) as { access_token?: string; error_description?: string };
    if (body.access_token !== undefined) seenSecrets.add(body.access_token);
    return { status: response.status, ...body };
  }

  const jobToken = () => {
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now, nbf: now, exp: now + 300 };
    return issuer.sign({ ...gitHubClaims(), ...times, aud: 'nodes', jti: randomUUID() });
  };

  it('exchange a subject token once, whichever of them fifty requests at once reach', async () => {
    const { databaseUrl, root } = nodes();
    const client = new pg.Client(databaseUrl);
    await client.connect();
    const id = randomUUID();
    await client
      .query(
        `INSERT INTO users (id, kind, email, email_folded, name, name_folded, superuser, disabled, can_manage_tokens, sso, password_until_sso, created_at)
         VALUES ('${id}', 'service-account', 'service-account:ci', 'service-account:ci', 'ci', 'ci', false, false, true, false, false, 1)`,
      )
      .finally(() => client.end());
    const claims = { repository: 'acme/api' };
    const trust = { name: 'deploy', service_account: 'ci', issuer: issuer.url, audience: 'nodes', claims };
    const created = await root.request('POST', '/trusts', trust);
    expect(created.status).toBe(201);

    for (let round = 0; round < rounds; round += 1) {
      const token = await jobToken();
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          exchange(urls()[index % 2] ?? '', token, `198.51.${round}.${index + 1}`),
        ),
      );
      const refused = outcomes.filter(({ status }) => status !== 200);
      expect(outcomes.length - refused.length, `round ${round}`).toBe(1);
      expect(new Set(refused.map(({ status, error_description }) => `${status} ${error_description}`))).toEqual(
        new Set([expect.stringMatching(/^400 .* was exchanged before/)]),
      );
      const value = outcomes.find(({ status }) => status === 200)?.access_token ?? '';
      for (const url of urls()) expect((await verify(url, value)).status).toBe(200);
    }
  });

  it('reject the tokens of a trust on the next request after any of them deleted it', async () => {
    const { root } = nodes();
    const [first, second] = urls();
    const { access_token: value = '' } = await exchange(second, await jobToken(), '192.0.2.1');
    expect((await verify(second, value)).status).toBe(200);
    const list = (await (await root.request('GET', '/trusts?name=deploy')).json()) as { items: Array<{ id: string }> };
    expect((await root.request('DELETE', `/trusts/${list.items[0]?.id}`)).status).toBe(204);
    for (const url of [second, first]) expect((await verify(url, value)).status).toBe(401);
    expect((await exchange(second, await jobToken(), '192.0.2.1')).status).toBe(400);
  });
});
