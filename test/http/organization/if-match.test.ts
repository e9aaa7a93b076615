import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createToken, jsonOf, openTestApp, type TestApp } from '../../helpers/app/app.ts';

let app: TestApp;
beforeEach(async () => {
  app = await openTestApp();
});
afterEach(() => app.close());

interface Description {
  paths: Record<string, Record<string, { parameters?: Array<{ name: string }> }>>;
}

describe('If-Match', () => {
  it('may be an ETag to which a proxy has appended the encoding', async () => {
    const { id } = await jsonOf<{ id: string }>(app.ask('/api/v1/apps', { as: app.root, json: { name: 'wiki' } }));
    const path = `/api/v1/apps/${id}`;
    for (const [index, suffix] of ['-gzip', '-br', '-zstd'].entries()) {
      const etag = (await app.ask(path, { as: app.root })).headers.get('etag') ?? '';
      const headers = { 'If-Match': `"a,b", ${etag.slice(0, -1)}${suffix}"` };
      const json = { groups: [`group-${index}`] };
      expect((await app.ask(path, { as: app.root, method: 'PATCH', json, headers })).status).toBe(200);
      expect((await app.ask(path, { as: app.root, method: 'PATCH', json, headers })).status).toBe(412);
    }
  });

  it('refuses a change of an object that has no ETag, unless it is *', async () => {
    const { id } = await createToken(app, app.dev, { name: 'ci' });
    const path = `/api/v1/tokens/${id}`;
    const change = (method: string, etag: string, json?: object) =>
      app.ask(path, { as: app.dev, method, headers: { 'If-Match': etag }, ...(json && { json }) });
    expect((await app.ask(path, { as: app.dev })).headers.get('etag')).toBeNull();
    for (const response of [await change('DELETE', '"x"'), await change('PATCH', '"x"', { description: 'other' })]) {
      expect(response.status).toBe(412);
      expect(await jsonOf(response)).toMatchObject({ code: 'changed-meanwhile' });
    }
    expect(await jsonOf(app.ask(path, { as: app.dev }))).toMatchObject({ description: null });
    expect((await change('DELETE', '*')).status).toBe(204);
  });

  it('is read by every change that says so in the API description, and refused by every other', async () => {
    const { paths } = await jsonOf<Description>(app.ask('/api/v1/openapi.json'));
    const changes = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { parameters = [] }]) => ({
        ...{ method: method.toUpperCase(), path },
        isConditional: parameters.some(({ name }) => name === 'if-match'),
      })),
    );
    // Sign-in and the routes of a presented token are not for sessions.
    const own = /^\/api\/v1\/(?!sessions$|token$|token\/)/;
    const asked = changes.filter(({ method, path }) => method !== 'GET' && own.test(path));
    expect(asked.length).toBeGreaterThan(30);
    for (const { method, path, isConditional } of asked) {
      const target = path.replaceAll(/\{\w+\}/g, '00000000-0000-7000-8000-000000000000');
      const json = method === 'DELETE' ? undefined : {};
      const { status } = await app.ask(target, { as: app.root, method, json, headers: { 'If-Match': '"x"' } });
      expect([method, path, status === 412]).toEqual([method, path, !isConditional]);
    }
  });
});
