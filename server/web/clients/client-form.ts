import {
  type CreateClientBody,
  createClientBodySchema,
  type EditClientBody,
  editClientBodySchema,
} from '../../../shared/schemas/accounts/clients.ts';
import type { ClientRecord } from '../../store/records.ts';
import { changedSince } from '../shell/changed-since.ts';
import { parseForm, text } from '../shell/form-values.ts';

interface Rights {
  canRevoke: boolean;
  canReport: boolean;
}

/** The values of the form of an OAuth client, as they were entered. */
export interface ClientForm extends Rights {
  name: string;
  /** The rights that the form was shown with. Undefined if the form does not say so. */
  shown?: Rights | undefined;
}

export const emptyClientForm: ClientForm = { name: '', canRevoke: false, canReport: false };

/** Returns the form with the present values of a client. */
export function formOf({ name, canRevoke, canReport }: ClientRecord): ClientForm {
  return { name, canRevoke, canReport, shown: { canRevoke, canReport } };
}

/** Reads the posted form. */
export function readClientForm(form: Record<string, unknown>): ClientForm {
  const rights = (prefix: string) => ({
    canRevoke: text(form[`${prefix}can_revoke`]) !== '',
    canReport: text(form[`${prefix}can_report`]) !== '',
  });
  const shown = text(form.shown) === '' ? undefined : rights('shown_');
  return { name: text(form.name), ...rights(''), shown };
}

/** Converts the form to the body of `POST /api/v1/clients`. @throws ProblemError `invalid-fields` */
export function createClientBody({ name, ...form }: ClientForm): CreateClientBody {
  return parseForm(createClientBodySchema, { name: name.trim(), ...rightsOf(form) });
}

/**
 * Converts the form to the body of `PATCH /api/v1/clients/{id}`. Contains only what differs from what the form was shown with. Returns null if
 * nothing does.
 */
export function editClientBody({ shown, ...form }: ClientForm): EditClientBody | null {
  const changed = changedSince(rightsOf(form), shown && rightsOf(shown));
  return Object.keys(changed).length === 0 ? null : parseForm(editClientBodySchema, changed);
}

function rightsOf({ canRevoke, canReport }: Rights) {
  return { can_revoke: canRevoke, can_report: canReport };
}
