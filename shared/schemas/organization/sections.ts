import { foldName, normalizeName } from '../../names.ts';
import { parseUrl } from '../../urls.ts';
import type { SectionName } from './organization.ts';

/** The content of a section of the file. */
export interface SectionFacts {
  /** The section's name in the singular. */
  readonly kind: string;
  /** The field that identifies an object. */
  readonly key: string;
  /** Returns the form in which two names of one object are equal. */
  readonly identify: (key: string) => string;
}

const foldedName = (text: string) => foldName(normalizeName(text));

/** All sections, in the order in which a file lists them. */
export const sections: Readonly<Record<SectionName, SectionFacts>> = {
  members: { kind: 'member', key: 'email', identify: foldedName },
  service_accounts: { kind: 'service_account', key: 'name', identify: (name) => name },
  apps: { kind: 'app', key: 'name', identify: (name) => name },
  clients: { kind: 'client', key: 'name', identify: foldedName },
  trusts: { kind: 'trust', key: 'name', identify: (name) => name },
  webhooks: { kind: 'webhook', key: 'url', identify: (url) => parseUrl(url)?.href ?? url },
};

export const sectionNames = Object.keys(sections) as SectionName[];
