import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Config } from '../../../server/config/config.ts';
import { foldName, normalizeName } from '../../../shared/names.ts';
import { createToken, jsonOf, type Member, password } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import type { TestResponse } from '../../helpers/app/http.ts';
import { isFullLength } from '../../helpers/length.ts';
import { patientTimes } from '../../helpers/peers/postgres.ts';
import type { OAuthClient } from '../tokens/endpoints.ts';
import { pause, toggles, verifyWhile, type Writer } from './raced-token.ts';
import { browserOf, call, type Server, startServerOn } from './server-on.ts';
import { createTicks, createTimeline } from './timeline.ts';

const engines = useEngines(patientTimes);

describe.each(Object.entries(engines))('on %s', (_engine, openStore) => {
  async function start(settings: Partial<Config> = {}): Promise<Server> {
    const server = await startServerOn(openStore(), settings);
    onTestFinished(() => server.stop());
    return server;
  }
  verificationRaces(start);
  sessionRaces(start);
  uniquenessRaces(start);
  superuserRaces(start);
});

type Start = (settings?: Partial<Config>) => Promise<Server>;

function verificationRaces(start: Start): void {
  describe('a token that is verified continuously at every endpoint', () => {
    it.each<[string, number, Writer[]]>([
      ['the permission is removed and granted', 5, ['permission']],
      ['the account is disabled and enabled', 5, ['account']],
      ['it is revoked', 15, ['revocation']],
      ['it expires', 15, ['expiry']],
      ['it is rotated without an overlap', 15, ['rotation']],
      ['it is paused and resumed', 5, ['pause']],
      ['all of that happens concurrently', 8, ['permission', 'account', 'revocation', 'pause', 'expiry']],
    ])(
      'gets only verdicts that were true between the request and its response while %s',
      async (_what, fullRounds, writers) => {
        const rounds = isFullLength ? fullRounds : Math.ceil(fullRounds / 2);
        const server = await start();
        const client = await jsonOf<OAuthClient>(addClient(server));
        const seen: string[] = [];
        for (let round = 0; round < rounds; round += 1)
          seen.push(...(await verifyWhile(server, client, round, writers)));
        // Both verdicts must occur often, or there was no race.
        expect(seen.filter((verdict) => verdict === 'active').length).toBeGreaterThan(rounds);
        expect(seen.filter((verdict) => verdict !== 'active').length).toBeGreaterThan(rounds);
      },
    );
  });
}

function addClient(server: Server): Promise<Response> {
  return server.ask('/api/v1/clients', { as: server.root, json: { name: 'gateway', can_revoke: true } });
}

function sessionRaces(start: Start): void {
  it.each<[string, (server: Server, member: Member) => Promise<TestResponse>]>([
    ['signs out', (server, member) => call(server, member, 'DELETE', '/api/v1/sessions/current')],
    [
      'is disabled',
      (server, member) => call(server, server.root, 'PATCH', `/api/v1/users/${member.id}`, { disabled: true }),
    ],
    [
      'ends all other sessions from another one',
      async (server, member) => {
        const elsewhere = { ...member, session: await server.signIn(member.id) };
        return (await browserOf(server, elsewhere)).post('/profile/sessions/end-others', {});
      },
    ],
  ])('ends a session in constant use when its member %s', async (_how, end) => {
    const server = await start();
    let ended = 0;
    for (let round = 0; round < 10; round += 1) {
      const member = await server.addMember({ email: `member${round}@example.com` });
      const tick = createTicks();
      const alive = createTimeline(tick, true);
      let ending = true;
      const use = async () => {
        for (let after = 0; after < 2; ) {
          if (!ending) after += 1;
          const from = tick();
          const { status } = await call(server, member, 'GET', '/api/v1/me');
          expect(alive.between(from, tick()).map((is) => (is ? 200 : 401))).toContain(status);
          if (status === 401) ended += 1;
        }
      };
      const using = Promise.all([use(), use(), use(), use()]);
      await pause();
      await alive.become(false, async () => expect([200, 204, 303]).toContain((await end(server, member)).status));
      ending = false;
      await using;
    }
    expect(ended).toBeGreaterThanOrEqual(80);
  });

  it('rejects each token creation that begins after the permission is removed', async () => {
    const server = await start();
    const statuses = new Set<number>();
    let made = 0;
    for (let round = 0; round < 5; round += 1) {
      const member = await server.addMember({ email: `member${round}@example.com`, can_manage_tokens: true });
      const tick = createTicks();
      const permitted = createTimeline(tick, true);
      let writing = true;
      const create = async () => {
        for (let after = 0; after < 2; ) {
          if (!writing) after += 1;
          made += 1;
          const from = tick();
          const { status } = await call(server, member, 'POST', '/api/v1/tokens', { name: `t${made}` });
          expect(permitted.between(from, tick()).map((is) => (is ? 201 : 403))).toContain(status);
          statuses.add(status);
        }
      };
      const creating = Promise.all([create(), create(), create()]);
      for (let turn = 0; turn < toggles; turn += 1) {
        const can_manage_tokens = turn % 2 === 1;
        const path = `/api/v1/users/${member.id}`;
        await permitted.become(can_manage_tokens, () =>
          call(server, server.root, 'PATCH', path, { can_manage_tokens }),
        );
        await pause();
      }
      writing = false;
      await creating;
    }
    expect(statuses).toEqual(new Set([201, 403]));
  });
}

