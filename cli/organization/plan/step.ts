import type { Fields, Present, Section } from '../sections/section.ts';
import type { FieldDifference } from './differences.ts';

/** One change of one object. */
export interface Step {
  readonly section: Section;
  readonly action: 'create' | 'change' | 'remove';
  /** What identifies the object: its name, email address or URL. */
  readonly name: string;
  /** The object on the server, or null for a new one. */
  readonly present: Present | null;
  /** The fields to send. */
  readonly wanted: Fields;
  readonly fields: readonly FieldDifference[];
}
