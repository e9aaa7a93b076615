import { exportJWK, generateKeyPair, type JWTPayload } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signingAlgorithms } from '../../../server/sso/keys.ts';
import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import { jsonOf } from '../../helpers/app/app.ts';
import { type ExchangeWorld, exchangeGrant, jwtType, openExchange } from '../../helpers/exchange/exchange-world.ts';
import { gitHubClaims, gitLabClaims, kubernetesClaims } from '../../helpers/exchange/workload-issuer.ts';
import { firstPage } from '../../store/contract/records.ts';

let world: ExchangeWorld;
beforeEach(async () => {
  world = await openExchange();
});
afterEach(() => world.close());

const minute = 60_000;
const exchangedTokens = () =>
  world.app.store.tokens.list({ ...firstPage, now: world.app.clock.now(), exchanged: true });
const readToken = (value: string) => world.app.ask('/api/v1/token', { headers: { Authorization: `Bearer ${value}` } });
const without = (...names: string[]) => Object.fromEntries(names.map((name) => [name, undefined]));
/** Removes the claims of a GitHub token, which tests sign by default. */
const noGitHub = without(...Object.keys(gitHubClaims()));

async function succeed(token: string, parameters: Record<string, string> = {}): Promise<string> {
  const { status, body } = await world.exchange(token, parameters);
  expect([status, body.error_description]).toEqual([200, undefined]);
  return body.access_token ?? '';
}

async function refused(token: string, parameters: Record<string, string> = {}) {
  const { status, body } = await world.exchange(token, parameters);
  expect(body.access_token).toBeUndefined();
  return { status, error: body.error, description: body.error_description };
}

