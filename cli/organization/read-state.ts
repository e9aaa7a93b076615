import type { Organization } from '../../shared/schemas/organization/organization.ts';
import type { Api } from '../api/client.ts';
import type { State } from './plan/plan.ts';
import { allSections } from './sections/all.ts';
import type { Section } from './sections/section.ts';

/** Returns the sections that the file has. */
export function sectionsOf(file: Organization): Section[] {
  return allSections.filter(({ name }) => file[name] !== undefined);
}

/** Reads every object of these sections. */
export async function readState(api: Api, sections: readonly Section[]): Promise<State> {
  const lists = await Promise.all(sections.map(async (section) => [section, await section.list(api)] as const));
  return new Map(lists);
}
