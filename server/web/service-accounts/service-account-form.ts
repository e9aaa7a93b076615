import {
  type CreateServiceAccountBody,
  createServiceAccountBodySchema,
  type EditServiceAccountBody,
  editServiceAccountBodySchema,
} from '../../../shared/schemas/accounts/service-accounts.ts';
import { parseGroups } from '../../domain/accounts/groups.ts';
import type { ServiceAccountSummary } from '../../store/records.ts';
import { linesOf, parseForm, text } from '../shell/form-values.ts';

/** The values of the form for a new service account, as they were entered. */
export interface NewAccountForm {
  name: string;
  description: string;
  /** One email address a line. */
  maintainers: string;
  /** One group a line. */
  groups: string;
}

/** Returns an empty form that proposes the superuser as the maintainer. */
export function emptyNewAccountForm(email: string): NewAccountForm {
  return { name: '', description: '', maintainers: email, groups: '' };
}

/** Reads the posted form. */
export function readNewAccountForm(form: Record<string, unknown>): NewAccountForm {
  const { name, description, maintainers, groups } = form;
  return { name: text(name), description: text(description), maintainers: text(maintainers), groups: text(groups) };
}

/** Converts the form to the body of `POST /api/v1/service-accounts`. @throws ProblemError `invalid-fields` */
export function newAccountBody({ name, description, maintainers, groups }: NewAccountForm): CreateServiceAccountBody {
  const lists = { maintainers: linesOf(maintainers), groups: linesOf(groups) };
  return parseForm(createServiceAccountBodySchema, { name: name.trim(), description, ...lists });
}

/** The values of the form that edits a service account. Only superusers get the field for the groups. */
export interface EditAccountForm {
  description: string;
  groups: string | undefined;
  /** The values that the form was shown with. An edit changes only the fields that differ from them. */
  shown: { description: string; groups: string };
}

/** Returns the form with the present values of a service account. */
export function editAccountForm(
  { description, manualGroups }: Pick<ServiceAccountSummary, 'description' | 'manualGroups'>,
  withGroups: boolean,
): EditAccountForm {
  const shown = { description: description ?? '', groups: parseGroups(manualGroups).join('\n') };
  return { description: shown.description, groups: withGroups ? shown.groups : undefined, shown };
}

/** Reads the posted form. */
export function readEditAccountForm(form: Record<string, unknown>): EditAccountForm {
  return {
    description: text(form.description),
    groups: form.groups === undefined ? undefined : text(form.groups),
    shown: { description: text(form.shown_description), groups: text(form.shown_groups) },
  };
}

/**
 * Converts the form to the body of `PATCH /api/v1/service-accounts/{id}`. Returns null if nothing was changed. Contains only what differs
 * from what the form was shown with, so that a change by somebody else is not undone. @throws ProblemError `invalid-fields`
 */
export function editAccountBody({ description, groups, shown }: EditAccountForm): EditServiceAccountBody | null {
  const lines = (list: string) => linesOf(list).join('\n');
  const body = {
    ...(description !== shown.description && { description }),
    ...(groups !== undefined && lines(groups) !== lines(shown.groups) && { groups: linesOf(groups) }),
  };
  return Object.keys(body).length === 0 ? null : parseForm(editServiceAccountBodySchema, body);
}
