import { createHmac, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportSPKI, generateKeyPair, type JWTPayload, UnsecuredJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { listen } from '../../helpers/app/http.ts';
import { type Exchanged, type ExchangeWorld, openExchange } from '../../helpers/exchange/exchange-world.ts';
import { firstPage } from '../../store/contract/records.ts';

let world: ExchangeWorld;
beforeEach(async () => {
  world = await openExchange();
  await world.addTrust();
});
afterEach(() => world.close());

const minute = 60_000;
/** What a refusal may take at most, with an issuer that does not respond within its five seconds. */
const maxMs = 6_500;

const exchanged = () => world.app.store.tokens.list({ ...firstPage, now: world.app.clock.now(), exchanged: true });
const base64 = (value: object | string) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const keyRequests = () => world.issuer.requests.filter((path) => path === '/keys').length;

/** Requires that a subject token is refused in time, and that no token exists afterwards. */
async function expectRefusal(
  token: string,
  expected: { status?: number; error?: string; description?: string },
  parameters: Record<string, string> = {},
): Promise<Exchanged> {
  const startedAt = performance.now();
  const response = await world.exchange(token, parameters);
  expect(performance.now() - startedAt).toBeLessThan(maxMs);
  const { status = 400, error = 'invalid_request', description = '' } = expected;
  const { error: code, error_description: text, access_token } = response.body;
  expect({ status: response.status, code, text }).toEqual({
    status,
    code: error,
    text: expect.stringContaining(description),
  });
  expect(access_token).toBeUndefined();
  expect(await exchanged()).toEqual([]);
  return response;
}

describe('a forged subject token', () => {
  it('is refused without a signature, in every spelling of none', async () => {
    const claims = { ...world.claimsOf(), iss: world.issuer.url };
    await expectRefusal(new UnsecuredJWT(claims).encode(), { description: 'algorithm' });
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '', undefined, null, ['RS256']]) {
      for (const signature of ['', 'AAAA']) {
        const token = `${base64({ alg, typ: 'JWT', kid: 'first' })}.${base64(claims)}.${signature}`;
        await expectRefusal(token, { description: '' });
      }
    }
  });

  it('is refused with an HMAC whose secret is the public key', async () => {
    const secrets = [
      await exportSPKI(world.issuer.publicKey() as Parameters<typeof exportSPKI>[0]),
      JSON.stringify(world.issuer.publicJwks()[0]),
      String(world.issuer.publicJwks()[0]?.n),
    ];
    const hashes = [
      ['HS256', 'sha256'],
      ['HS384', 'sha384'],
      ['HS512', 'sha512'],
    ] as const;
    for (const secret of secrets) {
      for (const [alg, hash] of hashes) {
        const input = `${base64({ alg, kid: 'first' })}.${base64({ ...world.claimsOf(), iss: world.issuer.url })}`;
        const token = `${input}.${createHmac(hash, secret).update(input).digest('base64url')}`;
        await expectRefusal(token, { description: 'algorithm' });
      }
    }
  });

  it('is refused with a symmetric key in the published keys', async () => {
    world.issuer.setJwks([{ kty: 'oct', kid: 'first', k: base64('a shared secret'), alg: 'HS256' }]);
    const input = `${base64({ alg: 'HS256', kid: 'first' })}.${base64({ ...world.claimsOf(), iss: world.issuer.url })}`;
    const token = `${input}.${createHmac('sha256', 'a shared secret').update(input).digest('base64url')}`;
    await expectRefusal(token, { description: 'algorithm' });
    await expectRefusal(await world.signed(), { description: 'signed' });
  });

  it('is refused if a key of its own signs it, even if its header names that key', async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
    const fetched: string[] = [];
    const evil = createServer((req, res) => {
      fetched.push(req.url ?? '');
      res.end('{"keys":[]}');
    });
    await listen(evil);
    onTestFinished(() => void evil.close());
    const url = `http://127.0.0.1:${(evil.address() as AddressInfo).port}`;
    const jwk = await crypto.subtle.exportKey('jwk', publicKey);
    const headers = [
      {},
      { jwk: jwk as never },
      { jku: `${url}/keys` },
      { x5u: `${url}/cert` },
      { x5c: ['MIIB'] },
      { kid: '../../../dev/null' },
      { kid: `${url}/keys` },
      { kid: '__proto__' },
    ];
    for (const header of headers) {
      // Unknown key IDs are refused once a minute, and postponed otherwise.
      world.app.clock.advance(minute);
      await expectRefusal(await world.signed({}, { key: privateKey, header }), { description: 'signed' });
    }
    expect(fetched).toEqual([]);
  });

  it('is refused with claims, a header or a signature that were changed', async () => {
    const [header = '', payload = '', signature = ''] = (await world.signed()).split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const changed = [
      `${header}.${base64({ ...claims, sub: 'repo:acme/api:environment:production' })}.${signature}`,
      `${base64({ alg: 'RS256', kid: 'first' })}.${payload}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -8)}AAAAAAAA`,
      `${header}.${payload}.`,
    ];
    for (const token of changed) await expectRefusal(token, { description: '' });
    for (const text of [
      'x',
      'a.b',
      '..',
      `${header}.${payload}`,
      `${header}.${payload}.${signature}.x`,
      '{}',
      'é.é.é',
    ]) {
      await expectRefusal(text, { description: 'not a signed JWT' });
    }
  });

  it('is refused as another kind of token, and with an extension that must be understood', async () => {
    for (const typ of ['at+jwt', 'logout+jwt', 'secevent+jwt', 'dpop+jwt', 'application/at+jwt', 'JWE']) {
      await expectRefusal(await world.signed({}, { header: { typ } }), { description: 'typ' });
    }
    const crit = { crit: ['b64'], b64: true } as object;
    await expectRefusal(await world.signed({}, { header: crit }), { description: 'crit' });
  });

  it('is refused with an audience, a subject or a time that does not fit', async () => {
    const now = Math.floor(world.app.clock.now() / 1000);
    const cases: Array<[JWTPayload, string]> = [
      [{ aud: 'https://other.example.com' }, 'aud'],
      [{ aud: 'sts.amazonaws.com' }, 'aud'],
      [{ sub: 'repo:acme/api-evil:ref:refs/heads/main' }, 'sub'],
      [{ sub: 'repo:ACME/api:ref:refs/heads/main' }, 'sub'],
      [{ sub: 'repo:evil/acme/api:ref:refs/heads/main' }, 'sub'],
      [{ iat: now - 600, nbf: now - 600, exp: now - 61 }, 'exp'],
      [{ exp: now - 60 }, 'exp'],
      [{ nbf: now + 62 }, 'nbf'],
      [{ iat: now + 62 }, 'iat'],
    ];
    for (const [changes, claim] of cases) await expectRefusal(await world.signed(changes), { description: claim });
    for (const bad of [{ exp: undefined }, { exp: 'never' }, { exp: null }, { nbf: 'now' }, { iat: 'now' }]) {
      await expectRefusal(await world.signed(bad as unknown as JWTPayload), { description: '' });
    }
  });

  it('is accepted with clocks that are a minute apart', async () => {
    const now = Math.floor(world.app.clock.now() / 1000);
    for (const changes of [{ exp: now - 58 }, { nbf: now + 58 }, { iat: now + 58 }]) {
      expect((await world.exchange(await world.signed(changes))).status).toBe(200);
    }
  });

  it('is refused from an issuer that no trust names, which gets no request', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    for (const iss of [`${world.issuer.url}/`, world.issuer.url.toUpperCase(), 'https://evil.example', '', undefined]) {
      const claims = { ...world.claimsOf(), iss } as JWTPayload;
      await expectRefusal(await world.issuer.sign(claims, { key: privateKey }), { description: 'iss' });
    }
    expect(world.issuer.requests).toEqual([]);
  });

  it('is refused for another repository that took over the name', async () => {
    expect((await world.exchange(await world.signed())).status).toBe(200);
    const { status, body } = await world.exchange(
      await world.signed({ repository_id: '75', repository_owner_id: '66' }),
    );
    expect([status, body.error]).toEqual([400, 'invalid_request']);
    expect(body.error_description).toContain('repository_id');
    expect(await exchanged()).toHaveLength(1);
  });
});

