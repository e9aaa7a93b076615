import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { generateToken } from '../../../server/domain/secrets.ts';
import { type OpenPeopleSetup, openPeopleSetup, peopleSetups } from '../../helpers/gate/people-setups.ts';
import { events, startTestApi, type TestApi } from '../../helpers/gate/test-api.ts';
import { eventDelays, offerUpload, talk, upload } from '../../helpers/gate/traffic.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';

for (const setup of peopleSetups) {
  it.skipIf(!hasRealParts(setup.proxy))(
    `${setup.proxy} keeps everybody from the app while ${setup.gate} and tokensd are stopped`,
    async () => {
      const api = await startTestApi();
      const { daemon, people, running, value } = await openPeopleSetup(setup, api.url);
      api.requests.length = 0;
      await people.stop();
      await daemon.stop();
      const url = `http://127.0.0.1:${running.port}/a`;
      const script = await fetch(url, { headers: { Authorization: `Bearer ${value}` } });
      expect([script.status, script.headers.get('retry-after')]).toEqual([503, '1']);
      const person = await fetch(url, { headers: { Cookie: setup.stands.cookie } });
      expect([500, 503]).toContain(person.status);
      expect(api.requests).toEqual([]);
      await running.stop();
      await api.stop();
    },
  );

  const { proxy, gate, stands } = setup;
  describe.skipIf(!hasRealParts(proxy))(`an app behind ${proxy} that sends people to ${gate}`, () => {
    let api: TestApi;
    let opened: OpenPeopleSetup;
    let url: string;
    beforeAll(async () => {
      api = await startTestApi();
      opened = await openPeopleSetup(setup, api.url);
      url = `http://127.0.0.1:${opened.running.port}`;
    });
    beforeEach(() => {
      api.requests.length = 0;
      opened.people.received.length = 0;
    });
    afterAll(async () => {
      await opened.stop();
      await api.stop();
    });

    const person = { Cookie: stands.cookie };
    const script = () => ({ Authorization: `Bearer ${opened.value}` });
    const callers: Array<[string, () => Record<string, string>, string]> = [
      ['a script with a token', script, 'dev@example.com'],
      ['a person with a session', () => person, stands.user],
    ];
    const rejected = () => ({ ...person, Authorization: `Bearer ${generateToken('tok').reveal()}` });
    const users = () => api.requests.map(({ headers }) => headers['x-auth-user']);

    describe.each(callers)('receives from %s', (_who, headersOf, user) => {
      it.each([
        ['with a length', true],
        ['in chunks', false],
      ])('a body of 200 MB %s', async (_framing, hasLength) => {
        const { status, body, expected } = await upload(url, headersOf(), 200, hasLength);
        expect([status, JSON.parse(body)]).toEqual([200, expected]);
        expect(users()).toEqual([user]);
      });

      it('messages over WebSocket, and returns replies', async () => {
        expect(await talk(url, headersOf(), ['hello', 'again'])).toEqual(['hello', 'again']);
        expect(users()).toEqual([user]);
      });

      it('a request for events, and sends each when it happens', async () => {
        const delays = await eventDelays(`${url}/events`, headersOf());
        expect(delays).toHaveLength(events.count);
        expect(Math.max(...delays)).toBeLessThan(events.intervalMs);
        expect(users()).toEqual([user]);
      });
    });

    it('receives nothing of an upload with a bad token, which gets 401 and JSON before it is sent', async () => {
      const { status, type, body, continued } = await offerUpload(url, rejected());
      expect([status, type, JSON.parse(body)]).toEqual([401, 'application/json', { detail: 'Invalid token.' }]);
      expect([continued, api.requests, opened.people.received]).toEqual([false, [], []]);
    });

    it('receives nothing of an upload from a browser that is signed out, which is led to the sign-in before it is sent', async () => {
      const { status, location } = await offerUpload(url, { Accept: 'text/html' });
      expect([[302, 303].includes(status), api.requests]).toEqual([true, []]);
      expect(location).toMatch(
        /^(https:\/\/(auth|idp)\.example\.com\/.|\/(oauth2|outpost\.goauthentik\.io)\/start\?rd=.*\/upload$)/,
      );
    });

    it('receives no handshake and no request for events with a bad token, or from nobody', async () => {
      for (const headers of [rejected(), {}]) {
        await expect(talk(url, headers, [])).rejects.toThrow('The handshake failed');
        const response = await fetch(`${url}/events`, { headers, redirect: 'manual' });
        expect([401, 302, 303]).toContain(response.status);
        await response.body?.cancel();
      }
      expect(api.requests).toEqual([]);
    });
  });
}