/**
 * Sends 20 concurrent requests that create a token: 12 to the API, 5 to the console, and 3 to api-token-auth, because
 * of its rate limit.
 */
async function createMany(server: Server, name: (at: number) => string): Promise<Array<'created' | 'rejected'>> {
  const browser = await browserOf(server, server.dev);
  const ways: Array<(name: string) => Promise<TestResponse>> = [
    (name) => call(server, server.dev, 'POST', '/api/v1/tokens', { name }),
    (name) => browser.post('/profile/api-tokens', { name, expires: 'never' }),
    (name) => {
      const body = JSON.stringify({ username: server.dev.email, password, name });
      const headers = [['Content-Type', 'application/json']] as const;
      return server.send({ method: 'POST', path: '/api-token-auth/', headers, body });
    },
  ];
  const responses = await Promise.all(
    Array.from({ length: 20 }, (_, at) => ways[at < 12 ? 0 : at < 17 ? 1 : 2]?.(name(at)) as Promise<TestResponse>),
  );
  return responses.map(({ status, body }) => {
    const created = (status === 201 || status === 200) && /tok_[0-9A-Za-z]{38}/.test(body);
    if (!created) expect([400, 409], body).toContain(status);
    if (status === 400) expect(body).toMatch(/You (already have a token with this name|have reached the limit)/);
    return created ? 'created' : 'rejected';
  });
}

async function tokensOf(server: Server, { id }: Member) {
  return server.store.tokens.list({ ownerId: id, limit: 100, before: null, now: server.clock.now() });
}

function uniquenessRaces(start: Start): void {
  it.each([
    ['the same', ['deploy']],
    ['the same except for case', ['deploy', 'DEPLOY', 'Deploy', 'dEpLoY']],
    ['the same except for Unicode composition', ['caf\u00e9', 'cafe\u0301', 'CAFE\u0301', ' caf\u00e9\u2003']],
    ['the same under full case folding', ['stra\u00dfe', 'STRASSE', 'stra\u1e9ee', 'Strasse']],
  ])('creates one token from 20 concurrent requests with names that are %s', async (_how, names) => {
    const server = await start();
    expect(new Set(names.map((name) => foldName(normalizeName(name)))).size).toBe(1);
    for (let round = 0; round < 3; round += 1) {
      const outcomes = await createMany(server, (at) => `${names[at % names.length]}`);
      expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
      const [token, ...more] = await tokensOf(server, server.dev);
      expect(more).toEqual([]);
      const events = await server.store.audit.list({ action: 'token.created', limit: 100, before: null });
      expect(events).toHaveLength(round + 1);
      expect((await server.mails()).filter(({ text }) => text.includes(token?.prefix ?? 'none'))).toHaveLength(1);
      await call(server, server.dev, 'DELETE', `/api/v1/tokens/${token?.id}`);
    }
  });

  it('creates one token from 20 concurrent requests by a member who is one below the limit', async () => {
    const server = await start({ maxTokensPerUser: 5 });
    for (let at = 0; at < 4; at += 1) await createToken(server, server.dev, { name: `before${at}` });
    for (let round = 0; round < 3; round += 1) {
      const outcomes = await createMany(server, (at) => `new${round}-${at}`);
      expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
      const [newest, ...rest] = await tokensOf(server, server.dev);
      expect(rest).toHaveLength(4);
      await call(server, server.dev, 'DELETE', `/api/v1/tokens/${newest?.id}`);
    }
  });

  it('creates one token from 20 concurrent requests with one Idempotency-Key and shows its value once', async () => {
    const server = await start();
    const headers = [
      ['Authorization', `Bearer ${server.dev.session}`],
      ['Content-Type', 'application/json'],
      ['Idempotency-Key', 'once'],
    ] as const;
    const body = JSON.stringify({ name: 'once' });
    const create = () => server.send({ method: 'POST', path: '/api/v1/tokens', headers, body });
    const responses = await Promise.all(Array.from({ length: 20 }, create));
    expect(responses.map(({ status }) => status).sort()).toEqual([...Array.from({ length: 19 }, () => 200), 201]);
    expect(new Set(responses.map(({ body }) => (JSON.parse(body) as { id: string }).id)).size).toBe(1);
    expect(responses.filter(({ body }) => /tok_[0-9A-Za-z]{38}/.test(body))).toHaveLength(1);
  });

  it.each([
    [
      'members',
      '/api/v1/users',
      (at: number) => ({ email: ['new@example.com', 'NEW@example.com', 'nEw@EXAMPLE.com'][at % 3] }),
    ],
    [
      'apps with one host',
      '/api/v1/apps',
      (at: number) => ({ name: `gate-${at}`, hosts: [['gate.example.com', 'Gate.Example.com'][at % 2]] }),
    ],
    ['clients', '/api/v1/clients', (at: number) => ({ name: ['Gate', 'GATE', 'g\u0061te'][at % 3] })],
  ])('adds one of 20 %s that are created concurrently and differ only in case', async (_what, path, body) => {
    const server = await start();
    const responses = await Promise.all(
      Array.from({ length: 20 }, (_, at) => call(server, server.root, 'POST', path, body(at))),
    );
    expect(responses.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 19 }, () => 409)]);
  });

  it('starts one session from 10 concurrent redemptions of one authorization code', async () => {
    const server = await start();
    const verifier = 'v'.repeat(43);
    const request = {
      client_id: 'tokens',
      redirect_uri: 'http://127.0.0.1:40000/callback',
      response_type: 'code',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    };
    const browser = await browserOf(server, server.dev);
    const { headers } = await browser.post('/oauth/authorize', { ...request, decision: 'approve' });
    const code = new URL(headers.location ?? '').searchParams.get('code') ?? '';
    const body = new URLSearchParams({
      ...{ grant_type: 'authorization_code', client_id: 'tokens', code },
      ...{ redirect_uri: request.redirect_uri, code_verifier: verifier },
    }).toString();
    const form = [['Content-Type', 'application/x-www-form-urlencoded']] as const;
    const redeem = () => server.send({ method: 'POST', path: '/oauth/token', headers: form, body });
    const responses = await Promise.all(Array.from({ length: 10 }, redeem));
    expect(responses.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 9 }, () => 400)]);
  });
}

