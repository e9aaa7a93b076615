import type { Fields } from '../../helpers/app/http.ts';

/** A good value in `Authorization`, in a way that is none of ours. */
export const otherSchemes: Record<string, (value: string) => string> = {
  'without a scheme': (value) => value,
  'under another scheme': (value) => `Digest ${value}`,
  'under a scheme that only begins alike': (value) => `Tokens ${value}`,
  'with a colon after the scheme': (value) => `Token: ${value}`,
  'with an equals sign': (value) => `Token token=${value}`,
  'quoted, as Rails takes it': (value) => `Token token="${value}"`,
  'glued to the scheme': (value) => `Bearer${value}`,
  'as the user of Basic': (value) => `Basic ${Buffer.from(`${value}:`).toString('base64')}`,
  'as the user of Basic with a known password': (value) =>
    `Basic ${Buffer.from(`${value}:x-oauth-basic`).toString('base64')}`,
  'in Basic without a colon': (value) => `Basic ${Buffer.from(value).toString('base64')}`,
  'in Basic as it is': (value) => `Basic any:${value}`,
  'in Basic with a password before it': (value) => `Basic ${Buffer.from(`any:x:${value}`).toString('base64')}`,
  'in Basic twice encoded': (value) =>
    `Basic ${Buffer.from(Buffer.from(`any:${value}`).toString('base64')).toString('base64')}`,
  'in Basic of another alphabet': (value) => `Basic ${Buffer.from(`ÿÿ>:${value}`).toString('base64url')}`,
  'in Basic without its padding': (value) =>
    `Basic ${Buffer.from(`1:${value}`).toString('base64').replaceAll('=', '')}`,
  'in Basic with junk after it': (value) => `Basic ${Buffer.from(`any:${value}`).toString('base64')}!`,
  'in Basic as UTF-16': (value) => `Basic ${Buffer.from(`any:${value}`, 'utf16le').toString('base64')}`,
};

/** A good value in a header field that is none of ours. */
export const otherFields: Array<[string, (value: string) => Fields]> = [
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
    'the address that a proxy tells',
    (value) => [
      ['X-Original-URI', `/?token=${value}&access_token=${value}`],
      ['X-Forwarded-Uri', `/?token=${value}`],
    ],
  ],
  [
    'what a proxy says about somebody',
    (value) => [
      ['X-Auth-User', 'dev@example.com'],
      ['X-Auth-Token-Id', value],
    ],
  ],
];
