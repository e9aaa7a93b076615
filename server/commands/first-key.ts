import { serviceAccountNameSchema } from '../../shared/schemas/accounts/service-accounts.ts';
import { type Scope, scopes } from '../../shared/scopes.ts';
import { CommandError } from '../context.ts';

export interface FirstKeyOptions {
  serviceAccount?: string;
  manage?: string[];
  keyFile?: string;
}

/** The first management key: its service account, its scopes and its file. */
export interface FirstKey {
  name: string;
  scopes: readonly Scope[];
  file: string;
}

/** Returns the management key that the options ask for, or null. @throws CommandError 2 if they are incomplete or invalid */
export function readFirstKey({ serviceAccount: name, manage, keyFile: file }: FirstKeyOptions): FirstKey | null {
  if (name === undefined && manage === undefined && file === undefined) return null;
  if (name === undefined || manage === undefined || file === undefined) {
    throw new CommandError('A management key needs all of --service-account, --manage and --key-file.', 2);
  }
  return { name: readName(name), scopes: readScopes(manage), file };
}

function readName(name: string): string {
  const parsed = serviceAccountNameSchema.safeParse(name);
  if (parsed.success) return parsed.data;
  throw new CommandError(parsed.error.issues.map(({ message }) => message).join('\n'), 2);
}

/** `all` stands for every scope only here: nobody could write out the list for a machine that nobody has set up. */
function readScopes(given: readonly string[]): readonly Scope[] {
  if (given.includes('all')) return scopes;
  const unknown = given.find((scope) => !scopes.some((known) => known === scope));
  if (unknown === undefined) return given as readonly Scope[];
  throw new CommandError(`--manage must be all, or one of ${scopes.join(', ')}.`, 2);
}
