import { createHash } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { StartedSession } from '../../../server/domain/sign-in/start-session.ts';
import { openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { pause } from './raced-token.ts';

const engines = useEngines();

const clientInfo = { ip: null, userAgent: null };
const issuer = 'https://sso.example.com';
const oidc = {
  ...{ issuer, clientId: 'tokensd', clientSecret: 'x', autoProvision: true, allowedDomains: null },
  ...{ groupsClaim: 'groups', superuserGroup: null, tokensGroup: null },
};
const person = { issuer, subject: 'ada', email: 'ada@example.com', emailVerified: true, name: 'Ada', groups: [] };

const codeVerifier = 'v'.repeat(43);
const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url');
const asked = { clientId: 'tokens', redirectUri: 'http://127.0.0.1:40000/callback' };

/** Somebody who signed in through the provider, and what a program does by way of that session. */
async function signIn({ services, store, root: { id: rootId } }: TestApp, round: number) {
  const { sso, authorizationCodes, sessions } = services;
  if (sso === null) throw new Error('There is no single sign-on');
  const { user, session }: StartedSession = await sso.signIn({ ...person, sid: `sid ${round}` }, clientInfo);
  const caller = { user, sessionId: session.id, clientInfo, channel: 'console' } as const;
  return {
    issue: async () => (await authorizationCodes.issue(caller, session, { ...asked, codeChallenge })).reveal(),
    redeem: (code: string) => authorizationCodes.redeem({ ...asked, code, codeVerifier }, clientInfo),
    left: () => sessions.list(caller),
    approveDevice: async () => {
      const { deviceCode, userCode } = await services.deviceFlow.begin(asked.clientId, {
        ...clientInfo,
        ip: randomIp(),
      });
      await services.deviceFlow.open({ ...caller, clientInfo: { ...clientInfo, ip: randomIp() } }, userCode);
      await services.deviceFlow.decide(caller, session, userCode, 'approved');
      return deviceCode.reveal();
    },
    pollDevice: (code: string) => services.deviceFlow.poll(code, asked.clientId, clientInfo),
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

  const ofAll = ['endAtProvider', 'endAllAtProvider', 'endFromAnother'] as const;

  it.each(ofAll)('%s leaves no program that is signed in at the same time', (end) =>
    eachRound(async ({ issue, redeem, left, ...session }) => {
      const codes = await Promise.all(times(issue));
      await Promise.all([...codes.map(redeem), session[end]()]);
      expect(await left()).toEqual([]);
    }),
  );

  it('who becomes a session by a code without a pause is disabled all the same', () =>
    eachRound(async ({ issue, redeem, disable, left }) => {
      let insisting = true;
      const crowd = Array.from({ length: 8 }, async () => {
        while (insisting)
          await issue()
            .then(redeem)
            .catch(() => null);
      });
      await pause();
      await disable().finally(() => {
        insisting = false;
      });
      await Promise.all(crowd);
      expect(await left()).toEqual([]);
    }));

  it('who becomes a session by many devices at once is disabled all the same', () =>
    eachRound(async ({ approveDevice, pollDevice, disable, left }) => {
      const codes = await Promise.all(Array.from({ length: 8 }, approveDevice));
      const polls = codes.map((code) => pollDevice(code).catch(() => null));
      await Promise.all([...polls, disable()]);
      expect(await left()).toEqual([]);
    }));

  it.each([...ofAll, 'signOut'] as const)('%s leaves no code that is asked for at the same time', (end) =>
    eachRound(async ({ issue, redeem, ...session }) => {
      const issuing = times(() => issue().catch(() => null));
      await Promise.all([...issuing, session[end]()]);
      for (const code of await Promise.all(issuing)) expect(code && (await redeem(code))).toBeNull();
    }),
  );
});
