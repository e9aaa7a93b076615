import { describe, expect, it, onTestFinished } from 'vitest';
import { openTestApp } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { patientTimes } from '../../helpers/peers/postgres.ts';

const engines = useEngines(patientTimes);

/** Requests after which a member maintains nothing. */
const leavings: Array<[what: string, method: string, below: string, json?: object]> = [
  ['disabled', 'PATCH', '', { disabled: true }],
  ['deleted', 'DELETE', ''],
  ['offboarded', 'POST', '/offboard', {}],
];

describe.each(Object.entries(engines))('on %s', (_engine, openStore) => {
  it.each(leavings)(
    'mails superusers if one maintainer is %s while the other one is removed',
    async (_what, method, below, json) => {
      const app = await openTestApp({}, openStore());
      onTestFinished(() => app.close());
      const ada = await app.addMember({ email: 'ada@example.com' });
      const { id } = await createServiceAccount(app, 'ci', { maintainers: [ada, app.dev] });
      let leaves: Promise<Response> | undefined;
      // As a maintainer's own change does: it locks the service account only.
      await app.store.transaction(async (store) => {
        await store.serviceAccounts.lock(id);
        await store.serviceAccounts.removeMaintainer(id, app.dev.id);
        leaves = Promise.resolve(
          app.ask(`/api/v1/users/${ada.id}${below}`, { as: app.root, method, ...(json && { json }) }),
        );
        await new Promise((resolve) => setTimeout(resolve, 300));
      });
      expect((await leaves)?.ok).toBe(true);
      const subjects = (await app.mails()).filter(({ to }) => to === app.root.email).map(({ subject }) => subject);
      expect(subjects).toContain('Service account "ci" has no maintainer any more');
    },
  );
});
