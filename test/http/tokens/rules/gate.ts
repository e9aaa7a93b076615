import { v7 as uuid } from 'uuid';
import { expect } from 'vitest';
import type { AppRecord } from '../../../../server/store/records.ts';
import type { Token } from '../../../../shared/schemas/tokens/tokens.ts';
import type { TestApp } from '../../../helpers/app/app.ts';

/** Registers an app, and returns its ID. */
export async function addApp(app: TestApp, name: string, given: Partial<AppRecord> = {}): Promise<string> {
  const [id, at] = [uuid(), app.clock.now()];
  const record: AppRecord = {
    ...{ id, name, url: null, hosts: [], groups: [], maxExpirySeconds: null, preflight: 'deny' },
    ...{ createdAt: at, changedAt: at, ...given },
  };
  const inserted = await app.store.transaction((store) => store.apps.insert(record));
  expect(inserted).toBe('inserted');
  return id;
}

/** Deletes an app, although tokens are restricted to it. */
export async function deleteApp(app: TestApp, id: string): Promise<void> {
  expect(await app.store.transaction((store) => store.apps.delete(id, true))).toBe('deleted');
}

export const rulesOf = ({ apps, read_only, allow, networks, enforce }: Token) => ({
  apps,
  read_only,
  allow,
  networks,
  enforce,
});

export const noRules = { apps: null, read_only: false, allow: null, networks: null, enforce: true };
