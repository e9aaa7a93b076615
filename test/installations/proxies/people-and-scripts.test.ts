import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { generateToken } from '../../../server/domain/secrets.ts';
import { type Fields, send } from '../../helpers/app/http.ts';
import { type Apps, apps, holds, startApps, valuesOf } from '../../helpers/gate/apps.ts';
import { type OpenPeopleSetup, openPeopleSetup, peopleSetups } from '../../helpers/gate/people-setups.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
const browser: Fields = [
  ['Accept', 'text/html,application/xhtml+xml'],
  ['User-Agent', 'Mozilla/5.0'],
];

for (const setup of peopleSetups) {
  const { proxy, gate, stands, forged: forgedIdentity } = setup;
  describe.skipIf(!hasRealParts(proxy))(`${proxy} that sends people to ${gate} and scripts to tokensd`, () => {
    let app: Apps;
    let people: OpenPeopleSetup['people'];
    let opened: OpenPeopleSetup;
    let value: string;
    beforeAll(async () => {
      app = await startApps();
      opened = await openPeopleSetup(setup, app.url);
      ({ people, value } = opened);
    });
    beforeEach(() => {
      app.requests.length = 0;
      people.received.length = 0;
    });
    afterAll(async () => {
      await opened.stop();
      await app.stop();
    });

    const ask = (headers: Fields, path = '/a?b=1&c=2', method = 'GET') =>
      send(opened.running.port, { method, path, headers });
    /** The forms of a token, as a script sends them. */
    const formsOf = (value: string): Fields[] => [
      [['Authorization', `Token ${value}`]],
      [['Authorization', `Bearer ${value}`]],
      [['Authorization', basic(`ada:${value}`)]],
      [['X-API-Key', value]],
      [['X-Tokens-Authorization', value]],
      [['Authorization', `Bearer\t${value}`]],
    ];

    it('leads a browser that is signed out to the sign-in, and back to the page', async () => {
      const response = await ask(browser);
      expect(response.status).toBe(302);
      expect(response.headers.location).toMatch(stands.signInOf('/a?b=1&c=2'));
      expect(app.requests).toEqual([]);
    });

    it('lets a person in who is signed in, with the identity of that gate and the credentials of the app', async () => {
      const forged: Fields = [
        ['X-Auth-User', 'root@example.com'],
        ['X-Auth-Superuser', 'true'],
        ['X-Auth-Token-Id', '1'],
        ...forgedIdentity,
      ];
      const own: Fields = [
        ['Authorization', apps.grafana.credential],
        ['X-API-Key', apps.immich.credential],
      ];
      const cookie = ['Cookie', `theme=dark; ${stands.cookie}`] as const;
      const response = await ask([...browser, cookie, ...forged, ...own], '/grafana/api', 'POST');
      expect(response.status).toBe(200);
      const [{ method, fields } = { method: '', fields: [] }] = app.requests;
      expect(method).toBe('POST');
      expect(valuesOf(fields, 'X-Auth-User')).toEqual([stands.user]);
      expect(JSON.stringify(fields)).not.toContain('root');
      for (const name of ['X-Auth-Superuser', 'X-Auth-Token-Id']) expect(valuesOf(fields, name).join('')).toBe('');
      expect(valuesOf(fields, 'Authorization')).toEqual([apps.grafana.credential]);
      expect(valuesOf(fields, 'X-Api-Key')).toEqual([apps.immich.credential]);
    });

    it('lets a script in with an active token in any form, which neither the app nor that gate receives', async () => {
      for (const headers of formsOf(value)) {
        expect((await ask([...headers, ...forgedIdentity, ['Cookie', stands.cookie]])).status).toBe(200);
      }
      expect(app.requests.map(({ fields }) => valuesOf(fields, 'X-Auth-User'))).toEqual(
        Array(6).fill(['dev@example.com']),
      );
      expect(JSON.stringify(app.requests)).not.toContain('root');
      expect(app.requests.filter((request) => holds(request, value))).toEqual([]);
      expect(people.received).toEqual([]);
    });

    it('rejects a script with an unknown token in any form with 401 and JSON, even beside a valid cookie', async () => {
      for (const headers of formsOf(generateToken('tok').reveal())) {
        const response = await ask([...browser, ...headers, ['Cookie', stands.cookie]], '/report.html');
        expect([response.status, JSON.parse(response.body)]).toEqual([401, { detail: 'Invalid token.' }]);
        expect(response.headers).toMatchObject({ 'x-tokens-reason': 'unknown', 'content-type': 'application/json' });
        expect(response.headers['www-authenticate']).toMatch(/^Token/);
      }
      expect([app.requests, people.received]).toEqual([[], []]);
    });

    it('answers a script whose credential is nobody’s with 401 and JSON in place of a sign-in page', async () => {
      for (const headers of [[['Authorization', 'Bearer nonsense']], [['X-API-Key', 'nonsense']]] as Fields[]) {
        const response = await ask([...browser, ...headers], '/report.html');
        expect([response.status, JSON.parse(response.body)]).toEqual([401, { detail: 'Invalid token.' }]);
        expect(response.headers).toMatchObject({ 'content-type': 'application/json', 'www-authenticate': 'Token' });
      }
      expect(app.requests).toEqual([]);
      expect(people.received.join()).not.toContain('nonsense');
    });

    it('never shows a token to that gate, however a client repeats or lists it', async () => {
      const lists: Fields[] = [
        [
          ['Authorization', apps.grafana.credential],
          ['Authorization', `Bearer ${value}`],
        ],
        [['X-API-Key', `a, ${value}`]],
        [
          ['X-API-Key', 'a'],
          ['X-API-Key', value],
        ],
        [
          ['X-Tokens-Authorization', ''],
          ['X-Tokens-Authorization', value],
        ],
      ];
      for (const headers of lists) await ask([...headers, ['Cookie', stands.cookie]]);
      expect(people.received.join()).not.toContain(value);
      expect(app.requests.filter((request) => holds(request, value))).toEqual([]);
    });

    it('never upgrades a person’s connection to HTTP/2 in clear text', async () => {
      const upgrade: Fields = [
        ['Connection', 'Upgrade, HTTP2-Settings'],
        ['Upgrade', 'h2c'],
        ['HTTP2-Settings', 'AAMAAABk'],
      ];
      await ask([['Cookie', stands.cookie], ...upgrade]);
      expect(app.requests.map(({ fields }) => valuesOf(fields, 'Upgrade').join(''))).toEqual(['']);
    });

    it('never makes up an identity for a request that the gate lets in without an email address', async () => {
      const { path, cookie } = stands.unnamed;
      const { status, body } = await ask([...browser, ...forgedIdentity, ['Cookie', cookie]], path);
      // authentik lets such paths through. The configurations do not, because nobody signed in.
      const isOpen = gate !== 'authentik';
      expect([app.requests.length, body.includes('fields')]).toEqual(isOpen ? [1, true] : [0, false]);
      if (isOpen) expect(status).toBe(200);
      expect(app.requests.map(({ fields }) => valuesOf(fields, 'X-Auth-User').join())).toEqual(
        app.requests.map(() => ''),
      );
    });

    it.each([
      '/outpost.goauthentik.io/../admin',
      '/outpost%2egoauthentik.io/../admin',
      '/outpost.goauthentik.iox',
      '/oauth2/../admin',
      '/oauth2/..%2fadmin',
      '/_oauth2_proxy',
      '/_authelia',
      '/_authentik',
    ])('lets nobody in at %s who is signed out', async (path) => {
      const response = await ask(browser, path);
      expect(app.requests).toEqual([]);
      expect(response.body).not.toContain('"fields"');
    });
  });
}