describe('an organization whose name was taken over', () => {
  const trusts: Array<[string, Record<string, string>]> = [
    ['repository: acme/*', { repository: 'acme/*' }],
    ['repository_owner: acme', { repository_owner: 'acme' }],
    ['sub: repo:acme/*', { sub: 'repo:acme/*' }],
  ];

  it.each(trusts)('gets no token for a repository that no exchange has seen, under %s', async (_name, claims) => {
    await world.addTrust({ name: 'wide', claims });
    const wide = { trust: 'wide' };
    expect((await world.exchange(await world.signed(), wide)).status).toBe(200);
    const attacker = { repository_owner_id: '66', repository_id: '99' };
    for (const repository of ['acme/new', 'acme/api', 'acme/another']) {
      const sub = `repo:${repository}:ref:refs/heads/main`;
      const { status, body } = await world.exchange(await world.signed({ ...attacker, repository, sub }), wide);
      expect([status, body.error, body.access_token]).toEqual([400, 'invalid_request', undefined]);
      expect(body.error_description).toMatch(/ repository(_owner)?_id /);
    }
    // A refusal pins nothing, and new repositories of the same owner still get tokens.
    const own = { repository: 'acme/new', sub: 'repo:acme/new:ref:refs/heads/main', repository_id: '80' };
    expect((await world.exchange(await world.signed(own), wide)).status).toBe(200);
    expect(await exchanged()).toHaveLength(2);
  });

  it('gets no token with another spelling of the name', async () => {
    await world.addTrust({ name: 'wide', claims: { ref: 'refs/heads/main' } });
    expect((await world.exchange(await world.signed(), { trust: 'wide' })).status).toBe(200);
    const claims = { repository: 'Acme/new', repository_owner: 'Acme', repository_id: '99', repository_owner_id: '66' };
    expect((await world.exchange(await world.signed(claims), { trust: 'wide' })).status).toBe(400);
  });
});

