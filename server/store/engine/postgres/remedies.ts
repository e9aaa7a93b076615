import { driverCode } from '../driver-code.ts';

/** Why a database cannot be used: a code of PostgreSQL, of Node.js, or one of `symptoms`. */
interface Trouble {
  code: string;
  /** The words of the server or the driver. */
  words: string;
}

/** Failures that the driver reports without a code, by its words, and better words for some. */
const symptoms: ReadonlyArray<{ code: string; pattern: RegExp; words?: string }> = [
  { code: 'standby', pattern: /read-only replica/ },
  {
    code: 'no-password',
    pattern: /password must be a (non-empty )?string/,
    words: 'the server asks for a password, and none is set',
  },
  { code: 'no-tls', pattern: /does not support SSL/, words: 'the server does not support TLS' },
  {
    code: 'no-response',
    pattern: /timeout|timed out/i,
    words: 'the server did not respond in time',
  },
  {
    code: 'closed',
    pattern: /Connection (ended|terminated)/,
    words: 'the server closed the connection',
  },
];

const certificate = (setting: string) =>
  `Add sslrootcert=/path/to/ca.pem to ${setting}, or use sslmode=no-verify to encrypt without checking the certificate.`;
const address = (setting: string) => `Check the host and the port in ${setting}, and that the server runs.`;
const path = (setting: string) =>
  `Check the path of the socket, and of sslrootcert, sslcert and sslkey, in ${setting}.`;
const login = (setting: string) => `Check the role and the database in ${setting}, and the server's pg_hba.conf.`;
const wait = () => 'Try again in a few seconds.';

/** The remedy for each trouble. `setting` is the name of the setting that holds the database URL. */
export const remedies: Readonly<Record<string, (setting: string) => string>> = {
  standby: (setting) => `Point ${setting} at the primary.`,
  '25006': (setting) =>
    `Point ${setting} at the primary, or ask the server's administrator why the database is read-only.`,
  '28P01': (setting) =>
    `Check the password in ${setting} or PGPASSWORD; in a URL, write / as %2F, # as %23, ? as %3F and % as %25.`,
  'no-password': (setting) => `Set the password in ${setting} or in PGPASSWORD.`,
  '28000': login,
  '3D000': (setting) => `Create the database with createdb, or correct its name in ${setting}.`,
  '42501': () =>
    'As the owner, run GRANT USAGE, CREATE ON SCHEMA public TO the role, or make the role the owner of the tables.',
  '53100': () => 'Free some disk space on the server.',
  '53300': () => 'Raise max_connections to 14 for each daemon, or put a pooler such as pgbouncer before the server.',
  '57P03': wait,
  'no-tls': (setting) => `Turn on ssl in postgresql.conf, or use sslmode=disable in ${setting}.`,
  'no-response': address,
  closed: address,
  ECONNREFUSED: address,
  ECONNRESET: address,
  EHOSTUNREACH: address,
  ENETUNREACH: address,
  ENOTFOUND: address,
  EAI_AGAIN: address,
  ENOENT: path,
  EISDIR: path,
  ENOTDIR: path,
  EACCES: (setting) => `Allow this user to open the socket and the files that ${setting} names.`,
  DEPTH_ZERO_SELF_SIGNED_CERT: certificate,
  SELF_SIGNED_CERT_IN_CHAIN: certificate,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: certificate,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: certificate,
  CERT_HAS_EXPIRED: () => "Renew the server's certificate, and check the clocks of both machines.",
  ERR_TLS_CERT_ALTNAME_INVALID: (setting) =>
    `Use a host name in ${setting} that the certificate contains, or use sslmode=no-verify to encrypt without checking it.`,
};

/** Describes an error of the driver by its code and its words. */
export function troubleOf(error: unknown): Trouble {
  const [first] = error instanceof AggregateError ? error.errors : [error];
  const message = serverWords(first instanceof Error ? first.message : String(first));
  const code = driverCode(first);
  const symptom = Object.hasOwn(remedies, code) ? undefined : symptoms.find(({ pattern }) => pattern.test(message));
  const words = symptom?.words ?? message.replaceAll(/\s+/g, ' ').replace(/[ .:]+$/, '');
  return { code: symptom?.code ?? code, words: words || code };
}

/** Removes the statement that knex puts before the server's words. */
function serverWords(message: string): string {
  return message.split(' - ').at(-1) ?? message;
}

/** Returns what was wrong, in the words of the server or the driver, and what to do about it, as one or two sentences. */
export function describeTrouble(prefix: string, error: unknown, setting: string): string {
  const { code, words } = troubleOf(error);
  const remedy = (Object.hasOwn(remedies, code) ? remedies[code] : undefined) ?? address;
  return `${prefix}: ${words}. ${remedy(setting)}`;
}
