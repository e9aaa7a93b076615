import { expect, onTestFinished, test } from 'vitest';
import { createToken, jsonOf, openTestApp, verdict } from '../helpers/app/app.ts';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  const { token, ...object } = await createToken(app, app.dev, { name: 'ci' });
  return { app, value: token, object };
}

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

test('GET /api/v1/token returns the token for all five credential forms, and records no use', async () => {
  const { app, value, object } = await open();
  const forms: Array<Record<string, string>> = [
    { Authorization: `Token ${value}` },
    { Authorization: `BEARER ${value}` },
    { Authorization: basic(`git:${value}`) },
    { Authorization: basic(`${value}:`) },
    { Authorization: basic(`${value}:x-oauth-basic`).replaceAll('=', '') },
    { 'X-API-Key': value },
    { 'X-Tokens-Authorization': `Bearer ${value}` },
  ];
  for (const headers of forms) {
    const response = await app.ask('/api/v1/token', { headers });
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await jsonOf(response)).toEqual(object);
  }
  expect(app.services.lastUsed.drain()).toEqual([]);
});

test('DELETE /api/v1/token revokes the token and notifies its owner', async () => {
  const { app, value } = await open();
  const headers = { Authorization: `Token ${value}` };
  const response = await app.ask('/api/v1/token', { method: 'DELETE', headers });
  expect(response.status).toBe(204);
  expect(await verdict(app, value)).toBe('revoked');
  expect((await app.ask('/api/v1/token', { method: 'DELETE', headers })).status).toBe(401);
  expect((await app.mails()).map(({ to }) => to)).toEqual(['dev@example.com', 'dev@example.com']);
});

test('ten concurrent requests of a token to revoke itself revoke it once', async () => {
  const { app, value } = await open();
  const headers = { Authorization: `Token ${value}` };
  const responses = await Promise.all(
    Array.from({ length: 10 }, () => app.ask('/api/v1/token', { method: 'DELETE', headers })),
  );
  expect(responses.filter(({ status }) => status === 204)).toHaveLength(1);
  for (const { status } of responses) expect([204, 401]).toContain(status);
  expect(await app.mails()).toHaveLength(2);
});

test('describes a known token in its 401, with the reason in header and challenge', async () => {
  const { app, value, object } = await open();
  const known = { prefix: object.prefix, name: 'ci', owner: 'dev@example.com' };
  const ask = () => app.ask('/api/v1/token', { headers: { Authorization: `Token ${value}` } });
  const expectDenial = async (reason: string, detail: string) => {
    const response = await ask();
    expect(response.status).toBe(401);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('x-tokens-reason')).toBe(reason);
    expect(response.headers.get('www-authenticate')).toBe(
      `Token, Bearer realm="tokensd", error="invalid_token", error_description="${reason}"`,
    );
    expect(await jsonOf(response)).toMatchObject({ code: 'invalid-token', detail, token: known });
  };
  await app.store.users.setCanManageTokens(app.dev.id, false);
  await expectDenial('blocked', 'Invalid token.');
  await app.store.users.setDisabled(app.dev.id, true);
  await expectDenial('disabled', 'User inactive or deleted.');
  await app.ask(`/api/v1/tokens/${object.id}`, { as: app.root, method: 'DELETE' });
  await expectDenial('revoked', 'Invalid token.');
});

test.each([
  [{}, 'Authentication credentials were not provided.', null],
  [{ Authorization: 'Digest x' }, 'Authentication credentials were not provided.', null],
  [{ Authorization: 'Token' }, 'Invalid token header. No credentials provided.', null],
  [{ Authorization: 'Token a b' }, 'Invalid token header. Token string should not contain spaces.', 'unknown'],
  [
    { Authorization: 'Token \u00ff' },
    'Invalid token header. Token string should not contain invalid characters.',
    'unknown',
  ],
  [{ Authorization: 'Token junk' }, 'Invalid token.', 'unknown'],
  [{ Authorization: basic('nocolon') }, 'Invalid token.', 'unknown'],
])('%j gets the 401 with DRF’s text', async (headers: Record<string, string>, detail, reason) => {
  const { app } = await open();
  const response = await app.ask('/api/v1/token', { headers });
  expect(response.status).toBe(401);
  expect(response.headers.get('x-tokens-reason')).toBe(reason);
  const problem = await jsonOf(response);
  expect(problem).toMatchObject({ code: 'invalid-token', detail });
  expect(problem).not.toHaveProperty('token');
});

test('rejects two credentials with 401, even if both are valid', async () => {
  const { app, value } = await open();
  const twice: Array<Array<[string, string]>> = [
    [
      ['Authorization', `Token ${value}`],
      ['authorization', `Token ${value}`],
    ],
    [
      ['Authorization', `Token ${value}`],
      ['X-API-Key', value],
    ],
    [['Authorization', `Token ${value}, Token ${value}`]],
  ];
  for (const headers of twice) expect((await app.ask('/api/v1/token', { headers })).status).toBe(401);
});