describe('an exchange', () => {
  it.each([...signingAlgorithms])('accepts a subject token that is signed with %s', async (alg) => {
    await world.addTrust();
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    world.issuer.setJwks([{ ...(await exportJWK(publicKey)), kid: alg, use: 'sig' }]);
    await succeed(await world.signed({}, { alg, key: privateKey, header: { kid: alg } }));
  });

  it('returns a token of the service account with the rules of the trust', async () => {
    await world.app.ask('/api/v1/apps', { as: world.app.root, json: { name: 'builds' } });
    await world.addTrust({ apps: ['builds'], read_only: true, allow: ['GET /api/**'], ttl: 600 });
    const jti = 'f3a0b1c2-aaaa-4bbb-8ccc-0123456789ab';
    const { status, body } = await world.exchange(await world.signed({ jti }));
    expect([status, body]).toEqual([
      200,
      {
        access_token: expect.stringMatching(/^tok_[0-9A-Za-z]{38}$/),
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        token_type: 'Bearer',
        expires_in: 600,
      },
    ]);
    const shown = await jsonOf<Token>(await readToken(body.access_token ?? ''));
    expect(shown).toMatchObject({
      name: 'deploy/f3a0b1c2',
      owner: 'service-account:ci',
      status: 'active',
      apps: ['builds'],
      read_only: true,
      allow: ['GET /api/**'],
      enforce: true,
      self_rotate: false,
      expires_at: new Date(world.app.clock.now() + 10 * minute).toISOString(),
    });
    world.app.clock.advance(10 * minute);
    expect((await readToken(body.access_token ?? '')).status).toBe(401);
  });

  it.each([
    ['GitHub', gitHubClaims(), { repository: 'acme/api', ref: 'refs/heads/main' }],
    ['GitLab', gitLabClaims(), { project_path: 'acme/api', ref: 'main', ref_type: 'branch' }],
    ['Kubernetes', kubernetesClaims(), { sub: 'system:serviceaccount:builds:deployer' }],
  ])('accepts a token as %s signs it', async (_name, claims, wanted) => {
    await world.addTrust({ claims: wanted });
    const token = await world.issuer.sign({ ...world.claimsOf(noGitHub), ...claims });
    const value = await succeed(token, { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' });
    expect((await readToken(value)).status).toBe(200);
  });

  it('sends no mail, and is audited with the claims that matched', async () => {
    await world.addTrust({ claims: { sub: 'repo:acme/api:*', ref_protected: 'true' } });
    const jti = 'f3a0b1c2-aaaa-4bbb-8ccc-0123456789ab';
    const before = await world.app.mails();
    await succeed(await world.signed({ jti }));
    expect(await world.app.mails()).toEqual(before);
    const [event] = await world.app.store.audit.list(firstPage);
    expect(event).toMatchObject({
      action: 'token.exchanged',
      actor: { kind: 'service-account', id: world.account.id, email: 'service-account:ci' },
      target: { kind: 'token', name: 'deploy/f3a0b1c2' },
      ip: '203.0.113.9',
      changes: [
        { field: 'trust', from: null, to: 'deploy' },
        { field: 'iss', from: null, to: world.issuer.url },
        { field: 'ref_protected', from: null, to: 'true' },
        { field: 'sub', from: null, to: 'repo:acme/api:ref:refs/heads/main' },
        { field: 'jti', from: null, to: jti },
      ],
    });
  });

  it('is audited without the control characters of its claims', async () => {
    await world.addTrust({ claims: { repository: 'acme/*' } });
    const repository = 'acme/api\n\u202eipa\u0000';
    await succeed(await world.signed({ repository }));
    const [event] = await world.app.store.audit.list(firstPage);
    expect(event?.changes).toContainEqual({ field: 'repository', from: null, to: 'acme/apiipa' });
  });

  it('adds characters to the name while it is taken, and uses a hash where there is no readable jti', async () => {
    await world.addTrust();
    for (const jti of ['12345678-a', '12345678-b', '12345678-c', '12345678', undefined, 'zeile\neins', 'short']) {
      await succeed(await world.signed(jti === undefined ? without('jti') : { jti }));
    }
    const names = (await exchangedTokens()).map(({ name }) => name).reverse();
    expect(names.slice(0, 3)).toEqual(['deploy/12345678', 'deploy/12345678-', 'deploy/12345678-c']);
    for (const name of names.slice(3)) expect(name).toMatch(/^deploy\/[0-9A-Za-z_-]{8}$/);
    expect(new Set(names).size).toBe(7);
  });

  it('shortens the lifetime to the maximum of the organization and of the app', async () => {
    await world.app.ask('/api/v1/apps', { as: world.app.root, json: { name: 'builds', max_expiry: 120 } });
    await world.addTrust({ apps: ['builds'], ttl: 3600 });
    expect((await world.exchange(await world.signed())).body.expires_in).toBe(120);
  });

  it('keeps its tokens out of default lists', async () => {
    await world.addTrust();
    await succeed(await world.signed());
    const list = async (query: string) =>
      (await jsonOf<{ items: Token[] }>(await world.app.ask(`/api/v1/tokens${query}`, { as: world.app.root }))).items;
    expect(await list('?all=true')).toEqual([]);
    expect(await list('?all=true&status=active')).toEqual([]);
    expect(await list('?all=true&exchanged=true')).toHaveLength(1);
    expect(await list('?all=true&exchanged=false')).toEqual([]);
  });

  it('is possible while the service account has as many tokens as it may have', async () => {
    await world.close();
    world = await openExchange({ maxTokensPerUser: 1 });
    await world.addTrust();
    for (let turn = 0; turn < 3; turn += 1) await succeed(await world.signed());
  });

  it('ends with its trust', async () => {
    const { id } = await world.addTrust();
    const value = await succeed(await world.signed());
    await world.app.ask(`/api/v1/trusts/${id}`, { method: 'DELETE', as: world.app.root });
    expect((await readToken(value)).status).toBe(401);
    expect(await refused(await world.signed())).toMatchObject({ status: 400, error: 'invalid_request' });
  });

  it('ends with its service account, without being listed in a mail, and a new one of the name inherits nothing', async () => {
    await world.addTrust();
    const value = await succeed(await world.signed());
    const path = `/api/v1/service-accounts/${world.account.id}`;
    expect((await world.app.ask(path, { method: 'DELETE', as: world.app.root })).status).toBe(204);
    expect((await readToken(value)).status).toBe(401);
    const events = (await world.app.store.audit.list(firstPage)).map(({ action }) => action);
    expect(events).toEqual(expect.arrayContaining(['trust.deleted', 'token.revoked', 'service_account.deleted']));
    for (const { text } of await world.app.mails()) expect(text).not.toContain('deploy/');
    const json = { name: 'ci' };
    expect((await world.app.ask('/api/v1/service-accounts', { as: world.app.root, json })).status).toBe(201);
    expect(await refused(await world.signed())).toMatchObject({ status: 400 });
  });

  it.each(['PATCH', 'DELETE'])(
    'gives no token under a trust that a %s changes while the keys are fetched',
    async (method) => {
      const { id } = await world.addTrust();
      world.issuer.manipulate((req, res) => {
        if (req.url !== '/keys') return false;
        const json = method === 'PATCH' && { json: { claims: { environment: 'production' } } };
        void world.app
          .ask(`/api/v1/trusts/${id}`, { method, as: world.app.root, ...json })
          .then(() => res.end(JSON.stringify({ keys: world.issuer.publicJwks() })));
        return true;
      });
      expect(await refused(await world.signed())).toMatchObject({ status: 503, error: 'temporarily_unavailable' });
      expect(await exchangedTokens()).toEqual([]);
    },
  );

  it('is refused while the service account is disabled', async () => {
    await world.addTrust();
    await world.app.store.serviceAccounts.setDisabled(world.account.id, true);
    const token = await world.signed();
    expect(await refused(token)).toMatchObject({ status: 400, description: expect.stringContaining('disabled') });
    await world.app.store.serviceAccounts.setDisabled(world.account.id, false);
    // The refusal did not use the token up.
    await succeed(token);
  });
});

describe('an exchanged token', () => {
  it('cannot be rotated, edited or extended', async () => {
    await world.addTrust();
    const value = await succeed(await world.signed());
    const headers = { Authorization: `Bearer ${value}` };
    const rotated = await world.app.ask('/api/v1/token/rotate', { method: 'POST', headers, json: {} });
    expect([rotated.status, await jsonOf(rotated)]).toMatchObject([409, { code: 'exchanged-token' }]);
    expect((await readToken(value)).status).toBe(200);
  });
});

describe('the request for an exchange', () => {
  it('needs a subject token of a known type, and nothing of a client', async () => {
    await world.addTrust();
    const token = await world.signed();
    const bad = [
      { subject_token: '' },
      { subject_token_type: '' },
      { subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' },
      { subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' },
      { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
      { actor_token: token, actor_token_type: 'urn:ietf:params:oauth:token-type:jwt' },
    ];
    for (const parameters of bad) {
      expect([parameters, await refused(token, parameters)]).toMatchObject([
        parameters,
        { status: 400, error: 'invalid_request' },
      ]);
    }
    await succeed(token, { requested_token_type: 'urn:ietf:params:oauth:token-type:access_token', client_id: 'any' });
  });

  it('names the trust if several accept the token', async () => {
    await world.addTrust();
    await world.addTrust({ name: 'other', claims: { repository: 'acme/*' } });
    const token = await world.signed();
    expect(await refused(token)).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(await refused(token, { trust: 'none' })).toMatchObject({ status: 400, error: 'invalid_request' });
    const value = await succeed(token, { trust: 'other' });
    expect(await jsonOf<Token>(await readToken(value))).toMatchObject({ name: expect.stringMatching(/^other\//) });
  });

  it('may name an app of the trust or the public URL, and nothing else', async () => {
    const json = { name: 'builds', url: 'https://builds.example.com/' };
    await world.app.ask('/api/v1/apps', { as: world.app.root, json });
    await world.app.ask('/api/v1/apps', { as: world.app.root, json: { name: 'other' } });
    await world.addTrust({ apps: ['builds'] });
    const good = [
      { audience: 'builds' },
      { audience: 'https://tokens.example.com' },
      { resource: 'https://builds.example.com/' },
      { resource: 'https://tokens.example.com/', audience: 'builds' },
    ];
    for (const parameters of good) await succeed(await world.signed(), parameters);
    const repeated = async (names: Array<[string, string]>, token: string) => {
      const form: Array<[string, string]> = [
        ['grant_type', exchangeGrant],
        ['subject_token_type', jwtType],
        ['subject_token', token],
      ];
      const response = await world.app.ask('/oauth/token', {
        method: 'POST',
        body: new URLSearchParams([...form, ...names]).toString(),
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      });
      return [response.status, (await jsonOf<{ error?: string }>(response)).error];
    };
    const [app, server] = ['builds', 'https://tokens.example.com'];
    for (const name of ['audience', 'resource']) {
      const both: Array<[string, string]> = [
        [name, app],
        [name, server],
      ];
      expect(await repeated(both, await world.signed())).toEqual([200, undefined]);
      for (const other of ['other', 'x']) {
        expect(await repeated([...both, [name, other]], await world.signed())).toEqual([400, 'invalid_target']);
        expect(await repeated([[name, other], ...both], await world.signed())).toEqual([400, 'invalid_target']);
      }
    }
    expect(
      await repeated(
        [
          ['trust', 'deploy'],
          ['trust', 'deploy'],
        ],
        await world.signed(),
      ),
    ).toEqual([400, 'invalid_request']);
    const bad = [
      { audience: 'other' },
      { resource: 'https://other.example.com' },
      { audience: 'builds', resource: 'x' },
    ];
    for (const parameters of bad) {
      expect([parameters, await refused(await world.signed(), parameters)]).toMatchObject([
        parameters,
        { status: 400, error: 'invalid_target' },
      ]);
    }
  });

  it('is described in the metadata', async () => {
    const metadata = await jsonOf<{ grant_types_supported: string[] }>(
      await world.app.ask('/.well-known/oauth-authorization-server'),
    );
    expect(metadata.grant_types_supported).toContain('urn:ietf:params:oauth:grant-type:token-exchange');
  });
});

describe('the claims of a subject token', () => {
  it('must all match, and the first that does not is named without the wanted text', async () => {
    await world.addTrust({ claims: { sub: 'repo:acme/api:*', environment: 'production', run_attempt: '1' } });
    const environment = 'production';
    const cases = [
      [{ sub: 'repo:acme/api-evil:ref:refs/heads/main', environment }, 'sub'],
      [{ sub: 'repo:acme/api:', environment }, 'sub'],
      [{ sub: 'xrepo:acme/api:y', environment }, 'sub'],
      [{ sub: ['repo:acme/api:x'], environment }, 'sub'],
      [{ environment: 'staging' }, 'environment'],
      [{ environment: 'productions' }, 'environment'],
      [{ environment: undefined }, 'environment'],
      [{ environment: { production: true } }, 'environment'],
      [{ environment, run_attempt: 2 }, 'run_attempt'],
      [{ environment, aud: 'https://other.example.com' }, 'aud'],
      [{ environment, aud: [] }, 'aud'],
      [{ environment, aud: undefined }, 'aud'],
      [{ environment, aud: 'https://tokens.example.com/' }, 'aud'],
    ] as const;
    for (const [changes, claim] of cases) {
      const { status, error, description } = await refused(await world.signed({ ...(changes as JWTPayload) }));
      expect([changes, status, error]).toEqual([changes, 400, 'invalid_request']);
      expect(description).toBe(`The claim ${claim} of the subject token does not match the trust.`);
    }
    await succeed(await world.signed({ environment, run_attempt: 1, aud: ['x', 'https://tokens.example.com'] }));
  });

  it('have the audience of the trust, if it names one', async () => {
    await world.addTrust({ audience: 'tokens' });
    expect(await refused(await world.signed())).toMatchObject({ description: expect.stringContaining(' aud ') });
    await succeed(await world.signed({ aud: 'tokens' }));
  });
});

describe('the IDs of a repository', () => {
  it('are pinned at the first exchange, for each trust and repository', async () => {
    await world.addTrust({ claims: { repository_owner: 'acme' } });
    await succeed(await world.signed());
    expect(await refused(await world.signed({ repository_id: '75' }))).toEqual({
      status: 400,
      error: 'invalid_request',
      description: 'The claim repository_id of the subject token does not match the trust.',
    });
    expect(await refused(await world.signed({ repository_owner_id: '66' }))).toMatchObject({
      description: expect.stringContaining(' repository_owner_id '),
    });
    await succeed(await world.signed({ repository: 'acme/web', repository_id: '75' }));
    await succeed(await world.signed());
  });

  it('must be in a token that names a repository', async () => {
    await world.addTrust();
    for (const name of ['repository_id', 'repository_owner_id']) {
      expect(await refused(await world.signed({ [name]: undefined }))).toMatchObject({
        description: expect.stringContaining(` ${name} `),
      });
    }
  });

  it('are forgotten when the trust gets another issuer, and at no other change', async () => {
    const { id } = await world.addTrust();
    await succeed(await world.signed());
    const patch = (json: object) =>
      world.app.ask(`/api/v1/trusts/${id}`, { method: 'PATCH', as: world.app.root, json });
    const { url } = world.issuer;
    expect((await patch({ claims: { sub: 'repo:acme/*' }, ttl: 60, issuer: url })).status).toBe(200);
    expect(await refused(await world.signed({ repository_owner_id: '66' }))).toMatchObject({ status: 400 });
    for (const issuer of ['https://other.example.com', url]) expect((await patch({ issuer })).status).toBe(200);
    await succeed(await world.signed({ repository_id: '75', repository_owner_id: '66' }));
  });

  it('are forgotten with the trust', async () => {
    const { id } = await world.addTrust();
    await succeed(await world.signed());
    await world.app.ask(`/api/v1/trusts/${id}`, { method: 'DELETE', as: world.app.root });
    await world.addTrust();
    await succeed(await world.signed({ repository_id: '75' }));
  });
});
