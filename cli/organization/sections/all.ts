import { apps } from './apps.ts';
import { clients } from './clients.ts';
import { members } from './members.ts';
import type { Section } from './section.ts';
import { serviceAccounts } from './service-accounts.ts';
import { trusts } from './trusts.ts';
import { webhooks } from './webhooks.ts';

/** All sections, in an order in which each object is created after those that it names. */
export const allSections: readonly Section[] = [apps, members, serviceAccounts, clients, trusts, webhooks];
