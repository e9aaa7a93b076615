import {
  type Advice,
  identityNames,
  keepConnection,
  protect,
  protectEverything,
  tellOriginal,
  tellPeer,
} from './advice.ts';
import type { RawRequest } from './raw.ts';

/** Requests without a token, none of which may be let through. */
export interface Probe {
  readonly check: string;
  readonly title: string;
  readonly requests: readonly RawRequest[];
  /** `same`: must be answered as without it. `closed`: must not succeed; another refusal is one as well. */
  readonly expected: 'same' | 'closed';
  readonly advice: Advice;
}

type Fields = NonNullable<RawRequest['fields']>;

/** What proxies are often told to let through. */
const openPaths = ['/', '/healthz', '/login', '/favicon.ico', '/robots.txt', '/public/', '/static/', '/.well-known/'];

/** The identity that nobody has, under names as `spell` spells them. Each value can be told from the others. */
export function forgedIdentity(mark: string, spell: (name: string) => string): Fields {
  return identityNames.map((name, i) => [spell(name), `${mark}-${i}`]);
}

export const withUnderscores = (name: string) => name.replaceAll('-', '_');

/** All of them are GETs, and each is whole in itself: nothing is left over that a next request could begin with. */
export function probesOf(url: URL, mark: string): Probe[] {
  const path = url.pathname + url.search;
  return [
    {
      check: 'forged-identity',
      title: 'X-Auth-… without a token',
      requests: [{ fields: forgedIdentity(mark, (name) => name) }],
      expected: 'same',
      advice: protect,
    },
    {
      check: 'forged-identity-underscores',
      title: 'X_Auth_… without a token',
      requests: [{ fields: forgedIdentity(mark, withUnderscores) }],
      expected: 'same',
      advice: protect,
    },
    {
      check: 'forged-original',
      title: 'X-Original-… of another request',
      requests: [...openPaths.map((open) => original(url, open)), ...methods('X-Original-Method')],
      expected: 'same',
      advice: tellOriginal,
    },
    {
      check: 'forged-forwarded',
      title: 'X-Forwarded-… of another request',
      requests: [
        ...openPaths.map((open) => ({ fields: [['X-Forwarded-Uri', open] as const] })),
        ...methods('X-Forwarded-Method'),
      ],
      expected: 'same',
      advice: tellOriginal,
    },
    {
      check: 'forged-address',
      title: 'X-Forwarded-For of this machine',
      requests: ['127.0.0.1', '::1', '10.0.0.1'].map((address) => ({ fields: from(address) })),
      expected: 'same',
      advice: tellPeer,
    },
    {
      check: 'long-forwarded-for',
      title: 'X-Forwarded-For of 10,000 addresses',
      requests: [{ fields: from(Array(10_000).fill('10.0.0.1').join(', ')) }],
      expected: 'closed',
      advice: tellPeer,
    },
    {
      check: 'hop-by-hop',
      title: 'Connection: Authorization',
      requests: [
        { fields: [['Connection', 'close, Authorization, X-API-Key']] },
        {
          fields: [
            ['Authorization', 'Token nonsense'],
            ['Connection', 'close, Authorization'],
          ],
        },
        { fields: [...from('127.0.0.1'), ['Connection', 'close, X-Forwarded-For, X-Forwarded-Uri, X-Original-URI']] },
      ],
      expected: 'same',
      advice: keepConnection,
    },
    {
      check: 'absolute-form',
      title: 'A request line with the whole address',
      requests: [{ line: `${url.protocol}//${url.host}${path}` }],
      expected: 'closed',
      advice: protectEverything,
    },
    {
      check: 'two-hosts',
      title: 'Two Host fields',
      requests: [{ fields: [['Host', 'tokens-doctor.invalid']] }],
      expected: 'closed',
      advice: protectEverything,
    },
    {
      check: 'two-lengths',
      title: 'Transfer-Encoding and Content-Length',
      // By either of them the body is these five bytes.
      requests: [
        {
          fields: [
            ['Transfer-Encoding', 'chunked'],
            ['Content-Length', '5'],
          ],
          body: '0\r\n\r\n',
        },
      ],
      expected: 'closed',
      advice: protectEverything,
    },
  ];
}

/** Other spellings of the same path, for proxies that tell paths apart otherwise than the API does. */
export function pathProbe(url: URL, mark: string): Probe {
  const { pathname, search } = url;
  const encoded = pathname.replace(/[a-z](?=[^/]*$)/i, (letter) => `%${letter.charCodeAt(0).toString(16)}`);
  const spellings = [
    `/${pathname}`,
    `/.${pathname}`,
    `/${mark}/..${pathname}`,
    `/${mark}/%2e%2e${pathname}`,
    `/${mark}/..%2f${pathname.slice(1)}`,
    `${pathname};${mark}`,
    encoded,
    pathname.toUpperCase(),
  ].filter((spelling) => spelling !== pathname);
  return {
    check: 'path-spellings',
    title: 'Other spellings of the path',
    requests: spellings.map((spelling) => ({ line: spelling + search })),
    expected: 'closed',
    advice: protectEverything,
  };
}

function original(url: URL, path: string): RawRequest {
  return {
    fields: [
      ['X-Original-URI', path],
      ['X-Original-URL', url.origin + path],
      ['X-Rewrite-URL', path],
    ],
  };
}

function methods(name: string): RawRequest[] {
  return ['OPTIONS', 'HEAD'].map((method) => ({
    fields: [
      [name, method],
      ['X-HTTP-Method-Override', method],
    ],
  }));
}

function from(address: string): Fields {
  return [
    ['X-Forwarded-For', address],
    ['X-Real-IP', address],
    ['True-Client-IP', address],
    ['Forwarded', `for="${address.includes(':') ? `[${address}]` : address}"`],
  ];
}
