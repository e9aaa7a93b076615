import type { Store } from '../../store/store.ts';
import { type Caller, requireSuperuser } from '../caller.ts';
import type { Clock } from '../clock.ts';
import { hasSecondFactor } from '../sign-in/has-second-factor.ts';

/** The steps that set up an organization, in the order in which they are shown. */
export const setUpSteps = ['https', 'mail', 'superusers', 'second-factor', 'members', 'apps', 'verification'] as const;

export type SetUpStep = (typeof setUpSteps)[number];

export interface SetUp {
  /** Returns the steps that are not done yet. @throws ProblemError `superuser-required` */
  remaining(caller: Caller): Promise<ReadonlySet<SetUpStep>>;
}

interface SetUpDeps {
  store: Store;
  clock: Clock;
  config: { publicUrl: string; smtpUrl: string | null; requireTotp: boolean };
}

/** If a mail has waited longer than this, sending fails. Some servers accept mail from a new sender only after many minutes. */
const maxWaitMs = 60 * 60 * 1000;

export function createSetUp({ store, clock, config }: SetUpDeps): SetUp {
  async function mailWorks(): Promise<boolean> {
    if (config.smtpUrl === null || (await store.outbox.lastSentAt()) === null) return false;
    const { oldestAt } = await store.outbox.backlog();
    return oldestAt === null || clock.now() - oldestAt < maxWaitMs;
  }

  /** A member who signs in through the identity provider has its second factor. */
  const usesSecondFactor = ({ user }: Caller) => config.requireTotp || hasSecondFactor(user) || user.sso;

  return {
    async remaining(caller) {
      requireSuperuser(caller);
      const done: Record<SetUpStep, boolean> = {
        https: config.publicUrl.startsWith('https://'),
        mail: await mailWorks(),
        superusers: (await store.users.superuserEmails(2)).length === 2,
        'second-factor': usesSecondFactor(caller),
        members: (await store.users.list({ limit: 2, before: null })).length === 2,
        apps: (await store.apps.names(1)).length > 0,
        verification: (await store.usage.firstDay()) !== null,
      };
      return new Set(setUpSteps.filter((step) => !done[step]));
    },
  };
}
