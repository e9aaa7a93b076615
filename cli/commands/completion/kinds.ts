import type { NameKind } from '../../session/known-names.ts';

/** The commands whose arguments name what exists already, by their path. */
const commands: Readonly<Record<NameKind, string>> = {
  token: '/open /show /usage /suggest /test /edit /rotate /pause /resume /transfer /revoke /get /exec /ensure',
  member:
    '/grant /ungrant /offboard /users/invite /users/edit /users/disable /users/enable /users/promote /users/demote /users/reset-totp /users/delete /users/erase /users/data /users/unbind',
  app: '/apps/show /apps/edit /apps/delete',
  'service-account':
    '/service-accounts/show /service-accounts/edit /service-accounts/disable /service-accounts/enable /service-accounts/delete',
};

/** The options whose values name what exists already. They mean the same in every command. */
const options: Readonly<Record<NameKind, string>> = {
  token: '',
  member: '--user --known-to --maintainer --add-maintainer --remove-maintainer',
  app: '--app',
  'service-account': '--service-account -s --transfer-to --to',
};

/** Returns the kind of names that the command at this path takes as arguments, or null. */
export function kindOfArguments(path: string): NameKind | null {
  return kindIn(commands, path);
}

/** Returns the kind of names that this option takes as its value, or null. */
export function kindOfOption(option: string): NameKind | null {
  return kindIn(options, option);
}

function kindIn(table: Readonly<Record<NameKind, string>>, wanted: string): NameKind | null {
  const kinds = Object.keys(table) as NameKind[];
  return kinds.find((kind) => table[kind].split(' ').includes(wanted)) ?? null;
}

/** The options that select the objects of a command, so that no names follow. */
const inPlaceOfNames: Readonly<Record<string, readonly string[]>> = {
  '/revoke': ['--all', '--status', '--stdin'],
};

/** Returns the options of the command at this path that take the place of names. */
export function optionsInPlaceOfNames(path: string): readonly string[] {
  return inPlaceOfNames[path] ?? [];
}
