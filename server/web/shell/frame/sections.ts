import type { UserRecord } from '../../../store/records.ts';
import type { IconName } from './icon.tsx';

/** What decides which sections a member sees. */
export interface Reader {
  member: Pick<UserRecord, 'superuser' | 'auditor'>;
  /** Whether the member sees service accounts: superusers, auditors and maintainers do. */
  seesServiceAccounts: boolean;
}

export interface Section {
  path: string;
  label: string;
  icon: IconName;
}

type Role = (reader: Reader) => boolean;

const everybody: Role = () => true;
const readers: Role = ({ member }) => member.superuser || member.auditor;
const seesServiceAccounts: Role = (reader) => reader.seesServiceAccounts;

/** The sections of the console, by the headings of its navigation. A role that may not use a section does not see it. */
const sections: Readonly<Record<string, readonly (Section & { for: Role })[]>> = {
  You: [
    { path: '/overview', label: 'Overview', icon: 'home', for: everybody },
    { path: '/profile/api-tokens', label: 'API tokens', icon: 'key', for: everybody },
    { path: '/profile/activity', label: 'Activity', icon: 'history', for: everybody },
    { path: '/profile', label: 'Profile', icon: 'person', for: everybody },
  ],
  Organization: [
    { path: '/organization/tokens', label: 'All tokens', icon: 'key-asterisk', for: readers },
    { path: '/organization/service-accounts', label: 'Service accounts', icon: 'hubot', for: seesServiceAccounts },
    { path: '/organization/trusts', label: 'Trusts', icon: 'link', for: readers },
    { path: '/organization/apps', label: 'Apps', icon: 'apps', for: readers },
    { path: '/organization/clients', label: 'Clients', icon: 'server', for: readers },
    { path: '/organization/team', label: 'Team', icon: 'people', for: readers },
    { path: '/organization/webhooks', label: 'Webhooks', icon: 'webhook', for: readers },
    { path: '/organization/audit', label: 'Audit', icon: 'log', for: readers },
    { path: '/organization/settings', label: 'Settings', icon: 'gear', for: readers },
  ],
};

/** Returns the sections that this member sees, by heading. A heading without sections is left out. */
export function sectionsFor(reader: Reader): { heading: string; sections: Section[] }[] {
  return Object.entries(sections)
    .map(([heading, all]) => ({ heading, sections: all.filter((section) => section.for(reader)) }))
    .filter((group) => group.sections.length > 0);
}
