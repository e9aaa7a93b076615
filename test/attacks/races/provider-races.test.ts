import { createHash } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { StartedSession } from '../../../server/domain/sign-in/start-session.ts';
import { openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { personAt, ssoConfig } from '../../helpers/app/sso.ts';
import { patientTimes } from '../../helpers/peers/postgres.ts';
import { pause } from './raced-token.ts';

const engines = useEngines(patientTimes);

const clientInfo = { ip: null, userAgent: null };
const issuer = 'https://sso.example.com';
const oidc = ssoConfig(issuer);

const codeVerifier = 'v'.repeat(43);
const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url');
const request = { clientId: 'tokens', redirectUri: 'http://127.0.0.1:40000/callback' };

/** Signs a person in through the provider. Returns what programs can do with that session, and the ways to end it. */
async function signIn({ services, store, root: { id: rootId } }: TestApp, round: number) {
  const { sso, authorizationCodes, sessions } = services;
  if (sso === null) throw new Error('Single sign-on is not configured');
  const { user, session }: StartedSession = await sso.signIn(personAt(issuer, { sid: `sid ${round}` }), clientInfo);
  const caller = { user, sessionId: session.id, clientInfo, channel: 'console' } as const;
  return {
    issue: async () => (await authorizationCodes.issue(caller, session, { ...request, codeChallenge })).reveal(),
    redeem: (code: string) => authorizationCodes.redeem({ ...request, code, codeVerifier }, clientInfo),
    remaining: () => sessions.list(caller),
    approveDevice: async () => {
      const { deviceCode, userCode } = await services.deviceFlow.begin(request.clientId, {
        ...clientInfo,
        ip: randomIp(),
      });
      await services.deviceFlow.open({ ...caller, clientInfo: { ...clientInfo, ip: randomIp() } }, userCode);
      await services.deviceFlow.decide(caller, session, userCode, 'approved');
      return deviceCode.reveal();
    },
    pollDevice: (code: string) => services.deviceFlow.poll(code, request.clientId, clientInfo),
    disable: async () => {
      const root = { ...caller, user: (await store.users.findById(rootId)) ?? expect.fail() };
      await services.users.update(root, user.id, { disabled: true });
      await services.users.update(root, user.id, { disabled: false });
    },
    signOut: () => sessions.signOut(caller),
    endAtProvider: () => sso.endByProvider({ issuer, subject: null, sid: `sid ${round}`, jti: `${round}` }, clientInfo),
    endAllAtProvider: () => sso.endByProvider({ issuer, subject: 'ada', sid: null, jti: `${round}` }, clientInfo),
    endFromAnother: () => sessions.endOthers({ ...caller, sessionId: 'another' }),
  };
}

const randomIp = () => `192.0.2.${Math.floor(Math.random() * 250)}`;
const times = <T>(make: () => T) => Array.from({ length: 5 }, make);

describe.each(Object.entries(engines))('on %s', (_engine, openStore) => {
  async function eachRound(act: (session: Awaited<ReturnType<typeof signIn>>) => Promise<void>): Promise<void> {
    const app = await openTestApp({ oidc }, openStore());
    onTestFinished(app.close);
    for (let round = 0; round < 20; round += 1) await act(await signIn(app, round));
  }

  const endsOfAll = ['endAtProvider', 'endAllAtProvider', 'endFromAnother'] as const;

  it.each(endsOfAll)('%s ends sessions that codes start concurrently', (end) =>
    eachRound(async ({ issue, redeem, remaining, ...session }) => {
      const codes = await Promise.all(times(issue));
      await Promise.all([...codes.map(redeem), session[end]()]);
      expect(await remaining()).toEqual([]);
    }),
  );

  it('leaves no session if a member is disabled while their authorization codes are redeemed continuously', () =>
    eachRound(async ({ issue, redeem, disable, remaining }) => {
      let redeeming = true;
      const redemptions = Array.from({ length: 8 }, async () => {
        while (redeeming)
          await issue()
            .then(redeem)
            .catch(() => null);
      });
      await pause();
      await disable().finally(() => {
        redeeming = false;
      });
      await Promise.all(redemptions);
      expect(await remaining()).toEqual([]);
    }));

  it('leaves no session if a member is disabled while many approved devices poll concurrently', () =>
    eachRound(async ({ approveDevice, pollDevice, disable, remaining }) => {
      const codes = await Promise.all(Array.from({ length: 8 }, approveDevice));
      const polls = codes.map((code) => pollDevice(code).catch(() => null));
      await Promise.all([...polls, disable()]);
      expect(await remaining()).toEqual([]);
    }));

  it('leaves no session of an identity that is removed while it signs in', async () => {
    const app = await openTestApp({ oidc }, openStore());
    onTestFinished(app.close);
    const { services, store, root } = app;
    const { sso, unbinding, sessions } = services;
    if (sso === null) throw new Error('Single sign-on is not configured');
    const { user } = await sso.signIn(personAt(issuer, {}), clientInfo);
    // The address binds nobody again, because no provider vouches for it.
    const person = personAt(issuer, { emailVerified: null });
    const by = { user: (await store.users.findById(root.id)) ?? expect.fail(), sessionId: 'root', clientInfo } as const;
    for (let round = 0; round < 20; round += 1) {
      await store.users.setIdentity(user.id, person);
      const signIns = times(() => sso.signIn(person, clientInfo).catch(() => null));
      await Promise.all([...signIns, unbinding.unbind({ ...by, channel: 'console' }, user.id)]);
      expect(await sessions.list({ ...by, user, channel: 'console' })).toEqual([]);
    }
  });

  it.each([...endsOfAll, 'signOut'] as const)('%s voids codes that are issued concurrently', (end) =>
    eachRound(async ({ issue, redeem, ...session }) => {
      const issuing = times(() => issue().catch(() => null));
      await Promise.all([...issuing, session[end]()]);
      for (const code of await Promise.all(issuing)) expect(code && (await redeem(code))).toBeNull();
    }),
  );
});
