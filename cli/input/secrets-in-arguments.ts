import { redact } from '../../shared/redact.ts';
import { displayPrefix, isWellFormedToken } from '../../shared/token-format.ts';
import { localError } from '../errors.ts';

/**
 * Rejects a command line that contains a token value or another secret. The shell has already saved it in its history,
 * and other processes of the machine could read it.
 * @throws CliError `usage`, which names the token by its prefix.
 */
export function rejectSecrets(argv: readonly string[]): void {
  const exposed = argv.find((argument) => redact(argument) !== argument);
  if (exposed === undefined) return;
  const value = exposed.match(/[0-9A-Za-z_]+/g)?.find(isWellFormedToken);
  throw localError('usage', value === undefined ? exposedSecret : exposedToken(displayPrefix(value)));
}

const exposedSecret =
  'The command line contains a secret, which is now in the history of your shell. End the session or replace the secret, and pass it on standard input or in an environment variable next time.';

function exposedToken(prefix: string): string {
  return `The command line contains the value of the token ${prefix}, which is now in the history of your shell. Revoke it with \`tokens revoke ${prefix}\`; to pass values instead of names, use \`tokens revoke --stdin\` or \`tokens check\`.`;
}