describe('the name of a trust', () => {
  it('cannot be found out with an identity token that no trust accepts', async () => {
    await world.addTrust({ name: 'release', claims: { environment: 'production' } });
    await world.addTrust({ name: 'nightly', audience: 'tokens' });
    const answersTo = async (changes: JWTPayload, names: string[]) => {
      const answers = names.map(async (trust) => {
        const { status, retryAfter, body } = await world.exchange(
          await world.signed(changes),
          { trust },
          `198.51.100.${Math.floor(Math.random() * 250)}`,
        );
        return JSON.stringify({ status, retryAfter, body });
      });
      return new Set(await Promise.all(answers));
    };
    const existing = ['deploy', 'release', 'nightly'];
    const unknown = Array.from({ length: 60 }, (_, index) => `unknown-${index}`);
    for (const changes of [{ sub: 'repo:evil/x:ref:refs/heads/main' }, { aud: 'x' }, { sub: 'x', environment: 'x' }]) {
      expect(await answersTo(changes, unknown)).toEqual(await answersTo(changes, existing));
    }
    const refused = await world.exchange(await world.signed(), { trust: 'unknown' });
    expect([refused.status, refused.body.access_token]).toEqual([400, undefined]);
  });
});

describe('a subject token that was exchanged', () => {
  it('is refused again, as long as it would be accepted, with another signature and after the purge', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await crypto.subtle.exportKey('jwk', publicKey);
    world.issuer.setJwks([{ ...jwk, kid: 'first', alg: 'ES256' } as never]);
    for (const jti of [randomUUID(), undefined]) {
      const claims = { ...world.claimsOf(), jti } as JWTPayload;
      const sign = () => world.issuer.sign(claims, { alg: 'ES256', key: privateKey });
      const token = await sign();
      expect((await world.exchange(token)).status).toBe(200);
      const before = (await exchanged()).length;
      for (const again of [token, await sign()]) {
        expect(await world.exchange(again)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
      }
      const end = Number(claims.exp) * 1000 + 59_000;
      world.app.clock.advance(end - world.app.clock.now());
      await world.app.store.trusts.purgeSubjectTokens(world.app.clock.now(), 100);
      expect((await world.exchange(token)).body.error_description).toContain('exchanged before');
      expect(await exchanged()).toHaveLength(before);
    }
  });

  it('gives exactly one token to fifty requests at once', async () => {
    const token = await world.signed();
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, index) => world.exchange(token, {}, `198.51.100.${index}`)),
    );
    const statuses = outcomes.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array(49).fill(400)]);
    expect(await exchanged()).toHaveLength(1);
  });
});

