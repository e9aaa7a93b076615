type Insert = (table: string, count: number, row: Record<string, string>) => Promise<void>;
type IdOf = (i: string) => string;

/** So many that PostgreSQL does not prefer to read all of them. */
export const endedTokensOf = (tokens: number) => Math.max(20_000, Math.floor(tokens / 10));

/** Fills the tombstones of tokens that ended. Most of them were exchanged, and one service account had most of these. */
export async function seedEndedTokens(
  insert: Insert,
  { tokens, users }: { tokens: number; users: number },
  ids: { idOf: (count: number) => IdOf; userId: IdOf; accountId: IdOf },
): Promise<void> {
  const count = endedTokensOf(tokens);
  const id = ids.idOf(count);
  await insert('tombstones', count, {
    hash: "'ended-' || i",
    token_id: id('i'),
    owner_id: `CASE WHEN i % 10 = 0 THEN ${ids.userId(`1 + i % ${users}`)} ELSE ${ids.accountId('7 + i * 0')} END`,
    prefix: "'tok_' || i",
    name: "'ended-' || i",
    revoked_at: 'i',
    actor_kind: "'system'",
    reason: "'expired'",
    is_current: 'TRUE',
    exchanged: 'i % 10 <> 0',
    name_folded: "'ended-' || i",
  });
  // One of them is still used by something.
  await insert('ended_denied_requests', Math.floor(count / 10), {
    token_id: id('CASE WHEN i <= 20 THEN 5 ELSE i END'),
    owner_id: ids.accountId('7 + i * 0'),
    hash: "'ended-' || CASE WHEN i <= 20 THEN 5 ELSE i END",
    at: 'i',
    id: "'denied-' || i",
    reason: "'expired'",
  });
}
