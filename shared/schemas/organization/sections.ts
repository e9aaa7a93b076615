import { foldName, normalizeName } from '../../names.ts';
import type { SectionName } from './organization.ts';

/** What a section of the file contains. */
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
  apps: { kind: 'app', key: 'name', identify: (name) => name },
  clients: { kind: 'client', key: 'name', identify: foldedName },
};

export const sectionNames = Object.keys(sections) as SectionName[];
