import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ask, openTestApp, type TestApp } from '../../helpers/app/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await openTestApp();
});
afterAll(() => app.close());

/**
 * Limit of CPU time over all threads. Hashing a password takes about 50 ms. A request that delays verification would
 * take about a second.
 */
const maxCpuMs = 400;

/** Returns the CPU time of the second call, in milliseconds. The first one loads and compiles the code. */
async function cpuMsOf(send: () => Promise<unknown>): Promise<number> {
  await send();
  const before = process.cpuUsage();
  await send();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const maxCount = 32_000;
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const json = { 'Content-Type': 'application/json' };

/** A character with many combining marks. Unicode composition sorts them in quadratic time. */
const marks = (count: number) => `a${'\u0301'.repeat(count / 2)}${'\u0316'.repeat(count / 2)}`;

const bodies: Record<string, [path: string, Ask]> = {
  'an email address of combining marks': ['/api/v1/sessions', { json: { email: marks(maxCount), password: 'x' } }],
  'a password of combining marks': [
    '/api/v1/sessions',
    { json: { email: 'nobody@example.com', password: marks(maxCount) } },
  ],
  'a user name of combining marks': ['/api-token-auth/', { json: { username: marks(maxCount), password: 'x' } }],
  'JSON of only syntax errors': ['/api-token-auth/', { body: `[${','.repeat(2 * maxCount)}`, headers: json }],
  'JSON objects of only syntax errors': ['/api-token-auth/', { body: `[{${'@,'.repeat(maxCount)}`, headers: json }],
  'nested braces and syntax errors': [
    '/api-token-auth/',
    { body: `${'{ '.repeat(maxCount / 2)}${'@ '.repeat(maxCount / 2)}`, headers: json },
  ],
  'a form with many fields': ['/api-token-auth/', { body: '&a'.repeat(maxCount), headers: form }],
  'an OAuth form with many fields': [
    '/oauth/token',
    { body: Array.from({ length: 9000 }, (_, i) => `a${i}`).join('&'), headers: form },
  ],
  'a JSON object with many fields': [
    '/api/v1/sessions',
    { body: `{${Array.from({ length: 6000 }, (_, i) => `"a${i}":1`).join(',')}}`, headers: json },
  ],
  'a field name of combining marks': ['/api/v1/sessions', { json: { [marks(maxCount)]: 1 } }],
  'a multipart body with many parts': [
    '/api-token-auth/',
    {
      body: `${'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'.repeat(1200)}--b--\r\n`,
      headers: { 'Content-Type': 'multipart/form-data; boundary=b' },
    },
  ],
  'a multipart body of dashes': [
    '/api-token-auth/',
    { body: '-'.repeat(2 * maxCount), headers: { 'Content-Type': `multipart/form-data; boundary=${'-'.repeat(60)}` } },
  ],
  'a media type with many parameters': [
    '/api-token-auth/',
    { body: 'x', headers: { 'Content-Type': `multipart/form-data${';a'.repeat(maxCount / 2)}` } },
  ],
  'a query with many parameters': [`/api/v1/openapi.json?${'&a'.repeat(maxCount)}`, {}],
  'a query that repeats one parameter': [`/login?${'next&'.repeat(maxCount / 3)}`, {}],
  'many cookies': ['/login', { headers: { Cookie: 'a=b; '.repeat(maxCount / 3) } }],
  'a path with many segments': [`/${'a/'.repeat(maxCount)}`, {}],
  'a path of percent-encoded slashes': [`/${'%2f'.repeat(maxCount / 2)}`, {}],
  'many addresses in X-Forwarded-For': [
    '/login',
    { headers: { 'X-Forwarded-For': '127.0.0.1,'.repeat(6000) }, ip: '127.0.0.1' },
  ],
  'a user agent of token prefixes': ['/login', { headers: { 'User-Agent': 'tok_'.repeat(maxCount / 4) } }],
};

describe('an unauthenticated request that is expensive to parse', () => {
  it.each(Object.entries(bodies))('uses little CPU time for %s', async (_, [path, ask]) => {
    expect(await cpuMsOf(() => app.ask(path, ask))).toBeLessThan(maxCpuMs);
  });
});

describe('an expensive request from a member', () => {
  const creations = { name: { name: marks(maxCount) }, description: { name: 'x', description: marks(maxCount) } };
  it.each(Object.entries(creations))(
    'uses little CPU time for combining marks in the %s of a token',
    async (_, body) => {
      expect(await cpuMsOf(() => app.ask('/api/v1/tokens', { as: app.dev, json: body }))).toBeLessThan(maxCpuMs);
    },
  );
});
