import type { Config } from '../config/config.ts';
import type { Clock } from '../domain/clock.ts';
import { networkOf } from '../domain/tokens/usage/fold.ts';
import type { Store } from '../store/store.ts';
import type { Job } from './runner.ts';

const maxBatchSize = 500;

interface RetentionDeps {
  store: Pick<Store, 'audit'>;
  clock: Clock;
  config: Pick<Config, 'keepAudit' | 'auditIpAfter'>;
}

/** Creates the job that deletes old audit events and cuts the IP addresses of others, in batches, as the settings say. */
export function createAuditRetention({ store, clock, config }: RetentionDeps): Job {
  return {
    name: 'audit-retention',
    everyMs: 10 * 60 * 1000,
    async run(signal) {
      const before = (seconds: number) => ({ before: clock.now() - seconds * 1000, limit: maxBatchSize });
      const { keepAudit, auditIpAfter } = config;
      if (keepAudit !== null) {
        while (!signal.aborted && (await store.audit.purge(before(keepAudit))) === maxBatchSize);
      }
      if (auditIpAfter !== null) {
        while (!signal.aborted && (await store.audit.cutAddresses({ ...before(auditIpAfter), cut: networkOf })));
      }
    },
  };
}
