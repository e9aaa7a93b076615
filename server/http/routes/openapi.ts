import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { AppEnv } from '../context.ts';
import { jsonAnswer } from '../validate.ts';

const readDescription = createRoute({
  method: 'get',
  path: '/openapi.json',
  summary: 'This description',
  responses: { 200: jsonAnswer(z.looseObject({}), 'OpenAPI 3.1') },
});

/** `describe` makes the document; it is asked once, when the document is first wanted. */
export function openapiRoutes(describe: () => object) {
  let document: object | undefined;
  return new OpenAPIHono<AppEnv>().openapi(readDescription, (c) => {
    document ??= describe();
    return c.json(document, 200);
  });
}
