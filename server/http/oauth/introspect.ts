import { limits } from '../../../shared/limits.ts';
import type { GoodToken } from '../../domain/verify.ts';
import type { AppContext, AppDeps } from '../context.ts';
import { countedVerify } from '../counted-verify.ts';
import { pathOf, recordedMethod, shortened } from '../verify/original-request.ts';
import { authenticateClient } from './client-auth.ts';
import { type OAuthForm, publicClientId, readForm } from './form.ts';

/** RFC 7662. Whatever does not work, for whatever reason, is told apart by nothing. */
export async function introspect(deps: AppDeps, c: AppContext): Promise<Response> {
  const form = await readForm(c);
  await authenticateClient(deps.clients, c, form);
  const decision = await countedVerify(deps, 'introspection', form.require('token'));
  c.header('Cache-Control', 'no-store');
  if (!decision.good) return c.json({ active: false });
  recordUse(deps, form, decision.token);
  return c.json(activeToken(decision.token));
}

function activeToken(token: GoodToken) {
  return {
    active: true,
    scope: '',
    client_id: publicClientId,
    username: token.ownerEmail,
    sub: token.ownerId,
    jti: token.id,
    token_type: 'Bearer',
    iat: seconds(token.createdAt),
    ...(token.expiresAt !== null && { exp: seconds(token.expiresAt) }),
    name: token.name,
    prefix: token.prefix,
  };
}

/** A service that says what the token was used for has it recorded; our extension. */
function recordUse({ lastUsed, clock, clientIp }: AppDeps, form: OAuthForm, token: GoodToken): void {
  const [method, path, ip] = [form.get('method'), form.get('path'), form.get('ip')];
  if (method === undefined && path === undefined && ip === undefined) return;
  const told = { method: method ?? null, target: path ?? null, peer: ip ?? null, forwardedFor: null, userAgent: null };
  lastUsed.record(token.id, clock.now(), told, ({ method, target, peer }) => ({
    method: method === null ? null : recordedMethod(method),
    path: target === null ? null : shortened(pathOf(target), limits.lastUsedPathCharacters),
    ip: clientIp.resolve(peer, null),
    userAgent: null,
  }));
}

/** NumericDate (RFC 7519 §2). */
function seconds(at: number): number {
  return Math.floor(at / 1000);
}
