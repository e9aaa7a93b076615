import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import type { AppEnv } from '../context.ts';

const readDescription = createRoute({
  method: 'get',
  path: '/openapi.json',
  summary: 'This description',
  responses: { 200: { description: 'OpenAPI 3.1' } },
});

/** `describe` makes the document; it is asked once, when the document is first wanted. */
export function openapiRoutes(describe: () => object) {
  let text: string | undefined;
  return new OpenAPIHono<AppEnv>().openapi(readDescription, (c) => {
    text ??= JSON.stringify(describe());
    return c.body(text, 200, { 'Content-Type': 'application/json' });
  });
}
