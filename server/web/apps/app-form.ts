import { formatDuration, parseDuration } from '../../../shared/duration.ts';
import {
  type CreateAppBody,
  createAppBodySchema,
  type EditAppBody,
  editAppBodySchema,
} from '../../../shared/schemas/apps.ts';
import type { AppRecord } from '../../store/records.ts';
import { parseForm, text } from '../shell/form-values.ts';

/** The values of the form of an app, as they were entered. */
export interface AppForm {
  name: string;
  url: string;
  /** One host a line. */
  hosts: string;
  /** One group a line. */
  groups: string;
  /** A duration such as `90d`. */
  maxExpiry: string;
  preflight: boolean;
}

export const emptyAppForm: AppForm = { name: '', url: '', hosts: '', groups: '', maxExpiry: '', preflight: false };

/** Returns the form with the present values of an app. */
export function formOf({ name, url, hosts, groups, maxExpirySeconds, preflight }: AppRecord): AppForm {
  return {
    name,
    url: url ?? '',
    hosts: hosts.join('\n'),
    groups: groups.join('\n'),
    maxExpiry: maxExpirySeconds === null ? '' : formatDuration(maxExpirySeconds),
    preflight: preflight === 'pass',
  };
}

/** Reads the posted form. */
export function readAppForm(form: Record<string, unknown>): AppForm {
  return {
    name: text(form.name),
    url: text(form.url).trim(),
    hosts: text(form.hosts),
    groups: text(form.groups),
    maxExpiry: text(form.max_expiry).trim(),
    preflight: text(form.preflight) !== '',
  };
}

/** Converts the form to the body of `POST /api/v1/apps`. @throws ProblemError `invalid-fields` */
export function createAppBody(form: AppForm): CreateAppBody {
  return parseForm(createAppBodySchema, { name: form.name.trim(), ...fieldsOf(form) });
}

/** Converts the form to the body of `PATCH /api/v1/apps/{id}`. @throws ProblemError `invalid-fields` */
export function editAppBody(form: AppForm): EditAppBody {
  return parseForm(editAppBodySchema, fieldsOf(form));
}

function fieldsOf({ url, hosts, groups, maxExpiry, preflight }: AppForm) {
  return {
    url: url === '' ? null : url,
    hosts: linesOf(hosts),
    groups: linesOf(groups),
    // Text that is no duration is no number either, so the schema rejects it.
    max_expiry: maxExpiry === '' ? null : (parseDuration(maxExpiry) ?? Number.NaN),
    preflight: preflight ? 'pass' : 'deny',
  };
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
