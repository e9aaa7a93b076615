import { parseUrl } from '../../../shared/urls.ts';
import { sanitize } from '../../ui/sanitize.ts';
import type { Fields, Present, Section } from '../sections/section.ts';
import type { FieldDifference } from './differences.ts';

/** One change of one object. */
export interface Step {
  readonly section: Section;
  readonly action: 'create' | 'change' | 'remove';
  /** The index of the object in its section of the file, or null if the file does not list it. */
  readonly place: number | null;
  /** The name, email address or URL that identifies the object. */
  readonly name: string;
  /** The object on the server, or null for a new one. */
  readonly present: Present | null;
  /** The fields to send. */
  readonly wanted: Fields;
  readonly fields: readonly FieldDifference[];
}

/** Returns the name of an object for people. The path of a webhook may be a secret, and the plan may be in the log of a CI system. */
export function shownName({ section, name }: Pick<Step, 'section' | 'name'>): string {
  if (section.name !== 'webhooks' || parseUrl(name) === null) return sanitize(name);
  const { origin, href } = new URL(name);
  return href === `${origin}/` ? origin : `${origin}/…`;
}
