import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { generateToken } from '../../../server/domain/secrets.ts';
import { createToken, jsonOf, openTestApp, verdict } from '../../helpers/app/app.ts';
import { listen } from '../../helpers/app/http.ts';
import { basic } from '../../helpers/app/oauth.ts';

const newKey = (namedCurve = 'P-256') => generateKeyPairSync('ec', { namedCurve });
type Pair = ReturnType<typeof newKey>;

let app: Awaited<ReturnType<typeof openTestApp>>;
let keys: Map<string, Pair>;
let requests = 0;
let answer: (() => { status: number; body: string }) | null;
const github = newKey();

beforeEach(async () => {
  keys = new Map([['key-1', github]]);
  requests = 0;
  answer = null;
  const server = createServer((_request, response) => {
    requests += 1;
    const list = [...keys].map(([id, { publicKey }]) => ({
      key_identifier: id,
      key: publicKey.export({ type: 'spki', format: 'pem' }),
      is_current: true,
    }));
    const { status, body } = answer?.() ?? { status: 200, body: JSON.stringify({ public_keys: list }) };
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(body);
  });
  const port = await listen(server);
  onTestFinished(() => void server.close());
  app = await openTestApp({ githubSecretScanningKeys: `http://127.0.0.1:${port}/meta/public_keys/secret_scanning` });
  onTestFinished(app.close);
});

const alert = (...tokens: string[]) =>
  JSON.stringify(
    tokens.map((token) => ({
      token,
      type: 'acme_token',
      url: 'https://github.com/acme/api/blob/1/.env',
      source: 'content',
    })),
  );
const signatureOf = (body: string, { privateKey }: Pair = github) =>
  sign('sha256', Buffer.from(body), privateKey).toString('base64');

function send(body: string, headers: Record<string, string>) {
  return app.ask('/leaks/report', { body, headers: { 'Content-Type': 'application/json', ...headers } });
}
const signed = (body: string, keyId = 'key-1', signature = signatureOf(body)) =>
  send(body, { 'Github-Public-Key-Identifier': keyId, 'Github-Public-Key-Signature': signature });

it('accepts an alert that GitHub signed, and answers with labels', async () => {
  const { id, token } = await createToken(app, app.dev, { name: 'leaked' });
  const unknown = generateToken('tok').reveal();
  const response = await signed(alert(token, unknown));
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual([
    { token_raw: token, token_type: 'acme_token', label: 'true_positive' },
    { token_raw: unknown, token_type: 'acme_token', label: 'false_positive' },
  ]);
  expect(await verdict(app, token)).toBe('revoked');
  const events = await app.store.audit.list({ limit: 10, before: null });
  expect(events.find(({ action }) => action === 'token.leaked')).toMatchObject({
    target: { id },
    actor: { kind: 'client', id: null, email: 'GitHub secret scanning' },
  });
  expect(requests).toBe(1);
  expect((await signed(alert(unknown))).status).toBe(200);
  expect(requests).toBe(1);
});

it('rejects forged alerts', async () => {
  const { token } = await createToken(app, app.dev, { name: 'not leaked' });
  const body = alert(token);
  const forged = [
    await signed(body, 'key-1', signatureOf(body, newKey())),
    await signed(body, 'key-1', signatureOf(`${body} `)),
    await signed(`${body} `, 'key-1', signatureOf(body)),
    await signed(body, 'key-2'),
    await signed(body, '../key-1'),
    await signed(body, 'key-1', ''),
    await signed(body, 'key-1', 'not base64!'),
    await signed(body, 'key-1', 'A'.repeat(100)),
    await signed(body, '__proto__'),
    await send(body, { 'Github-Public-Key-Signature': signatureOf(body) }),
    await send(body, { 'Github-Public-Key-Identifier': 'key-1' }),
  ];
  for (const response of forged) {
    expect(response.status).toBe(401);
    expect(await jsonOf(response)).toMatchObject({ code: 'not-authenticated' });
  }
  // A wrong client is not saved by a signature.
  const both = { 'Github-Public-Key-Identifier': 'key-1', 'Github-Public-Key-Signature': signatureOf(body) };
  expect((await send(body, { ...both, Authorization: 'Basic eDp5' })).status).toBe(401);
  expect(await verdict(app, token)).toBe(200);
});

it('accepts no signature at the other route, and none without the setting', async () => {
  const { token } = await createToken(app, app.dev, { name: 'kept' });
  const body = JSON.stringify({ tokens: { value: [token] } });
  const headers = { 'Github-Public-Key-Identifier': 'key-1', 'Github-Public-Key-Signature': signatureOf(body) };
  expect((await app.ask('/leaks/verify', { body, headers })).status).toBe(401);
  const without = app.restart({ githubSecretScanningKeys: null });
  const report = alert(token);
  const signature = { ...headers, 'Github-Public-Key-Signature': signatureOf(report) };
  expect((await without.ask('/leaks/report', { body: report, headers: signature })).status).toBe(401);
  expect(await verdict(app, token)).toBe(200);
});

it('asks for an unknown key at most once a minute, and drops keys that were withdrawn', async () => {
  const body = alert(generateToken('tok').reveal());
  expect((await signed(body)).status).toBe(200);
  const next = newKey();
  keys = new Map([['key-2', next]]);
  for (let tries = 0; tries < 5; tries += 1)
    expect((await signed(body, 'key-2', signatureOf(body, next))).status).toBe(401);
  expect(requests).toBe(1);
  app.clock.advance(60_000);
  expect((await signed(body, 'key-2', signatureOf(body, next))).status).toBe(200);
  expect(requests).toBe(2);
  for (let tries = 0; tries < 5; tries += 1) expect((await signed(body, 'key-1')).status).toBe(401);
  expect(requests).toBe(2);
});

it('accepts only keys of the curve that GitHub uses', async () => {
  const other = newKey('P-384');
  keys = new Map([['key-1', other]]);
  const body = alert(generateToken('tok').reveal());
  expect((await signed(body, 'key-1', signatureOf(body, other))).status).toBe(401);
});

it('lets clients report while the keys cannot be fetched', async () => {
  answer = () => ({ status: 500, body: '' });
  const { token } = await createToken(app, app.dev, { name: 'reported' });
  const json = { name: 'scanner', can_report: true };
  const made = app.ask('/api/v1/clients', { as: app.root, json });
  const client = await jsonOf<{ client_id: string; client_secret: string }>(made);
  expect((await send(alert(token), basic(client.client_id, client.client_secret))).status).toBe(200);
  expect(await verdict(app, token)).toBe('revoked');
  expect(requests).toBe(0);
});

it('returns 503 while the keys cannot be fetched, and asks at most every five seconds', async () => {
  const { token } = await createToken(app, app.dev, { name: 'waiting' });
  const body = alert(token);
  for (const wrong of [
    { status: 500, body: '' },
    { status: 302, body: '' },
    { status: 200, body: 'not json' },
    { status: 200, body: '{"public_keys":7}' },
  ]) {
    answer = () => wrong;
    const before = requests;
    for (let tries = 0; tries < 3; tries += 1) expect((await signed(body)).status).toBe(503);
    expect(requests).toBe(before + 1);
    app.clock.advance(5_000);
  }
  answer = null;
  expect((await signed(body)).status).toBe(200);
  expect(await verdict(app, token)).toBe('revoked');
});
