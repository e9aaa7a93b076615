import type { Context } from 'hono';
import { limits } from '../../shared/limits.ts';
import type { AuditService } from '../domain/audit.ts';
import type { Caller, Origin } from '../domain/caller.ts';
import type { Clock } from '../domain/clock.ts';
import type { SessionService } from '../domain/sessions.ts';
import type { TokenService } from '../domain/tokens.ts';
import type { UserService } from '../domain/users.ts';
import type { GoodToken, Verify } from '../domain/verify.ts';
import type { Log } from '../log.ts';
import type { SessionRecord, Store } from '../store/store.ts';

/** What the socket tells: set by the Node adapter, or by a test. */
export interface Bindings {
  incoming?: { socket: { remoteAddress?: string | undefined } };
}

export interface AppEnv {
  Bindings: Bindings;
  Variables: {
    requestId: string;
    origin: Origin;
    /** On routes for sessions. */
    caller: Caller;
    session: SessionRecord;
    /** On routes for a token about itself. */
    presentedToken: GoodToken;
  };
}

export type AppContext = Context<AppEnv>;

/** All that the HTTP app needs, made by main or by a test. */
export interface AppDeps {
  services: { tokens: TokenService; users: UserService; sessions: SessionService; audit: AuditService };
  verify: Verify;
  store: Pick<Store, 'ping' | 'schemaIsCurrent'>;
  clock: Clock;
  clientIp: {
    isTrusted(peer: string | undefined): boolean;
    resolve(peer: string | undefined, forwardedFor: string | undefined): string | null;
  };
  log: Log;
  publicUrl: string;
}

/** The address at the other end of the socket. */
export function peerOf(c: AppContext): string | undefined {
  return c.env?.incoming?.socket.remoteAddress;
}

/** Where the request came from, as audit and mails tell it. */
export function originOf(c: AppContext, clientIp: AppDeps['clientIp']): Origin {
  return {
    ip: clientIp.resolve(peerOf(c), c.req.header('x-forwarded-for')),
    userAgent: c.req.header('user-agent')?.slice(0, limits.userAgentCharacters) ?? null,
  };
}
