import type { Trust } from '../../../shared/schemas/trusts.ts';
import { localError } from '../../errors.ts';
import { sanitize } from '../../ui/sanitize.ts';
import type { Api } from '../client.ts';
import { collect } from '../pages.ts';
import { expectBody } from '../responses.ts';
import { pageShape } from '../shapes.ts';
import { trustShape } from '../trust-shapes.ts';
import { didYouMean } from './close-names.ts';

/** Returns the trust with this name, or else the one with this ID. @throws CliError `trust-not-found`. */
export async function findTrust(api: Api, name: string): Promise<Trust> {
  // An empty name would be a bad request.
  const [trust] = name === '' ? [] : await collect((page) => readTrusts(api, { name, ...page }), 1);
  if (trust) return trust;
  // A name may look like an ID, so names come first.
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(name)) {
    return expectBody(api.trusts[':id'].$get({ param: { id: name } }), trustShape);
  }
  const others = (await listTrusts(api).catch(() => [])).map((one) => one.name);
  const detail = `There is no trust "${sanitize(name)}".${didYouMean(name, others)} Run \`tokens trusts list\` to see all trusts.`;
  throw localError('trust-not-found', detail);
}

export function listTrusts(api: Api): Promise<Trust[]> {
  return collect((page) => readTrusts(api, page));
}

function readTrusts(api: Api, query: { name?: string; limit?: string; cursor?: string }) {
  return expectBody(api.trusts.$get({ query }), pageShape(trustShape));
}
