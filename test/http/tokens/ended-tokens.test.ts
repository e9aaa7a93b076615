import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProblemDetails } from '../../../shared/problem.ts';
import { endSentence } from '../../../shared/schemas/tokens/end-sentence.ts';
import type { EndedToken } from '../../../shared/schemas/tokens/ended-tokens.ts';
import { createToken, jsonOf, type Member } from '../../helpers/app/app.ts';
import { type Fields, startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { type Original, originals } from '../../helpers/gate/originals.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const iso = () => new Date(server.clock.now()).toISOString();
const revoke = (id: string, as: Member) => server.ask(`/api/v1/tokens/${id}`, { as, method: 'DELETE' });
const listOf = async (query: string, as: Member) =>
  (await jsonOf<{ items: EndedToken[] }>(server.ask(`/api/v1/tokens?status=revoked${query}`, { as }))).items;
const askFor = (id: string, as: Member) => server.ask(`/api/v1/tokens/${id}`, { as });

/** Asks as a proxy, with the value. */
async function verify(value: string, original: Original) {
  const { headers, ...options } = (originals.nginx as (typeof originals)[string])(original);
  const more: Fields = [['User-Agent', 'curl/8']];
  return server.send({ ...options, headers: [['X-API-Key', value], ...headers, ...more] });
}
const request: Original = { method: 'GET', path: '/builds?page=2', ip: '203.0.113.9', app: 'wiki' };

describe('a token that ended', () => {
  it('is a problem that says when and by whom, with its last use and the requests that were denied since', async () => {
    const token = await createToken(server, server.dev, { name: 'ci-pipeline' });
    await verify(token.token, { ...request, app: '' });
    server.clock.advance(1000);
    expect((await revoke(token.id, server.root)).status).toBe(204);
    const ended_at = iso();
    server.clock.advance(1000);
    const answer = await verify(token.token, request);
    expect([answer.status, answer.headers['x-tokens-reason']]).toEqual([401, 'revoked']);
    await server.services.deniedUses.flush();
    for (const as of [server.dev, server.root]) {
      const response = await askFor(token.id, as);
      expect(response.status).toBe(404);
      const problem = await jsonOf<ProblemDetails>(response);
      const date = new Date(ended_at).toISOString().slice(0, 10);
      expect(problem.code).toBe('token-not-found');
      expect(problem.detail).toMatch(/^ci-pipeline was revoked by root@example\.com on \d{1,2} \w+ \d{4}\.$/);
      expect(new Date(`${problem.detail.split(' on ')[1]?.replace('.', '')} UTC`).toISOString()).toContain(date);
      expect(problem.ended).toMatchObject({
        ...{ id: token.id, name: 'ci-pipeline', prefix: token.prefix, owner: 'dev@example.com', owner_kind: 'member' },
        ...{ status: 'revoked', reason: 'revoked', ended_at, ended_by: 'root@example.com' },
        denied_requests: [
          {
            ...{ at: iso(), reason: 'revoked', app: null, method: 'GET', path: '/builds' },
            ...{ ip: '203.0.113.9', user_agent: 'curl/8' },
          },
        ],
      });
    }
  });

  it('looks to other members like one that never existed', async () => {
    const other = await server.addMember({ email: `other-${server.clock.now()}@example.com` });
    const token = await createToken(server, server.dev, { name: 'secret' });
    await revoke(token.id, server.dev);
    const bodies = [token.id, '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b'].map(async (id) => {
      const { request_id: _, ...problem } = await jsonOf<ProblemDetails>(askFor(id, other));
      return problem;
    });
    const [foreign, unknown] = await Promise.all(bodies);
    expect(foreign).toEqual(unknown);
    expect(await listOf('', other)).toEqual([]);
    expect((await server.ask('/api/v1/tokens?status=revoked&all=true', { as: other })).status).toBe(403);
    expect((await server.ask(`/api/v1/tokens?status=revoked&user=dev@example.com`, { as: other })).status).toBe(403);
  });

  it('is listed with status=revoked: to its owner, to superusers, auditors and maintainers', async () => {
    const maintainer = await server.addMember({ email: `maintainer-${server.clock.now()}@example.com` });
    const auditor = await server.addMember({ email: `auditor-${server.clock.now()}@example.com`, auditor: true });
    await createServiceAccount(server, 'ci', { maintainers: [maintainer] });
    const token = await createAccountToken(server, server.root, 'ci', { name: 'deploy' });
    await revoke(token.id, maintainer);
    const ids = async (query: string, as: Member) => (await listOf(query, as)).map(({ id }) => id);
    expect(await ids('&service_account=ci', maintainer)).toEqual([token.id]);
    expect(await ids('&service_account=ci', auditor)).toEqual([token.id]);
    expect(await ids('&all=true', server.root)).toContain(token.id);
    expect(await ids('&exchanged=true&all=true', server.root)).toEqual([]);
    expect(await ids('', server.dev)).not.toContain(token.id);
    expect((await askFor(token.id, maintainer)).status).toBe(404);
    expect((await jsonOf<ProblemDetails>(askFor(token.id, auditor))).ended?.ended_by).toBe(maintainer.email);
    const living = await jsonOf<{ items: unknown[] }>(
      server.ask('/api/v1/tokens?service_account=ci', { as: server.root }),
    );
    expect(living.items).toEqual([]);
  });

  it.each(['unused_for=60', 'never_used=true', 'denied_within=60', 'no_expiry=true', 'known_to=dev@example.com'])(
    'has no filter %s',
    async (filter) => {
      const response = await server.ask(`/api/v1/tokens?status=revoked&${filter}`, { as: server.root });
      expect(response.status).toBe(400);
      expect((await jsonOf<ProblemDetails>(response)).detail).toContain('status=revoked');
    },
  );

  it('is removed by the daemon after its expiry, and by nobody in particular', async () => {
    const token = await createToken(server, server.dev, { name: 'short', expires_in: 60 });
    server.clock.advance(61_000);
    await createToken(server, server.dev, { name: 'short' });
    const { ended, detail } = await jsonOf<ProblemDetails>(askFor(token.id, server.dev));
    expect(ended).toMatchObject({ reason: 'expired' });
    expect(detail).toMatch(/^short expired, and was removed on /);
  });
});

it.each([
  [{ reason: 'revoked', ended_by: 'Ada' }, 'ci-pipeline was revoked by Ada on 3 March 2027.'],
  [{ reason: 'revoked', ended_by: null }, 'ci-pipeline was revoked on 3 March 2027.'],
  [{ reason: 'expired', ended_by: null }, 'ci-pipeline expired, and was removed on 3 March 2027.'],
  [{ reason: 'idle', ended_by: null }, 'ci-pipeline was not used for a long time, and was removed on 3 March 2027.'],
] as const)('says how a token ended: %o', (end, sentence) => {
  expect(endSentence({ name: 'ci-pipeline', ended_at: '2027-03-03T23:59:59Z', ...end })).toBe(sentence);
});
