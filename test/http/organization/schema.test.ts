import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { jsonOf, openTestApp } from '../../helpers/app/app.ts';

const example = readFileSync(join(import.meta.dirname, '../../../examples/organization.yaml'), 'utf8');

describe('GET /schemas/organization.json', () => {
  let schema: object;
  beforeAll(async () => {
    const app = await openTestApp();
    schema = await jsonOf<object>(app.ask('/schemas/organization.json'));
    await app.close();
  });
  const accepts = (file: unknown) => new Ajv({ allErrors: true }).compile(schema)(file);

  it('is open, and may be cached', async () => {
    const app = await openTestApp();
    onTestFinished(app.close);
    const response = await app.ask('/schemas/organization.json');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(response.headers.get('cache-control')).toBe('public, max-age=3600');
    const etag = response.headers.get('etag') ?? '';
    const again = await app.ask('/schemas/organization.json', { headers: { 'If-None-Match': etag } });
    expect(again.status).toBe(304);
  });

  it('accepts the example, and every field that a file may have', () => {
    expect(accepts(parse(example))).toBe(true);
    expect(
      accepts({ $schema: 'x', apps: [{ name: 'wiki', url: null, max_expiry: null, hosts: ['Wiki.example.com.'] }] }),
    ).toBe(true);
    expect(accepts({})).toBe(true);
  });

  it('describes every field, and has an example of each text, number and map', () => {
    const fields = fieldsOf(schema, schema);
    expect(fields.map(([path]) => path)).toEqual(
      expect.arrayContaining(['members.email', 'trusts.claims', 'webhooks.url']),
    );
    for (const [path, field] of fields) {
      expect(field.description, path).toMatch(/^.{10,}$/);
      const needsExample =
        !/"boolean"|"enum"|"\$ref"/.test(JSON.stringify(field)) && path.includes('.') && !path.startsWith('$');
      if (needsExample) expect(JSON.stringify(field), path).toContain('"examples"');
    }
  });

  it('needs of a trust or webhook only what identifies it', () => {
    expect(accepts({ trusts: [{ name: 'deploy', ttl: 600 }] })).toBe(true);
    expect(accepts({ webhooks: [{ url: 'https://hooks.example.com/', disabled: true }] })).toBe(true);
    expect(accepts({ trusts: [{ ttl: 600 }] })).toBe(false);
  });

  it.each([
    { member: [] },
    { members: [{ name: 'Ada' }] },
    { members: [{ email: 'ada@example.com', group: [] }] },
    { apps: [{ name: 'Wiki' }] },
    { apps: [{ name: 'wiki', groups: 'developers' }] },
    { clients: [{ name: 'x', client_secret: 'x' }] },
  ])('rejects %j', (file) => {
    expect(accepts(file)).toBe(false);
  });
});

interface JsonSchema {
  description?: string;
  $ref?: string;
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  definitions?: Record<string, JsonSchema>;
}

/** Returns every field of the file, with its path. */
function fieldsOf(schema: JsonSchema, root: JsonSchema, path = ''): [path: string, field: JsonSchema][] {
  const { properties = {} } = schema.$ref ? (root.definitions?.[schema.$ref.split('/').at(-1) ?? ''] ?? {}) : schema;
  return Object.entries(properties).flatMap(([name, field]): [string, JsonSchema][] => [
    [path + name, field],
    ...fieldsOf(field.items ?? field, root, `${path + name}.`),
  ]);
}
