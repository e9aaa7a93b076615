import type { Token } from '../../shared/schemas/tokens/tokens.ts';
import type { Api } from './client.ts';
import { collect } from './pages.ts';
import { expectBody } from './responses.ts';
import { pageShape, tokenShape } from './shapes.ts';

/** An offboarding transfers only tokens that were used within this time. */
const inUseSeconds = 30 * 24 * 60 * 60;

/** The tokens of a member who leaves, grouped by what an offboarding does to them. */
export interface OffboardingPreview {
  transferred: readonly Token[];
  revoked: readonly Token[];
  /** The IDs of the tokens that were never used with any of their values. */
  neverUsed: ReadonlySet<string>;
  /** Tokens of service accounts whose values the member knows. */
  known: readonly Token[];
}

/**
 * Returns what an offboarding of the member would do now. Without a service account that receives tokens, all are revoked. The daemon
 * selects the unused tokens, because a token object leaves out uses of a value that has been rotated since.
 */
export async function previewOffboarding(api: Api, userId: string, hasReceiver: boolean): Promise<OffboardingPreview> {
  const list = (query: { user?: string; known_to?: string; unused_for?: string; never_used?: 'true' }) =>
    collect((page) => expectBody(api.tokens.$get({ query: { ...query, ...page } }), pageShape(tokenShape)));
  const [tokens, unused, never, known] = await Promise.all([
    list({ user: userId }),
    list({ user: userId, unused_for: String(inUseSeconds) }),
    list({ user: userId, never_used: 'true' }),
    list({ known_to: userId }),
  ]);
  const isNotInUse = new Set([...unused, ...never].map(({ id }) => id));
  const isTransferred = ({ id, status }: Token) =>
    hasReceiver && (status === 'active' || status === 'paused') && !isNotInUse.has(id);
  return {
    transferred: tokens.filter(isTransferred),
    revoked: tokens.filter((token) => !isTransferred(token)),
    neverUsed: new Set(never.map(({ id }) => id)),
    known,
  };
}
