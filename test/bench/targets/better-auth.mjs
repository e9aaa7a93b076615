import { apiKey } from '@better-auth/api-key';
import { serve } from '@hono/node-server';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { Hono } from 'hono';
import pg from 'pg';

// Set up as Better Auth documents it, on PostgreSQL. The rate limit is off, or it would reject nearly every request.
const auth = betterAuth({
  baseURL: `http://127.0.0.1:${process.env.PORT}`,
  secret: 'only-for-the-benchmark-only-for-the-benchmark',
  database: new pg.Pool({ connectionString: process.env.DATABASE_URL }),
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  plugins: [apiKey({ rateLimit: { enabled: false } })],
});
const { runMigrations } = await getMigrations(auth.options);
await runMigrations();
const { user } = await auth.api.signUpEmail({
  body: { email: `${Date.now()}@example.com`, password: 'correct horse battery staple', name: 'Ada' },
});
const keys = [];
for (let i = 0; i < 100; i += 1) {
  keys.push((await auth.api.createApiKey({ body: { userId: user.id, name: `key-${i}` } })).key);
}

const app = new Hono();
app.get('/keys', (c) => c.json(keys));
app.get('/', async (c) => {
  const { valid } = await auth.api.verifyApiKey({ body: { key: c.req.header('x-api-key') ?? '' } });
  return c.body(null, valid ? 200 : 401);
});
serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: '127.0.0.1' });
