import type { Fields } from '../../helpers/app/http.ts';

const inBasic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;

/** Ways to put a token into `Authorization` that must be rejected. */
export const otherSchemes: Record<string, (value: string) => string> = {
  'without a scheme': (value) => value,
  'under another scheme': (value) => `Digest ${value}`,
  'under a scheme that only starts the same': (value) => `Tokens ${value}`,
  'with a colon after the scheme': (value) => `Token: ${value}`,
  'with an equals sign': (value) => `Token token=${value}`,
  'quoted, in the style of Rails': (value) => `Token token="${value}"`,
  'without a space after the scheme': (value) => `Bearer${value}`,
  'as the user name of Basic with a password': (value) => inBasic(`${value}:x`),
  'as the user name of Basic with the same token, misspelled, as the password': (value) =>
    inBasic(`${value}:${value.slice(0, -1)}`),
  'as the user name of Basic with X-OAUTH-BASIC': (value) => inBasic(`${value}:X-OAUTH-BASIC`),
  'as the user name of Basic with a space as the password': (value) => inBasic(`${value}: `),
  'as the user name of Basic with a colon as the password': (value) => inBasic(`${value}::`),
  'as the user name of Basic after a space': (value) => inBasic(` ${value}:`),
  'as the user name of Basic in capitals': (value) => inBasic(`${value.toUpperCase()}:`),
  'in Basic without a colon': (value) => `Basic ${Buffer.from(value).toString('base64')}`,
  'in Basic without encoding': (value) => `Basic any:${value}`,
  'in Basic after another password': (value) => `Basic ${Buffer.from(`any:x:${value}`).toString('base64')}`,
  'in Basic encoded twice': (value) =>
    `Basic ${Buffer.from(Buffer.from(`any:${value}`).toString('base64')).toString('base64')}`,
  'in Basic with half of the padding': (value) => inBasic(`${'1'.repeat(value.length % 3)}:${value}`).replace(/=$/, ''),
  'in Basic with too much padding': (value) => `${inBasic(`any:${value}`)}=`,
  'in Basic with both base64 alphabets': (value) => inBasic(`ÿÿ>ÿÿ>:${value}`).replace(/[+/]/, '-'),
  'in Basic with a line break': (value) =>
    `Basic ${Buffer.from(`any:${value}`).toString('base64').replace(/^.{8}/, '$& ')}`,
  'in Basic with trailing junk': (value) => `Basic ${Buffer.from(`any:${value}`).toString('base64')}!`,
  'in Basic as UTF-16': (value) => `Basic ${Buffer.from(`any:${value}`, 'utf16le').toString('base64')}`,
};

/** Headers from which a token must never be read. */
export const otherHeaders: Array<[string, (value: string) => Fields]> = [
  ['Proxy-Authorization', (value) => [['Proxy-Authorization', `Token ${value}`]]],
  ['X-Authorization', (value) => [['X-Authorization', `Token ${value}`]]],
  ['X-Original-Authorization', (value) => [['X-Original-Authorization', `Token ${value}`]]],
  ['X-Forwarded-Authorization', (value) => [['X-Forwarded-Authorization', `Token ${value}`]]],
  ['X-Auth-Token', (value) => [['X-Auth-Token', value]]],
  ['X-Access-Token', (value) => [['X-Access-Token', value]]],
  ['X_API_Key', (value) => [['X_API_Key', value]]],
  ['Api-Key', (value) => [['Api-Key', value]]],
  ['PRIVATE-TOKEN', (value) => [['PRIVATE-TOKEN', value]]],
  ['Referer', (value) => [['Referer', `https://x/?token=${value}`]]],
  ['User-Agent', (value) => [['User-Agent', `Token ${value}`]]],
  [
    'a cookie',
    (value) => [
      [
        'Cookie',
        [
          'token',
          'Authorization',
          'access_token',
          'api_key',
          'sessionid',
          '__Host-tokens_session',
          'tokens_session_insecure',
        ]
          .map((name) => `${name}=${value}`)
          .join('; '),
      ],
    ],
  ],
  [
    'the original URI that a proxy sends',
    (value) => [
      ['X-Original-URI', `/?token=${value}&access_token=${value}`],
      ['X-Forwarded-Uri', `/?token=${value}`],
    ],
  ],
  [
    'the identity headers of a proxy',
    (value) => [
      ['X-Auth-User', 'dev@example.com'],
      ['X-Auth-Token-Id', value],
    ],
  ],
];
