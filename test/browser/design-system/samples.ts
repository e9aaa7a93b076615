import type { LastUse, TokenRecord } from '../../../server/store/records.ts';
import { newToken, noon, userRecord } from '../../store/contract/records.ts';

export const now = noon + 400 * 86_400_000;
const hour = 3_600_000;
const day = 24 * hour;

export const superuser = userRecord({ email: 'ada@example.com', name: 'Ada Lovelace', superuser: true });

const use = (ago: number): LastUse => ({
  at: now - ago,
  ...{ method: 'GET', path: '/builds/42', ip: '203.0.113.9', userAgent: 'curl/8.5.0' },
});
const rules = JSON.stringify({ networks: ['203.0.113.0/24', '2001:db8::/48'], readOnly: true });
const previous = { prefix: 'tok_9Lm3c2Ra', rotatedAt: now - hour, validUntil: now + day, selfRotated: false };

function token(name: string, changes: Partial<TokenRecord> = {}): TokenRecord {
  const { hash: _, nameFolded: __, ...record } = newToken(superuser.id, { name, createdAt: now - 30 * day });
  return {
    ...record,
    ...{ rotatedAt: null, pausedAt: null, pausedUntil: null, pauseReason: null, pausedById: null, pausedByEmail: null },
    ...{ pausedBySuperuser: false, seenAt: null, previousUsedAt: null, ownerEmail: 'ada@example.com' },
    ...{ ownerKind: 'member', ownerDisabled: false, ownerCanManageTokens: true, ownerSsoSignedInAt: null },
    ...{ lastUse: use(3 * hour), previous: null, lastDenied: null, activeAt: now },
    ...changes,
  } as TokenRecord;
}

/** A token in each state that its row shows. */
export const tokens: TokenRecord[] = [
  token('active', { rules }),
  token('never-used', { lastUse: null, description: null }),
  token('expires-soon', { expiresAt: now + 5 * day }),
  token('expires-this-month', { expiresAt: now + 20 * day }),
  token('expired', { expiresAt: now - day }),
  token('denied', { lastDenied: { ...use(hour), id: 'denied', reason: 'path', appId: null } as never }),
  token('paused', { pausedAt: now - day }),
  token('two-values', { rotatedAt: now - hour, previous: { ...previous, lastUse: use(60_000) } }),
  token('owner-blocked', { ownerCanManageTokens: false }),
  token('owner-disabled', { ownerDisabled: true }),
  token('canary', { canary: true }),
  token('W'.repeat(64), { description: 'A long description, which a row cuts to one line. '.repeat(4) }),
  token('of-a-service-account', { ownerKind: 'service-account', ownerEmail: 'service-account:ci' }),
];

/** Thirty days, one of them with many denied requests, and some without any. */
export const days = Array.from({ length: 30 }, (_, ago) => ({
  at: now - (29 - ago) * day,
  allowed: ago % 7 > 1 ? 4_000 + ((ago * 791) % 1_300) : 0,
  denied: ago === 19 ? 2_600 : (ago * 53) % 90,
}));
