import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { AppDeps, AppEnv } from '../context.ts';

const readMetrics = createRoute({
  method: 'get',
  path: '/metrics',
  summary: 'Metrics in the Prometheus text format, for loopback and trusted proxies',
  responses: { 200: { description: 'Prometheus text format', content: { 'text/plain': { schema: z.string() } } } },
});

export function metricsRoutes({ metrics }: AppDeps) {
  return new OpenAPIHono<AppEnv>().openapi(readMetrics, async (c) => {
    const { text, contentType } = await metrics.expose();
    return c.text(text, 200, { 'Content-Type': contentType, 'Cache-Control': 'no-store' });
  });
}
