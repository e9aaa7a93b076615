import type { SectionName } from '../../../shared/schemas/organization/organization.ts';
import type { Scope } from '../../../shared/scopes.ts';
import type { Api } from '../../api/client.ts';

/** The fields of an object, as the file names them. */
export type Fields = Readonly<Record<string, unknown>>;

/** An object of the server. */
export interface Present {
  readonly id: string;
  /** Every field that a file may contain, the key included. */
  readonly fields: Fields;
}

/** An object as it was read alone, with the ETag that a change of it sends back in If-Match. */
export interface Tagged extends Present {
  readonly etag: string;
}

/** A secret that the server shows only once. */
export type NewSecret = string | null;

/**
 * How `tokens apply` and `tokens export` work with one section of the file. All of it goes through the public API.
 *
 * A field that the file may contain needs an entry in `fields`, which reads it from the API's object. `create` and `change` receive
 * the fields of the file.
 */
export interface Section {
  readonly name: SectionName;
  /** The scopes that a management key needs to read the section, and to change it. */
  readonly scopes: { readonly read: Scope; readonly write: Scope };
  /** Fields whose texts are compared without regard to case. */
  readonly folded?: readonly string[];
  /** Fields that the file must have for an object that does not exist yet. */
  readonly requiredToCreate?: readonly string[];
  /** The fields that name other objects, and the section of these. */
  readonly references?: Readonly<Record<string, SectionName>>;
  /** The change that replaces a deletion. Members are disabled instead. */
  readonly insteadOfDeletion?: Fields;
  /** The command that replaces the secret of an object, if the server shows one when it creates an object. */
  readonly rotation?: string;
  list(api: Api): Promise<Present[]>;
  read(api: Api, id: string): Promise<Tagged>;
  create(api: Api, fields: Fields): Promise<NewSecret>;
  change(api: Api, id: string, etag: string, fields: Fields): Promise<void>;
  remove(api: Api, id: string, etag: string): Promise<void>;
}

/** Returns the argument that makes a change fail unless the object is as it was read. */
export function ifMatch(etag: string): object {
  return { header: { 'if-match': etag } };
}
