import { z } from 'zod';
import { limits } from '../limits.ts';
import { hasForbiddenCharacters } from '../names.ts';
import { redact } from '../redact.ts';
import { parseUrl } from '../urls.ts';
import { groupNamesSchema } from './accounts/groups.ts';
import { idSchema, pageQuerySchema, pageSchema, timeSchema } from './common.ts';
import { normalizeHost } from './host.ts';

const maxUrlCharacters = 1024;

export const appNameSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,62}$/,
    'The name of an app has 1 to 63 lowercase letters, digits and hyphens, and does not begin with a hyphen.',
  )
  .meta({ description: 'The name of the app, which rules of tokens name. It cannot be changed', example: 'grafana' });

const urlError = 'Enter an address such as https://grafana.example.com/, without a user name and password.';

/** Where people find an app. */
const appUrlSchema = z
  .string()
  .max(maxUrlCharacters, `The URL must have at most ${maxUrlCharacters} characters.`)
  .refine(isWebAddress, urlError)
  .refine((text) => redact(text) === text, 'The URL must not contain a token value or another secret.')
  .meta({ example: 'https://grafana.example.com/' });

const hostSchema = z
  .string()
  .transform((text) => normalizeHost(text) ?? text)
  .refine(
    (host) => normalizeHost(host) === host,
    'Enter a host name such as grafana.example.com, without scheme, port and path.',
  );

const fields = {
  url: appUrlSchema.nullable().describe('Where people find the app'),
  hosts: z
    .array(hostSchema.meta({ example: 'grafana.example.com' }))
    .max(limits.maxHosts, `At most ${limits.maxHosts} hosts are accepted.`)
    .overwrite((hosts) => [...new Set(hosts)])
    .describe(
      'Requests for these hosts are for this app, on verify routes that do not name an app. Only as reliable as the proxy: it must route by the same host',
    ),
  groups: groupNamesSchema.describe('The owner of a token must be in one of these groups. Empty: no such condition'),
  max_expiry: z
    .int('max_expiry must be a whole number of seconds.')
    .min(1, 'max_expiry must be at least 1 second.')
    .max(limits.maxExpirySeconds, 'max_expiry must be at most 100 years.')
    .nullable()
    .meta({
      description: 'How many seconds a token that is restricted to this app may be valid at most. Null: no such limit',
      example: 7_776_000,
    }),
  preflight: z
    .enum(['pass', 'deny'], { error: 'preflight must be pass or deny.' })
    .describe('Whether CORS preflight requests reach the app without a token'),
};

/** An app as superusers see it. */
export const appSchema = z
  .object({
    id: idSchema,
    name: z.string().meta({ example: 'grafana' }),
    url: z.string().nullable().describe('Where people find the app'),
    hosts: z.array(z.string()).optional().describe('Only for superusers, as all fields below'),
    groups: z.array(z.string()).optional(),
    max_expiry: z.int().nullable().optional(),
    preflight: z.enum(['pass', 'deny']).optional(),
    created_at: timeSchema.optional(),
  })
  .meta({ id: 'App' });
export type App = z.infer<typeof appSchema>;

export const createAppBodySchema = z
  .strictObject({ name: appNameSchema, ...z.object(fields).partial().shape })
  .meta({ id: 'CreateApp' });
export type CreateAppBody = z.infer<typeof createAppBodySchema>;

export const editAppBodySchema = z
  .strictObject(z.object(fields).partial().shape)
  .refine((body) => Object.keys(body).length > 0, 'Send at least one field.')
  .meta({ id: 'EditApp' });
export type EditAppBody = z.infer<typeof editAppBodySchema>;

export const appListQuerySchema = pageQuerySchema.extend({
  name: z.string().min(1).optional().describe('Only the app with this name'),
});
export const appPageSchema = pageSchema(appSchema).meta({ id: 'AppPage' });

function isWebAddress(text: string): boolean {
  // A parser would leave out some of these characters, and a page would show another address than the one that a click opens.
  if (hasForbiddenCharacters(text) || /\s/.test(text)) return false;
  if (!/^https?:\/\//i.test(text) || parseUrl(text) === null) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}
