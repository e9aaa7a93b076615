import type { Context, GlobalOptions } from '../context.ts';
import { type CredentialStore, type CredentialStoreName, headersAccount } from '../credentials/store.ts';
import { hasCode, localError } from '../errors.ts';
import type { ServerEntry } from './config-file.ts';
import type { Server } from './server-url.ts';

/** Header fields for a gateway in front of the daemon, such as Cloudflare Access. The values are credentials. */
export type GatewayHeaders = Readonly<Record<string, string>>;

/** Where the fields come from. Fields of the environment are never stored. */
export interface FoundHeaders {
  readonly fields: GatewayHeaders;
  readonly source: 'option' | 'environment' | 'stored';
}

type OpenStore = (name: CredentialStoreName) => Promise<CredentialStore>;

/** Fields that this program or the connection sets. */
const reserved = /^(authorization|host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|content-.*)$/i;
const field = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)[ \t]*$/;

/** Returns the fields of `--header`, else of `TOKENS_HEADERS` (one per line), else those that `login` stored. */
export async function findHeaders(
  ctx: Context,
  options: GlobalOptions & { header?: readonly string[] },
  server: Server,
  findEntry: () => Promise<ServerEntry | null>,
  openStore: OpenStore,
): Promise<FoundHeaders> {
  if (options.header !== undefined) return { fields: parseHeaders(options.header, '--header'), source: 'option' };
  const lines = ctx.env.TOKENS_HEADERS?.split(/\r?\n/).filter((line) => line.trim() !== '') ?? [];
  if (lines.length > 0) return { fields: parseHeaders(lines, 'TOKENS_HEADERS'), source: 'environment' };
  // An unreadable configuration is no error here, because a command that needs it reports the error itself.
  const entry = await findEntry().catch((error: unknown) => {
    if (hasCode(error, 'usage') || hasCode(error, 'damaged-file')) return null;
    throw error;
  });
  if (!entry?.headers?.length) return { fields: {}, source: 'stored' };
  const stored = await (await openStore(entry.credentialStore)).get(headersAccount(entry));
  if (stored !== null) return { fields: parseStored(stored), source: 'stored' };
  const names = entry.headers.join(', ');
  throw localError(
    'not-signed-in',
    `The header fields for ${server.url} (${names}) are no longer stored. Run \`tokens login ${server.url} --header 'NAME: VALUE'\`.`,
  );
}

/** @throws CliError `usage`, which does not repeat the value of a field */
function parseHeaders(lines: readonly string[], origin: string): GatewayHeaders {
  const fields = lines.map((line) => {
    const [, name, value] = field.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw localError('usage', `${origin} is not a header field. Write it as 'NAME: VALUE' in printable ASCII.`);
    }
    if (reserved.test(name))
      throw localError('usage', `${origin} must not set ${name}, because tokens sets it itself.`);
    return [name, value] as const;
  });
  return Object.fromEntries(fields);
}

function parseStored(text: string): GatewayHeaders {
  try {
    return JSON.parse(text) as GatewayHeaders;
  } catch (error) {
    throw localError('damaged-file', 'The stored header fields are damaged. Run `tokens login` with --header.', error);
  }
}
