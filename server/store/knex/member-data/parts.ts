import { accountParts, auditParts } from './account-parts.ts';
import { mailParts } from './mail-parts.ts';
import type { Part } from './part.ts';
import { tokenParts } from './token-parts.ts';

/** All that the database stores about a member, in the order of the export. A table is here or in `aboutNoMember`. */
export const parts: readonly Part[] = [...accountParts, ...tokenParts, ...mailParts, ...auditParts];

/** The other tables, and why the export leaves them out. */
export const aboutNoMember: Readonly<Record<string, string>> = {
  clients: 'OAuth clients belong to the organization. Events of the audit log say who created them',
  apps: 'Apps belong to the organization. Events of the audit log say who created them',
  app_hosts: 'Hosts of apps',
  trusts: 'Trusts belong to service accounts. Events of the audit log say who created them',
  trust_pins: 'IDs of repositories and their owners at another system',
  used_subject_tokens: 'Hashes of identity tokens of jobs, for some minutes',
  webhooks: 'Webhooks belong to the organization. Events of the audit log say who created them',
  webhook_deliveries: 'Rows name an event of the audit log, which the export has',
  policy_starts: 'When a setting was first served',
  usage_writers: 'Daemons that write usage',
  organization_days: 'How many verifications each day had, of all tokens together',
  erasures:
    'Members who are erased. Until the end, a row holds the addresses that are searched for, and then their salted hashes for 30 days',
  job_positions: 'Where jobs go on. Some name a row that they read last',
  counts: 'Counters of rate limits, for some hours. Their keys are hashes, or the ID of a member',
  app_version: 'One random text',
  compatibility: 'Which releases may use the schema',
  knex_migrations: 'The history of the schema',
  knex_migrations_lock: 'A lock of the migrator',
};
