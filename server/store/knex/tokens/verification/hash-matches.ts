import type { Engine, Select } from '../../../engine/engine.ts';
import type { HashMatch } from '../../../records.ts';
import { canaryHash } from '../../leaks/canaries.ts';
import { activeAt } from '../status-condition.ts';

type Time = number | string;
type Flag = boolean | number;

/** The columns of a token `t` and its owner `u` that verification needs. Keep them few: this query runs most often. */
function matchColumns(engine: Engine, { prefix, validUntil }: { prefix: string; validUntil: string }): string[] {
  return [
    ...['t.id', prefix, 't.name', 't.created_at', 't.expires_at', 't.owner_id'],
    ...['u.email', 'u.name', 'u.superuser', 'u.disabled', 'u.can_manage_tokens', 'u.sso_signed_in_at'],
    ...['t.paused_at', 't.paused_until', activeAt(engine), validUntil],
    ...['t.rules', 'u.sso_groups', 'u.manual_groups', 'u.kind', 't.manage'],
  ];
}

/** The number of columns of `selectMatches`: the position, and those of `matchColumns`. More columns follow. */
export const matchColumnCount = 22;

/** Returns the rows of a table for the values in one of its columns, and binds them once. */
export type Source = (column: string, table: string) => { from: string; where?: string };

/**
 * Returns the statement that finds tokens by the hash of their current or of a previous value. `source` is called for each of the
 * two branches, so bind the hashes twice. `branches` are added to these, with their own bindings after the hashes, and `columns` to those of each row.
 */
export function selectMatches(
  engine: Engine,
  position: string,
  source: Source,
  more: { branches?: readonly string[]; columns?: readonly string[] } = {},
): Select {
  const branch = (columns: string[], { from, where }: ReturnType<Source>, joins: string) => {
    const named = [position, ...columns].map((column, index) => `${column} AS m${index}`);
    return `SELECT ${named.join(', ')} FROM ${from} ${joins} ${where ?? ''}`;
  };
  const current = matchColumns(engine, { prefix: 't.prefix', validUntil: 'CAST(NULL AS bigint)' });
  const previous = matchColumns(engine, { prefix: 'p.prefix', validUntil: 'p.valid_until' });
  const owner = 'JOIN users u ON u.id = t.owner_id';
  const branches = [
    branch(current, source('t.hash', 'tokens t'), owner),
    branch(previous, source('p.hash', 'previous_values p'), `JOIN tokens t ON t.id = p.token_id ${owner}`),
    ...(more.branches ?? []),
  ];
  return {
    forVerification: true,
    columns: ['m0', ...current.map((_column, index) => `m${index + 1}`), ...(more.columns ?? [])],
    from: `FROM (${branches.join(' UNION ALL ')}) AS matches`,
  };
}

type MatchRow = [
  ...[
    position: number,
    id: string,
    prefix: string,
    name: string,
    createdAt: Time,
    expiresAt: Time | null,
    ownerId: string,
  ],
  ...[email: string, ownerName: string, superuser: Flag, disabled: Flag, canManageTokens: Flag, ssoAt: Time | null],
  ...[pausedAt: Time | null, pausedUntil: Time | null, activeAt: Time, validUntil: Time | null],
  ...[rules: string | null, ssoGroups: string | null, manualGroups: string | null],
  ...[ownerKind: 'member' | 'service-account', manage: string | null],
];

/**
 * Converts a row of `selectMatches` to a match.
 *
 * This mapping is written out because it runs for each verification: deriving it from the columns, or destructuring the
 * array, takes about ten times as long.
 */
export function toHashMatch(values: unknown[]): HashMatch {
  const row = values as MatchRow;
  return {
    kind: 'token',
    id: row[1],
    prefix: row[2],
    name: row[3],
    createdAt: Number(row[4]),
    expiresAt: numberOrNull(row[5]),
    ownerId: row[6],
    ownerEmail: row[7],
    ownerName: row[8],
    ownerSuperuser: Boolean(row[9]),
    ownerDisabled: Boolean(row[10]),
    ownerCanManageTokens: Boolean(row[11]),
    ownerSsoSignedInAt: numberOrNull(row[12]),
    pausedAt: numberOrNull(row[13]),
    pausedUntil: numberOrNull(row[14]),
    activeAt: Number(row[15]),
    validUntil: numberOrNull(row[16]),
    rules: row[17],
    ownerSsoGroups: row[18],
    ownerManualGroups: row[19],
    ownerKind: row[20],
    manage: row[21],
  };
}

/** Returns the version of all apps in a row of `selectMatches` to which that column was added. */
export function versionIn(row: unknown[]): string | null {
  return row[matchColumnCount] as string | null;
}

/** The columns of what `selectOthers` finds. Those of the tombstone are null if there is none. */
type OtherRow = [
  ...[position: number, isCanary: Flag, prefix: string | null, ownerId: string, name: string, ownerEmail: string],
  ...[revokedAt: Time, reason: 'revoked' | 'rotated' | 'expired' | 'idle', tokenId: string],
];

/**
 * Returns the statement that finds what the first one does not: tombstones by their hash, and canaries by the hash in its stored form. Bind the
 * list of hashes.
 *
 * It returns one row for each hash, and of a canary only that it is one, from an index. So the row of a canary takes as long to read, send and
 * decode as that of a value that was never issued. `store.canaries.findByHashes` reads the rest, after the response.
 */
export function selectOthers(engine: Engine): Select {
  const columns = ['d.prefix', 'd.owner_id', 'd.name', 'u.email', 'd.revoked_at', 'd.reason', 'd.token_id'];
  return {
    forVerification: true,
    columns: [engine.position, 't.hash IS NOT NULL', ...columns],
    from: `FROM ${engine.each}
      LEFT JOIN tombstones d ON d.hash = wanted.value
      LEFT JOIN users u ON u.id = d.owner_id
      LEFT JOIN tokens t ON t.hash = '${canaryHash('')}' || wanted.value`,
  };
}

/** Converts a row of `selectOthers` to a match. `hash` is the one that the row is about. Returns null if it was never issued. */
export function toOtherMatch(row: unknown[], hash: string): HashMatch | null {
  const [, isCanary, prefix, ownerId, name, ownerEmail, revokedAt, reason, tokenId] = row as OtherRow;
  if (isCanary) return { kind: 'canary', hash };
  if (prefix === null) return null;
  return { kind: 'tombstone', tokenId, prefix, name, ownerId, ownerEmail, revokedAt: Number(revokedAt), reason };
}

function numberOrNull(value: Time | null): number | null {
  return value === null ? null : Number(value);
}
