import { limits } from '../../../shared/limits.ts';
import type { HashStatuses } from '../../../shared/schemas/tokens/hash-statuses.ts';
import type { Api } from '../../api/client.ts';
import { hashStatusesShape } from '../../api/leak-shapes.ts';
import { expectBody, notTokensd } from '../../api/responses.ts';
import { hasCode, localError } from '../../errors.ts';
import type { Finding, Result } from './finding.ts';

/** Adds to findings what the server says about them. Takes at most `maxBatch` different hashes. */
export type LookUp = (findings: readonly Finding[]) => Promise<Result[]>;

export const maxBatch = limits.maxHashes;

/** Returns the look-up that asks no server. */
export function offlineLookUp(): LookUp {
  return async (findings) =>
    findings.map(({ hash: _hash, ...finding }) => ({ ...finding, status: 'valid-shape', name: null, owner: null }));
}

/** Returns the look-up that sends the hashes of the values, and never the values. */
export function onlineLookUp(api: Api): LookUp {
  return async (findings) => {
    const hashes = [...new Set(findings.map(({ hash }) => hash))];
    const { items } = await expectBody(api.tokens.statuses.$post({ json: { hashes } }), hashStatusesShape).catch(
      (error: unknown) => {
        throw hasCode(error, 'not-found') || hasCode(error, 'method-not-allowed') ? tooOld(error) : error;
      },
    );
    const known = new Map<string, HashStatuses['items'][number]>(items.map((item) => [item.hash, item]));
    return findings.map(({ hash, ...finding }) => {
      const item = known.get(hash);
      if (item === undefined) throw notTokensd(new Error('The response lacks a hash of the request'));
      return { ...finding, status: item.status, name: item.name, owner: item.owner };
    });
  };
}

function tooOld(cause: unknown) {
  return localError(
    'not-found',
    'This server is too old to say which values are live. Ask its operator to upgrade it, or scan with --offline.',
    cause,
  );
}
