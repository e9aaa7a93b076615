import { expect, onTestFinished, test } from 'vitest';
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

test('the document describes every route of the router that is no page, and no other but those in front of it', async () => {
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

test('services must name themselves, and say how; a device need not', async () => {
  const { document } = await open();
  const securityOf = (path: string) => document.paths[path]?.post?.security;
  expect(securityOf('/oauth/introspect')).toEqual([{ client: [] }]);
  expect(securityOf('/oauth/revoke')).toEqual([{ client: [] }]);
  expect(securityOf('/oauth/device_authorization')).toEqual([]);
});

test('both addresses answer the same document', async () => {
  const { app, document } = await open();
  expect(await jsonOf(app.ask('/api/v1/openapi.json'))).toEqual(document);
  expect(document).toMatchObject({ openapi: '3.1.0', servers: [{ url: 'https://tokens.example.com' }] });
});

test('every operation says what it does, who may call it, and how it fails', async () => {
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
    const openToAll = access === 'monitoring' || (access === 'anyone' && path !== '/oauth/revoke');
    expect(operation.security?.length === 0, name).toBe(openToAll);
    const [refusal, schema] = /^\/(oauth|sso)\//.test(path)
      ? ['application/json', 'OAuthError']
      : ['application/problem+json', 'Problem'];
    expect(operation.responses.default?.content?.[refusal]?.schema, name).toEqual({
      $ref: `#/components/schemas/${schema}`,
    });
  }
});

test('what a stranger is answered to an empty request is described, with its media type', async () => {
  const server = await startTestServer();
  onTestFinished(() => server.stop());
  const { document } = await open();
  for (const { method, path, operation } of operationsOf(document)) {
    const name = `${method} ${path}`;
    const answer = await send(server.port, { method, path: path.replace(/\{\w+\}/, 'x') });
    const described = operation.responses[answer.status] ?? operation.responses.default;
    const type = answer.headers['content-type']?.split(';')[0];
    expect(Object.keys(described?.content ?? {}), `${name}: ${answer.status}`).toEqual(
      answer.body === '' ? [] : [type],
    );
  }
});

test('objects and bodies are named schemas, and every reference leads somewhere', async () => {
  const { document } = await open();
  const names = Object.keys(document.components.schemas);
  expect(names).toEqual(
    expect.arrayContaining(['Token', 'CreatedToken', 'CreateToken', 'User', 'CreateUser', 'AuditEvent', 'Problem']),
  );
  for (const [, name] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    expect(names).toContain(name);
  }
});

test('request bodies refuse unknown fields in the document too', async () => {
  const { document } = await open();
  expect(document.components.schemas.CreateToken).toMatchObject({
    type: 'object',
    required: ['name'],
    additionalProperties: false,
  });
});