describe('an issuer', () => {
  it('is asked once by many requests at once, and then not for ten minutes', async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, () => world.signed()));
    const statuses = (await Promise.all(tokens.map((token) => world.exchange(token)))).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(keyRequests()).toBe(1);
    world.app.clock.advance(10 * minute - 1);
    expect((await world.exchange(await world.signed())).status).toBe(200);
    expect(keyRequests()).toBe(1);
    world.app.clock.advance(1);
    expect((await world.exchange(await world.signed())).status).toBe(200);
    expect(keyRequests()).toBe(2);
  });

  it('is asked once a minute by a flood of unknown key IDs, and new keys are found', async () => {
    expect((await world.exchange(await world.signed())).status).toBe(200);
    const flood = async () => {
      const statuses: number[] = [];
      for (let turn = 0; turn < 30; turn += 1) {
        const token = await world.signed({}, { header: { kid: randomUUID() } });
        const { status, body, retryAfter } = await world.exchange(token);
        statuses.push(status);
        expect(body.error).toBe(status === 503 ? 'temporarily_unavailable' : 'invalid_request');
        if (status === 503) expect(Number(retryAfter)).toBeGreaterThan(0);
        if (status === 503) expect(Number(retryAfter)).toBeLessThanOrEqual(60);
      }
      return statuses;
    };
    // Only the one for which the keys were fetched is a refusal, and counts.
    expect(await flood()).toEqual([400, ...Array(29).fill(503)]);
    expect(keyRequests()).toBe(2);
    world.app.clock.advance(minute - 1);
    await flood();
    expect(keyRequests()).toBe(2);
    world.app.clock.advance(1);
    await world.issuer.rotate('second');
    expect((await world.exchange(await world.signed({}, { header: { kid: 'second' } }))).status).toBe(200);
    expect(keyRequests()).toBe(3);
    await flood();
    expect(keyRequests()).toBe(3);
  });

  it('that fails is asked once a minute for an unknown key ID, and the token is accepted afterwards', async () => {
    expect((await world.exchange(await world.signed())).status).toBe(200);
    await world.issuer.rotate('second');
    let failing = true;
    world.issuer.manipulate((_req, res) => {
      if (failing) res.writeHead(500).end();
      return failing;
    });
    const token = await world.signed();
    const before = world.issuer.requests.length;
    for (let second = 0; second < 59; second += 1) {
      expect((await world.exchange(token)).status).toBe(503);
      world.app.clock.advance(1000);
    }
    expect(world.issuer.requests.length).toBe(before + 1);
    failing = false;
    world.app.clock.advance(1000);
    expect((await world.exchange(token)).status).toBe(200);
  });

  it('that is down means a prompt 503, and no failure of the client', async () => {
    const token = await world.signed();
    await world.issuer.stop();
    for (let turn = 0; turn < 25; turn += 1) {
      const { retryAfter } = await expectRefusal(token, { status: 503, error: 'temporarily_unavailable' });
      expect(Number(retryAfter)).toBeGreaterThan(0);
    }
    const reasons = world.app.logLines.filter((line) => line.includes('the issuer of a trust cannot be used'));
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toContain('ECONNREFUSED');
    expect(world.app.logLines.join()).not.toContain(token);
  });

  it('that accepts connections and never responds means a 503 within its five seconds, and for others at once', async () => {
    world.issuer.manipulate(() => true);
    const startedAt = performance.now();
    const answers = await Promise.all([1, 2, 3].map(async () => world.exchange(await world.signed())));
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(performance.now() - startedAt).toBeLessThan(maxMs);
    expect(world.issuer.requests).toHaveLength(1);
    const again = performance.now();
    expect((await world.exchange(await world.signed())).status).toBe(503);
    expect(performance.now() - again).toBeLessThan(500);
  }, 20_000);

  it('whose response trickles means a 503 within its five seconds', async () => {
    world.issuer.manipulate((req, res) => {
      if (req.url !== '/keys') return false;
      res.writeHead(200).write('{"keys":[');
      const timer = setInterval(() => res.write(' '), 100);
      res.on('close', () => clearInterval(timer));
      return true;
    });
    await expectRefusal(await world.signed(), { status: 503, error: 'temporarily_unavailable' });
  }, 20_000);

  it('that redirects to another host is not followed', async () => {
    const reached: string[] = [];
    const inner = createServer((req, res) => {
      reached.push(req.url ?? '');
      res.end(JSON.stringify({ keys: world.issuer.publicJwks() }));
    });
    await listen(inner);
    onTestFinished(() => void inner.close());
    const { port } = inner.address() as AddressInfo;
    const targets = [
      `http://127.0.0.1:${port}/keys`,
      `http://localhost:${port}/`,
      'file:///etc/passwd',
      '//evil.example',
    ];
    for (const path of ['/.well-known/openid-configuration', '/keys']) {
      for (const target of targets) {
        world.issuer.manipulate((req, res) => {
          if (req.url !== path) return false;
          res.writeHead(302, { Location: target }).end();
          return true;
        });
        await expectRefusal(await world.signed(), { status: 503, error: 'temporarily_unavailable' });
        // Failures are remembered for five seconds.
        world.app.clock.advance(5_000);
      }
    }
    expect(reached).toEqual([]);
  });

  it('may redirect within its own host, but not in circles', async () => {
    world.issuer.manipulate((req, res) => {
      if (req.url !== '/keys') return false;
      res.writeHead(302, { Location: '/keys' }).end();
      return true;
    });
    await expectRefusal(await world.signed(), { status: 503, error: 'temporarily_unavailable' });
    world.app.clock.advance(5_000);
    world.issuer.manipulate((req, res) => {
      if (req.url === '/moved') res.end(JSON.stringify({ keys: world.issuer.publicJwks() }));
      else if (req.url === '/keys') res.writeHead(302, { Location: '/moved' }).end();
      else return false;
      return true;
    });
    expect((await world.exchange(await world.signed())).status).toBe(200);
  });

  it('that sends ten megabytes is given up after one', async () => {
    let sent = 0;
    const chunk = ' '.repeat(64 * 1024);
    world.issuer.manipulate((req, res) => {
      if (req.url !== '/keys') return false;
      res.writeHead(200);
      const write = () => {
        while (sent < 10 * 1024 * 1024 && !res.destroyed) {
          sent += chunk.length;
          if (!res.write(chunk)) return void res.once('drain', write);
        }
        res.end();
      };
      write();
      return true;
    });
    await expectRefusal(await world.signed(), { status: 503, error: 'temporarily_unavailable' });
    expect(sent).toBeLessThan(10 * 1024 * 1024);
  });

  it('whose documents are wrong means a 503', async () => {
    const { url } = world.issuer;
    const wrong: Array<[string, unknown]> = [
      ['/.well-known/openid-configuration', { issuer: 'https://other.example', jwks_uri: `${url}/keys` }],
      ['/.well-known/openid-configuration', { issuer: `${url}/`, jwks_uri: `${url}/keys` }],
      ['/.well-known/openid-configuration', { issuer: url }],
      ['/.well-known/openid-configuration', { issuer: url, jwks_uri: 'file:///etc/passwd' }],
      ['/.well-known/openid-configuration', { issuer: url, jwks_uri: 'http://keys.example.com/' }],
      ['/.well-known/openid-configuration', []],
      ['/keys', { keys: 'none' }],
      ['/keys', { keys: [null] }],
      ['/keys', 'not JSON'],
    ];
    for (const [path, body] of wrong) {
      world.issuer.manipulate((req, res) => {
        if (req.url !== path) return false;
        res.end(typeof body === 'string' ? body : JSON.stringify(body));
        return true;
      });
      await expectRefusal(await world.signed(), { status: 503, error: 'temporarily_unavailable' });
      world.app.clock.advance(5_000);
    }
  });
});

describe('many failures', () => {
  it('are refused for the pair of issuer and network, until the ten minutes end', async () => {
    const bad = async () => world.signed({ aud: 'x' });
    for (let turn = 0; turn < 21; turn += 1) expect((await world.exchange(await bad())).status).toBe(400);
    const refused = await world.exchange(await world.signed());
    expect([refused.status, refused.body.error]).toEqual([429, 'temporarily_unavailable']);
    expect(Number(refused.retryAfter)).toBeGreaterThan(500);
    expect(Number(refused.retryAfter)).toBeLessThanOrEqual(600);
    // Another network is not affected.
    expect((await world.exchange(await world.signed(), {}, '198.51.100.1')).status).toBe(200);
  });

  it('do not come from exchanges that succeed', async () => {
    for (let turn = 0; turn < 30; turn += 1) expect((await world.exchange(await world.signed())).status).toBe(200);
  });
});
