import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ask, openTestApp, type TestApp } from '../../helpers/app/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await openTestApp();
});
afterAll(() => app.close());

/** Of processor time, all threads together: a password's hash is some fifty; what holds verification up, a second. */
const fewMs = 400;

async function costOf(send: () => Promise<unknown>): Promise<number> {
  await send();
  const before = process.cpuUsage();
  await send();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const most = 32_000;
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const json = { 'Content-Type': 'application/json' };

/** Composing puts the marks of a character in order, which takes the square of their number. */
const marks = (count: number) => `a${'\u0301'.repeat(count / 2)}${'\u0316'.repeat(count / 2)}`;

const bodies: Record<string, [path: string, Ask]> = {
  'an e-mail address of marks': ['/api/v1/sessions', { json: { email: marks(most), password: 'x' } }],
  'a password of marks': ['/api/v1/sessions', { json: { email: 'nobody@example.com', password: marks(most) } }],
  'a user name of marks': ['/api-token-auth/', { json: { username: marks(most), password: 'x' } }],
  'a body that is all mistakes': ['/api-token-auth/', { body: `[${','.repeat(2 * most)}`, headers: json }],
  'mistakes in objects': ['/api-token-auth/', { body: `[{${'@,'.repeat(most)}`, headers: json }],
  'braces and mistakes': [
    '/api-token-auth/',
    { body: `${'{ '.repeat(most / 2)}${'@ '.repeat(most / 2)}`, headers: json },
  ],
  'fields without end': ['/api-token-auth/', { body: '&a'.repeat(most), headers: form }],
  'the same of OAuth': [
    '/oauth/token',
    { body: Array.from({ length: 9000 }, (_, i) => `a${i}`).join('&'), headers: form },
  ],
  'members without end': [
    '/api/v1/sessions',
    { body: `{${Array.from({ length: 6000 }, (_, i) => `"a${i}":1`).join(',')}}`, headers: json },
  ],
  'members of marks': ['/api/v1/sessions', { json: { [marks(most)]: 1 } }],
  'parts without end': [
    '/api-token-auth/',
    {
      body: `${'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'.repeat(1200)}--b--\r\n`,
      headers: { 'Content-Type': 'multipart/form-data; boundary=b' },
    },
  ],
  'a boundary without end': [
    '/api-token-auth/',
    { body: '-'.repeat(2 * most), headers: { 'Content-Type': `multipart/form-data; boundary=${'-'.repeat(60)}` } },
  ],
  'a media type without end': [
    '/api-token-auth/',
    { body: 'x', headers: { 'Content-Type': `multipart/form-data${';a'.repeat(most / 2)}` } },
  ],
  'a query without end': [`/api/v1/openapi.json?${'&a'.repeat(most)}`, {}],
  'parameters without end': [`/login?${'next&'.repeat(most / 3)}`, {}],
  'cookies without end': ['/login', { headers: { Cookie: 'a=b; '.repeat(most / 3) } }],
  'a path without end': [`/${'a/'.repeat(most)}`, {}],
  'a path of percents': [`/${'%2f'.repeat(most / 2)}`, {}],
  'addresses without end': ['/login', { headers: { 'X-Forwarded-For': '127.0.0.1,'.repeat(6000) }, ip: '127.0.0.1' }],
  'a user agent of secrets': ['/login', { headers: { 'User-Agent': 'tok_'.repeat(most / 4) } }],
};

describe('a stranger who sends 64 KiB that are costly to read', () => {
  it.each(Object.entries(bodies))('by %s costs little more than any other', async (_, [path, ask]) => {
    expect(await costOf(() => app.ask(path, ask))).toBeLessThan(fewMs);
  });
});

describe('a member who does so', () => {
  const creations = { name: { name: marks(most) }, description: { name: 'x', description: marks(most) } };
  it.each(Object.entries(creations))('in a %s of a token costs little', async (_, body) => {
    expect(await costOf(() => app.ask('/api/v1/tokens', { as: app.dev, json: body }))).toBeLessThan(fewMs);
  });
});
