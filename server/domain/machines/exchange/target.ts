import type { AppRecord } from '../../../store/records.ts';
import { ExchangeError } from './exchange-error.ts';

/** What the requested token is for (RFC 8693 §2.1). */
export interface RequestedTarget {
  audiences: readonly string[];
  resources: readonly string[];
}

/**
 * Requires that each audience and each resource names an app of the trust, or this server by its public URL.
 * @throws ExchangeError `invalid_target`
 */
export function requireTarget(
  { audiences, resources }: RequestedTarget,
  apps: ReadonlyArray<Pick<AppRecord, 'name' | 'url'>>,
  publicUrl: string,
): void {
  const names = [publicUrl, `${publicUrl}/`, ...apps.map(({ name }) => name)];
  const addresses = [...names, ...apps.flatMap(({ url }) => url ?? [])];
  if (!audiences.every((audience) => names.includes(audience))) throw unknownTarget('audience');
  if (!resources.every((resource) => addresses.includes(resource))) throw unknownTarget('resource');
}

function unknownTarget(parameter: string): ExchangeError {
  const description = `The parameter ${parameter} names neither an app of the trust nor the public URL of this server.`;
  return new ExchangeError('invalid_target', description);
}
