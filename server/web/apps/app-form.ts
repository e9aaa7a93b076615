import {
  type CreateAppBody,
  createAppBodySchema,
  type EditAppBody,
  editAppBodySchema,
} from '../../../shared/schemas/apps.ts';
import { formatDuration, parseDuration } from '../../../shared/times/duration.ts';
import type { AppRecord } from '../../store/records.ts';
import { changedSince } from '../shell/changed-since.ts';
import { linesOf, parseForm, text } from '../shell/form-values.ts';

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
  /** The values that the form was shown with. Undefined if the form does not say so. */
  shown?: AppForm | undefined;
}

export const emptyAppForm: AppForm = { name: '', url: '', hosts: '', groups: '', maxExpiry: '', preflight: false };

/** Returns the form with the present values of an app. */
export function formOf({ name, url, hosts, groups, maxExpirySeconds, preflight }: AppRecord): AppForm {
  const form: AppForm = {
    name,
    url: url ?? '',
    hosts: hosts.join('\n'),
    groups: groups.join('\n'),
    maxExpiry: maxExpirySeconds === null ? '' : formatDuration(maxExpirySeconds),
    preflight: preflight === 'pass',
  };
  return { ...form, shown: form };
}

/** Reads the posted form. */
export function readAppForm(form: Record<string, unknown>): AppForm {
  const shown = typeof form.shown_hosts === 'string' ? readFields(form, 'shown_') : undefined;
  return { ...readFields(form, ''), shown };
}

function readFields(form: Record<string, unknown>, prefix: string): AppForm {
  const field = (name: string) => text(form[`${prefix}${name}`]);
  return {
    name: field('name'),
    url: field('url').trim(),
    hosts: field('hosts'),
    groups: field('groups'),
    maxExpiry: field('max_expiry').trim(),
    preflight: field('preflight') !== '',
  };
}

/** Converts the form to the body of `POST /api/v1/apps`. @throws ProblemError `invalid-fields` */
export function createAppBody(form: AppForm): CreateAppBody {
  return parseForm(createAppBodySchema, { name: form.name.trim(), ...fieldsOf(form) });
}

/**
 * Converts the form to the body of `PATCH /api/v1/apps/{id}`. Contains only what differs from what the form was shown with. @throws ProblemError `invalid-fields`
 */
export function editAppBody({ shown, ...form }: AppForm): EditAppBody {
  const changed = changedSince(fieldsOf(form), shown && fieldsOf(shown));
  return Object.keys(changed).length === 0 ? {} : parseForm(editAppBodySchema, changed);
}

function fieldsOf({ url, hosts, groups, maxExpiry, preflight }: AppForm) {
  return {
    url: url === '' ? null : url,
    hosts: linesOf(hosts),
    groups: linesOf(groups),
    // Text that is not a duration becomes NaN, which the schema rejects.
    max_expiry: maxExpiry === '' ? null : (parseDuration(maxExpiry) ?? Number.NaN),
    preflight: preflight ? 'pass' : 'deny',
  };
}
