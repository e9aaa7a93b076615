import type { Trust } from '../../../shared/schemas/trusts.ts';
import { localError } from '../../errors.ts';
import { sanitize } from '../../ui/sanitize.ts';
import type { Api } from '../client.ts';
import { collect } from '../pages.ts';
import { expectBody } from '../responses.ts';
import { pageShape } from '../shapes.ts';
import { trustShape } from '../trust-shapes.ts';

/** Returns the trust with this name. @throws CliError `trust-not-found`. */
export async function findTrust(api: Api, name: string): Promise<Trust> {
  // An empty name would be a bad request.
  const [trust] = name === '' ? [] : await collect((page) => readTrusts(api, { name, ...page }), 1);
  if (trust) return trust;
  const detail = `There is no trust "${sanitize(name)}". Run \`tokens trusts list\` to see all trusts.`;
  throw localError('trust-not-found', detail);
}

export function listTrusts(api: Api): Promise<Trust[]> {
  return collect((page) => readTrusts(api, page));
}

function readTrusts(api: Api, query: { name?: string; limit?: string; cursor?: string }) {
  return expectBody(api.trusts.$get({ query }), pageShape(trustShape));
}
