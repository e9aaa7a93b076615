import type { Token } from '../../shared/schemas/tokens/tokens.ts';
import type { Api } from './client.ts';
import { collect } from './pages.ts';
import { expectBody } from './responses.ts';
import { pageShape, tokenShape } from './shapes.ts';

/** An offboarding transfers only tokens that were used within this time. */
const inUseSeconds = 30 * 24 * 60 * 60;

/** The tokens of a member who leaves, by what an offboarding does to them. */
export interface OffboardingPreview {
  transferred: readonly Token[];
  revoked: readonly Token[];
  /** The IDs of the tokens that were never used with any of their values. */
  neverUsed: ReadonlySet<string>;
}

/**
 * Returns what an offboarding of the member would do now. Without a service account that receives tokens, all are revoked. The daemon
 * selects the unused tokens, because a token object leaves out uses of a value that has been rotated since.
 */
export async function previewOffboarding(api: Api, userId: string, hasReceiver: boolean): Promise<OffboardingPreview> {
  const list = (filter: { unused_for?: string; never_used?: 'true' }) =>
    collect((page) =>
      expectBody(api.tokens.$get({ query: { user: userId, ...filter, ...page } }), pageShape(tokenShape)),
    );
  const [tokens, unused, never] = await Promise.all([
    list({}),
    list({ unused_for: String(inUseSeconds) }),
    list({ never_used: 'true' }),
  ]);
  const isNotInUse = new Set([...unused, ...never].map(({ id }) => id));
  const isTransferred = ({ id, status }: Token) =>
    hasReceiver && (status === 'active' || status === 'paused') && !isNotInUse.has(id);
  return {
    transferred: tokens.filter(isTransferred),
    revoked: tokens.filter((token) => !isTransferred(token)),
    neverUsed: new Set(never.map(({ id }) => id)),
  };
}
