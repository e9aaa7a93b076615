import { type AppContext, type AppDeps, rawHeadersOf } from '../context.ts';
import { authenticateClient } from './client-auth.ts';
import { OAuthError } from './errors.ts';
import { readForm } from './form.ts';

/** RFC 7009. Known and unknown values are answered alike (§2.2). */
export async function revoke({ clients, tokens }: AppDeps, c: AppContext): Promise<Response> {
  const form = await readForm(c);
  const client = await authenticateClient(clients, rawHeadersOf(c), form);
  if (!client.canRevoke) throw new OAuthError('unauthorized_client', 'This service may not revoke tokens.');
  await tokens.revokeValue(form.require('token'), client, c.get('clientInfo'));
  return c.body(null, 200, { 'Cache-Control': 'no-store' });
}
