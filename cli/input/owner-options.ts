import { type Command, Option } from 'commander';

/** The owner of the tokens that a command is about. Without both fields, the tokens are your own. */
export interface OwnerOptions {
  /** The email address of a member. */
  user?: string;
  /** The name of a service account. */
  serviceAccount?: string;
}

/** Adds the options that name the owner of the tokens. `what` is `the token` or `the tokens`. */
export function addOwnerOptions(command: Command, what: string): Command {
  return addServiceAccountOption(command, `Service account that owns ${what}`).addOption(
    new Option('--user <email>', `Owner of ${what} (superuser)`).conflicts('serviceAccount'),
  );
}

/** Adds the option of a command that only owners use. */
export function addServiceAccountOption(command: Command, description: string): Command {
  return command.option('-s, --service-account <name>', `${description} (maintainer or superuser)`);
}