function superuserRaces(start: Start): void {
  describe('the only two superusers', () => {
    let server: Server;
    let pair: [Member, Member];
    beforeEach(async () => {
      server = await start();
      pair = [server.root, await server.addMember({ email: 'second@example.com', superuser: true })];
    });

    /** Makes both enabled superusers again and signs them in. */
    async function restore(): Promise<void> {
      for (const member of pair) {
        await server.store.users.setDisabled(member.id, false);
        await server.store.users.setSuperuser(member.id, true);
        member.session = await server.signIn(member.id);
      }
    }

    it.each<[string, Array<(self: Member, other: Member) => [Member, object]>]>([
      ['demote each other', [(_self, other) => [other, { superuser: false }]]],
      ['disable each other', [(_self, other) => [other, { disabled: true }]]],
      [
        'demote and disable each other',
        [(_, other) => [other, { superuser: false }], (_, other) => [other, { disabled: true }]],
      ],
      ['demote themselves', [(self) => [self, { superuser: false }]]],
      [
        'take everything from each other',
        [
          (_, other) => [other, { name: 'X', can_manage_tokens: false, superuser: false, disabled: true }],
          (_, other) => [other, { can_manage_tokens: true, disabled: true }],
        ],
      ],
      [
        'demote and disable themselves and each other',
        [
          (self) => [self, { superuser: false }],
          (self) => [self, { disabled: true }],
          (_, other) => [other, { superuser: false, disabled: true }],
        ],
      ],
    ])('leave at least one superuser if they concurrently %s', async (_what, attempts) => {
      for (let round = 0; round < 10; round += 1) {
        const [first, second] = round % 2 === 0 ? pair : ([pair[1], pair[0]] as const);
        const responses = await Promise.all(
          attempts.flatMap((attempt) =>
            (
              [
                [first, second],
                [second, first],
              ] as const
            ).map(([self, other]) => {
              const [target, changes] = attempt(self, other);
              return call(server, self, 'PATCH', `/api/v1/users/${target.id}`, changes);
            }),
          ),
        );
        for (const { status, body } of responses) expect([200, 401, 403, 409], body).toContain(status);
        const left = await server.store.users.superuserEmails(5);
        expect(left.length).toBeGreaterThanOrEqual(1);
        await restore();
      }
    });

    it('leave exactly one superuser if they concurrently offboard each other in the console', async () => {
      for (let round = 0; round < 10; round += 1) {
        const [first, second] = pair;
        const browsers = await Promise.all(pair.map((member) => browserOf(server, member)));
        const responses = await Promise.all([
          browsers[0]?.post(`/organization/team/${second.id}/offboard`, {}),
          browsers[1]?.post(`/organization/team/${first.id}/offboard`, {}),
        ]);
        expect(responses.map((response) => response?.status)).toContain(303);
        for (const response of responses) expect([303, 403, 409]).toContain(response?.status);
        expect(await server.store.users.superuserEmails(5)).toHaveLength(1);
        await restore();
      }
    });
  });
}
