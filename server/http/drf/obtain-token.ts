import { Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { limits } from '../../../shared/limits.ts';
import type { CreateTokenBody } from '../../../shared/schemas/tokens.ts';
import type { Clock } from '../../domain/clock.ts';
import { randomBase62 } from '../../domain/secrets.ts';
import type { SessionService } from '../../domain/sign-in/sessions.ts';
import { proofOf } from '../../domain/sign-in/start-session.ts';
import type { TokenService } from '../../domain/tokens/tokens.ts';
import type { Verify } from '../../domain/tokens/verify.ts';
import { type AppContext, type AppEnv, rawHeadersOf } from '../context.ts';
import { readCredential } from '../verify/credential.ts';
import { refusalHeaders, refuseCredential, refuseToken, type TokenRefusal } from '../verify/refusal.ts';
import { asDrfError, DrfError, unableToLogIn } from './errors.ts';
import { readCredentials } from './fields.ts';
import { parseFields } from './parse.ts';

export interface ObtainTokenDeps {
  sessions: Pick<SessionService, 'checkPassword'>;
  tokens: Pick<TokenService, 'create'>;
  verify: Verify;
  clock: Clock;
  config: {
    /** Seconds; null: none. */
    maxExpiry: number | null;
    /** Whether every password takes a second step. */
    requireTotp: boolean;
  };
}

const unnamedExpirySeconds = 24 * 60 * 60;

const description = {
  name: 'Obtain Auth Token',
  description: '',
  renders: ['application/json'],
  parses: ['application/x-www-form-urlencoded', 'multipart/form-data', 'application/json'],
};

/** DRF's obtain-token: a new token for an e-mail address and a password, at both spellings of the path. */
export function obtainTokenRoutes(deps: ObtainTokenDeps): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError((error, c) => {
    const refusal = asDrfError(error);
    if (refusal === null) throw error;
    for (const [name, value] of refusal.headers) c.header(name, value, { append: true });
    return c.json(refusal.body, refusal.status);
  });
  const steps = [refuseBadToken(deps), requirePost, requireSmallBody] as const;
  for (const path of ['/api-token-auth', '/api-token-auth/']) app.all(path, ...steps, (c) => obtain(deps, c));
  return app;
}

async function obtain({ sessions, tokens, clock, config }: ObtainTokenDeps, c: AppContext): Promise<Response> {
  const fields = await parseFields(await c.req.arrayBuffer(), c.req.header('content-type') ?? '');
  const { username, password, name } = readCredentials(fields);
  const clientInfo = c.get('clientInfo');
  const user = await sessions.checkPassword(username, password, clientInfo);
  // A password alone is not enough where a second step is asked for, and this endpoint has no place for one.
  const needsMore = user?.totpEnabledAt !== null || config.requireTotp;
  if (user === null || needsMore || !user.canManageTokens) throw unableToLogIn();
  const body = name === undefined ? unnamed(clock.now(), config.maxExpiry) : { name };
  const { secret } = await tokens.create(
    { user, clientInfo: clientInfo, channel: 'api-token-auth', proof: proofOf(user) },
    body,
  );
  c.header('Cache-Control', 'no-store');
  return c.json({ token: secret?.reveal() });
}

function unnamed(now: number, maximum: number | null): CreateTokenBody {
  return {
    name: `api-token-auth-${new Date(now).toISOString()}-${randomBase62(4)}`,
    expires_in: Math.min(unnamedExpirySeconds, maximum ?? unnamedExpirySeconds),
  };
}

/** A credential beside the password must be good, although it is not needed: DRF authenticates every request. */
function refuseBadToken({ verify }: ObtainTokenDeps): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const credential = readCredential(rawHeadersOf(c));
    if (credential.kind === 'malformed' || credential.kind === 'ambiguous') throw refused(refuseCredential(credential));
    if (credential.kind === 'value') {
      const decision = await verify(credential.value);
      if (!decision.allowed) throw refused(refuseToken(decision.reason));
    }
    return next();
  };
}

function refused({ detail, reason }: TokenRefusal): DrfError {
  return new DrfError(401, { detail }, refusalHeaders(reason));
}

const requirePost: MiddlewareHandler<AppEnv> = async (c, next) => {
  const { method } = c.req;
  if (method === 'POST') return next();
  c.header('Allow', 'POST, OPTIONS');
  if (method === 'OPTIONS') return c.json(description);
  throw new DrfError(405, { detail: `Method "${method}" not allowed.` });
};

const requireSmallBody: MiddlewareHandler<AppEnv> = bodyLimit({
  maxSize: limits.bodyBytes,
  onError: () => {
    throw new DrfError(413, { detail: `Request body is larger than ${limits.bodyBytes} bytes.` });
  },
});
