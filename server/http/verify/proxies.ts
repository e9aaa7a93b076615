import type { IncomingMessage } from 'node:http';
import type { VerificationRoute } from '../../observability/verification-metrics.ts';
import type { OriginalRequest } from './original-request.ts';

/** One way in which proxies ask. */
export interface VerifyRoute {
  name: VerificationRoute;
  /** Whether this path, as it was sent, is the route's. */
  owns(path: string): boolean;
  /** The request asked about. Believed only of a trusted peer. */
  original(req: Pick<IncomingMessage, 'rawHeaders' | 'method' | 'url'>): OriginalRequest;
}
