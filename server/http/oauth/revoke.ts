import { type AppContext, type AppDeps, rawHeadersOf } from '../context.ts';
import { observeRequest } from '../middleware/observe-request.ts';
import { authenticateClient } from './client-auth.ts';
import { OAuthError } from './errors.ts';
import { readForm } from './form.ts';

export type RevokeDeps = Pick<AppDeps, 'clients' | 'tokens' | 'canaryUses'>;

/** Revokes a token for an OAuth client (RFC 7009). The response is the same for known and unknown values (§2.2). */
export async function revoke({ clients, tokens, canaryUses }: RevokeDeps, c: AppContext): Promise<Response> {
  const form = await readForm(c);
  const client = await authenticateClient(clients, rawHeadersOf(c), form);
  if (!client.canRevoke) throw new OAuthError('unauthorized_client', 'This client may not revoke tokens.');
  const canary = await tokens.revokeValue(form.require('token'), client, c.get('clientInfo'));
  // Record it later, so that the response to a canary takes no longer than any other. Every other value is recorded, too.
  // Otherwise the next response would show by its time which value was a canary.
  setImmediate(() => canaryUses.record(canary, observeRequest(c)));
  return c.body(null, 200, { 'Cache-Control': 'no-store' });
}
