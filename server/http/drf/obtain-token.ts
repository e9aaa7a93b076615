import { Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { limits } from '../../../shared/limits.ts';
import type { CreateTokenBody } from '../../../shared/schemas/tokens/tokens.ts';
import type { Clock } from '../../domain/clock.ts';
import { randomBase62 } from '../../domain/secrets.ts';
import { hasSecondFactor } from '../../domain/sign-in/has-second-factor.ts';
import type { Sessions } from '../../domain/sign-in/sessions.ts';
import { proofOf } from '../../domain/sign-in/start-session.ts';
import type { Tokens } from '../../domain/tokens/tokens.ts';
import { type AppContext, type AppEnv, rawHeadersOf } from '../context.ts';
import { observeRequest } from '../middleware/observe-request.ts';
import type { CountedVerification } from '../verify/counted-verify.ts';
import { readCredential } from '../verify/credential.ts';
import { credentialDenial, type Denial, denialHeaders, tokenDenial } from '../verify/denial.ts';
import { asDrfError, DrfError, unableToLogIn } from './errors.ts';
import { readCredentials } from './fields.ts';
import { parseFields } from './parse.ts';

export interface ObtainTokenDeps {
  sessions: Pick<Sessions, 'checkPassword'>;
  tokens: Pick<Tokens, 'create'>;
  verify: CountedVerification['verify'];
  clock: Clock;
  config: {
    /** Maximum lifetime of a token in seconds, or null for no maximum. */
    maxExpiry: number | null;
    /** Whether every sign-in with a password requires a second factor. */
    requireTotp: boolean;
  };
}

/** Lifetime of a token that is created without a name. */
const unnamedLifetimeSeconds = 24 * 60 * 60;

const description = {
  name: 'Obtain Auth Token',
  description: '',
  renders: ['application/json'],
  parses: ['application/x-www-form-urlencoded', 'multipart/form-data', 'application/json'],
};

/**
 * Creates DRF's obtain-token endpoint, which creates a token for an email address and a password. The path works with
 * and without a trailing slash.
 */
export function obtainTokenRoutes(deps: ObtainTokenDeps): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError((error, c) => {
    const drfError = asDrfError(error);
    if (drfError === null) throw error;
    for (const [name, value] of drfError.headers) c.header(name, value, { append: true });
    return c.json(drfError.body, drfError.status);
  });
  const steps = [rejectDeniedCredential(deps), requirePost, requireSmallBody] as const;
  for (const path of ['/api-token-auth', '/api-token-auth/']) app.all(path, ...steps, (c) => obtain(deps, c));
  return app;
}

async function obtain({ sessions, tokens, clock, config }: ObtainTokenDeps, c: AppContext): Promise<Response> {
  const fields = await parseFields(await c.req.arrayBuffer(), c.req.header('content-type') ?? '');
  const { username, password, name } = readCredentials(fields);
  const clientInfo = c.get('clientInfo');
  const user = await sessions.checkPassword(username, password, clientInfo);
  // DRF's request has no field for a second factor, so a member who needs one cannot create tokens here.
  const needsSecondFactor = user === null || hasSecondFactor(user) || config.requireTotp;
  if (user === null || needsSecondFactor || !user.canManageTokens) throw unableToLogIn();
  const body = name === undefined ? unnamedToken(clock.now(), config.maxExpiry) : { name };
  const { secret } = await tokens.create({ user, clientInfo, channel: 'api-token-auth', proof: proofOf(user) }, body);
  c.header('Cache-Control', 'no-store');
  return c.json({ token: secret?.reveal() });
}

function unnamedToken(now: number, maxExpiry: number | null): CreateTokenBody {
  return {
    name: `api-token-auth-${new Date(now).toISOString()}-${randomBase62(4)}`,
    expires_in: Math.min(unnamedLifetimeSeconds, maxExpiry ?? unnamedLifetimeSeconds),
  };
}

/**
 * Returns middleware that rejects a request with an invalid credential in its headers, even if the password in the body
 * is valid. DRF does the same, because it authenticates every request.
 */
function rejectDeniedCredential({ verify }: ObtainTokenDeps): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const credential = readCredential(rawHeadersOf(c));
    if (credential.kind === 'malformed' || credential.kind === 'ambiguous') {
      throw unauthorized(credentialDenial(credential));
    }
    if (credential.kind === 'value') {
      const verdict = await verify('api-token-auth', credential.value, () => observeRequest(c));
      if (!verdict.allowed) throw unauthorized(tokenDenial(verdict.reason));
    }
    return next();
  };
}

function unauthorized({ detail, reason }: Denial): DrfError {
  return new DrfError(401, { detail }, denialHeaders(reason));
}

const requirePost: MiddlewareHandler<AppEnv> = async (c, next) => {
  const { method } = c.req;
  if (method === 'POST') return next();
  c.header('Allow', 'POST, OPTIONS');
  if (method === 'OPTIONS') return c.json(description);
  throw new DrfError(405, { detail: `Method "${method}" not allowed.` });
};

const requireSmallBody: MiddlewareHandler<AppEnv> = bodyLimit({
  maxSize: limits.maxBodyBytes,
  onError: () => {
    throw new DrfError(413, { detail: `Request body is larger than ${limits.maxBodyBytes} bytes.` });
  },
});
