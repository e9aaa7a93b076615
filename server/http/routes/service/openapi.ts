import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { AppEnv } from '../../context.ts';
import { jsonResponse } from '../../validate.ts';

const readDescription = createRoute({
  method: 'get',
  path: '/openapi.json',
  summary: 'Get this OpenAPI description',
  responses: { 200: jsonResponse(z.looseObject({}), 'The OpenAPI 3.1 document') },
});

/** Creates the route for the OpenAPI document. It calls `describe` once, on the first request. */
export function openapiRoutes(describe: () => object) {
  let document: object | undefined;
  return new OpenAPIHono<AppEnv>().openapi(readDescription, (c) => {
    document ??= describe();
    return c.json(document, 200);
  });
}
