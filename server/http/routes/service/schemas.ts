import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { etag } from 'hono/etag';
import { organizationJsonSchema } from '../../../../shared/schemas/organization/json-schema.ts';
import { organizationSchemaPath } from '../../../../shared/schemas/organization/schema-path.ts';
import type { AppEnv } from '../../context.ts';
import { jsonResponse } from '../../validate.ts';

const readOrganizationSchema = createRoute({
  method: 'get',
  path: organizationSchemaPath,
  summary: 'Get the JSON Schema of the file that `tokens apply` reads',
  description: 'Editors check the file with it. The schema is public, and may be cached for an hour.',
  middleware: etag(),
  responses: { 200: jsonResponse(z.looseObject({}), 'The JSON Schema') },
});

/** Creates the route for the JSON Schema of the declared state. It builds the schema once, on the first request. */
export function schemaRoutes() {
  let schema: object | undefined;
  return new OpenAPIHono<AppEnv>().openapi(readOrganizationSchema, (c) => {
    schema ??= organizationJsonSchema();
    c.header('Cache-Control', 'public, max-age=3600');
    return c.json(schema, 200);
  });
}
