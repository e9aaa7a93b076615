import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const root = join(import.meta.dirname, '..', '..');

/** The files that take longest in their project, longest first. */
const slowFiles = [
  'test/store/postgres.test.ts',
  'test/parity.test.ts',
  'test/e2e/organization/unattended.test.ts',
  'test/every-route.test.ts',
  'test/e2e/daemon/daemon.test.ts',
  'test/e2e/tokens/offboard.test.ts',
  'test/e2e/exit-codes.test.ts',
  'test/e2e/init/init.test.ts',
  'test/e2e/pipes.test.ts',
  'test/e2e/terminal.test.ts',
  'test/nodes/several-daemons.test.ts',
  'test/nodes/migrate-store.test.ts',
  'test/nodes/debian-postgres.test.ts',
  'test/faults/upgrade.test.ts',
  'test/faults/slow-clients.test.ts',
  'test/faults/kill.test.ts',
  'test/faults/backup.test.ts',
  'test/faults/mail.test.ts',
  'test/faults/signals.test.ts',
  'test/attacks/races/rule-races.test.ts',
  'test/attacks/races/races.test.ts',
  'test/attacks/members/other-members.test.ts',
  'test/attacks/machines/insistent-key.test.ts',
  'test/attacks/races/provider-races.test.ts',
  'test/attacks/requests/fuzzing.test.ts',
  'test/attacks/secrets/secrets-at-start.test.ts',
  'test/installations/console/base-path.test.ts',
  'test/installations/postgres/locks.test.ts',
  'test/browser/every-view/first-half.test.ts',
  'test/browser/every-view/second-half.test.ts',
  'test/browser/newcomer.test.ts',
  'test/browser/team.test.ts',
].map((name) => join(root, name));

/**
 * Starts the slowest files first. By default, Vitest starts the largest ones first, and a small file that takes minutes would run
 * alone at the end.
 */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const missing = slowFiles.filter((path) => !existsSync(path));
    if (missing.length > 0) throw new Error(`test/helpers/slow-first.ts names files that do not exist: ${missing}`);
    const place = ({ moduleId }: TestSpecification) => {
      const found = slowFiles.indexOf(moduleId);
      return found < 0 ? slowFiles.length : found;
    };
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => place(a) - place(b));
  }
}
