import { expect, it, onTestFinished } from 'vitest';
import { accessTable } from '../../server/http/middleware/access.ts';
import { pageAccess } from '../../server/web/shell/access.ts';
import { jsonOf, openTestApp } from '../helpers/app/app.ts';
import { send, startTestServer } from '../helpers/app/http.ts';
import { routesOf } from '../helpers/app/routes.ts';

interface Operation {
  summary?: string;
  security?: Array<Record<string, string[]>>;
  requestBody?: { required?: boolean; content: Record<string, { schema: object }> };
  responses: Record<string, { content?: Record<string, { schema: { $ref?: string } }> }>;
}

interface Document {
  openapi: string;
  servers: Array<{ url: string }>;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; securitySchemes: Record<string, object> };
}

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  return { app, document: await jsonOf<Document>(app.ask('/openapi.json')) };
}

const operationsOf = (document: Document) =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );

it('describes exactly the API routes of the router and the routes in front of it', async () => {
  const { app, document } = await open();
  const described = operationsOf(document).map(({ method, path }) => `${method} ${path}`);
  const routes = routesOf(app.app).filter(({ method, path }) => !Object.hasOwn(pageAccess, `${method} ${path}`));
  const routed = routes.map(({ method, path }) => {
    const documented = path.replaceAll(/:(\w+)/g, '{$1}');
    return `${method === 'ALL' ? 'POST' : method} ${documented}`;
  });
  const inFront = [
    'GET /verify/auth-request',
    'GET /verify/forward-auth',
    'GET /verify/ext-authz/{path}',
    'POST /oauth/introspect',
  ];
  expect([...routed, ...inFront].sort()).toEqual(described.sort());
});

it('documents that OAuth clients authenticate and that the device flow starts without authentication', async () => {
  const { document } = await open();
  const securityOf = (path: string) => document.paths[path]?.post?.security;
  expect(securityOf('/oauth/introspect')).toEqual([{ client: [] }]);
  expect(securityOf('/oauth/revoke')).toEqual([{ client: [] }]);
  expect(securityOf('/oauth/device_authorization')).toEqual([]);
});

it('serves the same document at both paths', async () => {
  const { app, document } = await open();
  expect(await jsonOf(app.ask('/api/v1/openapi.json'))).toEqual(document);
  expect(document).toMatchObject({ openapi: '3.1.0', servers: [{ url: 'https://tokens.example.com' }] });
});

it('documents the summary, the security and the errors of every operation', async () => {
  const { document } = await open();
  for (const { method, path, operation } of operationsOf(document)) {
    const name = `${method} ${path}`;
    expect(operation.summary, name).toBeTruthy();
    expect(operation.security, name).toBeDefined();
    for (const scheme of operation.security ?? []) {
      expect(Object.keys(document.components.securitySchemes), name).toEqual(
        expect.arrayContaining(Object.keys(scheme)),
      );
    }
    const access = accessTable[`${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`];
    if (access === undefined) continue;
    const isPublic = access === 'monitoring' || (access === 'anyone' && path !== '/oauth/revoke');
    expect(operation.security?.length === 0, name).toBe(isPublic);
    const [mediaType, schema] = /^\/(oauth|sso)\//.test(path)
      ? ['application/json', 'OAuthError']
      : ['application/problem+json', 'Problem'];
    expect(operation.responses.default?.content?.[mediaType]?.schema, name).toEqual({
      $ref: `#/components/schemas/${schema}`,
    });
  }
});

it('documents the response to an empty, unauthenticated request, with its media type', async () => {
  const server = await startTestServer();
  onTestFinished(() => server.stop());
  const { document } = await open();
  for (const { method, path, operation } of operationsOf(document)) {
    const name = `${method} ${path}`;
    const response = await send(server.port, { method, path: path.replace(/\{\w+\}/, 'x') });
    const described = operation.responses[response.status] ?? operation.responses.default;
    const type = response.headers['content-type']?.split(';')[0];
    expect(Object.keys(described?.content ?? {}), `${name}: ${response.status}`).toEqual(
      response.body === '' ? [] : [type],
    );
  }
});

it('names the schemas of objects and bodies, and resolves every reference', async () => {
  const { document } = await open();
  const names = Object.keys(document.components.schemas);
  expect(names).toEqual(
    expect.arrayContaining(['Token', 'CreatedToken', 'CreateToken', 'User', 'CreateUser', 'AuditEvent', 'Problem']),
  );
  for (const [, name] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    expect(names).toContain(name);
  }
});

it('documents that request bodies must not have unknown fields', async () => {
  const { document } = await open();
  expect(document.components.schemas.CreateToken).toMatchObject({
    type: 'object',
    required: ['name'],
    additionalProperties: false,
  });
});
