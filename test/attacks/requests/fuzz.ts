import {
  hostileHeaders,
  hostileJson,
  hostileKeys,
  hostileText,
  hostileTypes,
  unusualMethods,
} from './hostile-input.ts';

/** The parts of a request before it is encoded. Any of them may be malformed. */
export interface Draft {
  method: string;
  target: string;
  headers: Array<[string, string]>;
  /** In latin1: one character per byte. */
  body: string;
  /** Number of bytes after which the client closes its side. If absent, the client sends everything and waits. */
  cutAt?: number;
}

export interface Random {
  below(limit: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
}

/** Creates a Mulberry32 generator, which returns the same numbers for the same seed on every platform. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    chance: (probability) => next() < probability,
    pick<T>(items: readonly T[]): T {
      if (items.length === 0) throw new Error('There is nothing to pick from');
      return items[below(items.length)] as T;
    },
  };
}

type Mutation = (draft: Draft, random: Random) => void;

function setHeader(draft: Draft, name: string, value: string): void {
  draft.headers = [...draft.headers.filter(([one]) => one.toLowerCase() !== name.toLowerCase()), [name, value]];
}

function typeOf(draft: Draft): string {
  return draft.headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
}

const splice = (text: string, at: number, remove: number, insert: string) =>
  text.slice(0, at) + insert + text.slice(at + remove);

/** Replaces a value in the body. */
const replaceValue: Mutation = (draft, random) => {
  if (typeOf(draft).includes('json')) {
    const values = [...draft.body.matchAll(/:("(?:[^"\\]|\\.)*"|[^,}\]]+)/g)];
    const value = values.length > 0 ? random.pick(values) : undefined;
    draft.body = value
      ? splice(draft.body, value.index + 1, value[0].length - 1, random.pick(hostileJson))
      : random.pick(hostileJson);
  } else {
    const values = [...draft.body.matchAll(/=([^&\r]*)/g)];
    const value = values.length > 0 ? random.pick(values) : undefined;
    draft.body = value
      ? splice(draft.body, value.index + 1, value[0].length - 1, random.pick(hostileText))
      : random.pick(hostileText);
  }
};

const addKey: Mutation = (draft, random) => {
  const key = random.pick(hostileKeys);
  if (typeOf(draft).includes('json')) draft.body = draft.body.replace(/^\{/, `{"${key}":${random.pick(hostileJson)},`);
  else draft.body = `${key}=${random.pick(hostileText)}&${draft.body}`;
};

/** Repeats the fields of the body. */
const repeatFields: Mutation = (draft, random) => {
  if (typeOf(draft).includes('json'))
    draft.body = draft.body.replace(/^\{(.*)\}$/s, random.chance(0.5) ? '{$1,$1}' : '{$1}{$1}');
  else draft.body = `${draft.body}&${draft.body}`;
};

const spliceBytes: Mutation = (draft, random) => {
  for (let count = 1 + random.below(4); count > 0; count -= 1) {
    const bytes = Array.from({ length: random.below(4) }, () => String.fromCharCode(random.below(256))).join('');
    draft.body = splice(draft.body, random.below(draft.body.length + 1), random.below(3), bytes);
  }
};

const turnIntoMultipart: Mutation = (draft, random) => {
  const fields = ['username', 'password', 'name', 'form_token', 'email', random.pick(hostileKeys)];
  const end = random.pick(['--B--\r\n', '--B', '', '--C--\r\n', '--B--', '\r\n--B--junk']);
  const line = random.pick(['\r\n', '\n', '\r']);
  const parts = fields.map((field) => {
    const disposition = random.pick([
      `form-data; name="${field}"`,
      `form-data; name="${field}"; filename="../../x"`,
      `form-data; name=${field}`,
      `form-data; name="${field}`,
      `attachment; name="${field}"`,
      `form-data; name*=UTF-8''%ff`,
      'form-data',
    ]);
    const type = random.chance(0.2) ? `${line}Content-Type: ${random.pick(hostileTypes)}` : '';
    const encoding = random.chance(0.1) ? `${line}Content-Transfer-Encoding: base64` : '';
    return `--B${line}Content-Disposition: ${disposition}${type}${encoding}${line}${random.chance(0.9) ? line : ''}${random.pick(hostileText)}${line}`;
  });
  draft.body = parts.join('') + end;
  setHeader(
    draft,
    'Content-Type',
    random.pick([
      'multipart/form-data; boundary=B',
      'multipart/form-data; boundary="B"',
      'multipart/form-data; boundary=C',
    ]),
  );
};

const changePath: Mutation = (draft, random) => {
  const [path = '', query = ''] = draft.target.split('?');
  const parts = path.split('/');
  const at = 1 + random.below(Math.max(1, parts.length - 1));
  const text = random.pick(hostileText).replace(/[ \r\n]/g, '');
  if (random.chance(0.5)) parts[at] = text;
  else parts.splice(at, 0, text);
  draft.target = `${parts.join('/') || '/'}${query && `?${query}`}`;
};

const extendQuery: Mutation = (draft, random) => {
  const names = [
    'limit',
    'cursor',
    'q',
    'user',
    'status',
    'since',
    'dialog',
    'id',
    'next',
    'state',
    'code',
    'done',
    ...hostileKeys.filter((key) => !/[ \\]/.test(key)),
  ];
  const query = Array.from(
    { length: 1 + random.below(4) },
    () => `${random.pick(names)}=${random.pick(hostileText).replace(/[ \r\n]/g, '')}`,
  );
  draft.target += `${draft.target.includes('?') ? '&' : '?'}${query.join('&')}`;
};

const mutations: Mutation[] = [
  replaceValue,
  replaceValue,
  addKey,
  repeatFields,
  spliceBytes,
  turnIntoMultipart,
  changePath,
  extendQuery,
  (draft, random) => setHeader(draft, 'Content-Type', random.pick(hostileTypes)),
  (draft, random) => {
    draft.headers.push(random.pick(hostileHeaders));
  },
  (draft, random) => {
    const again = random.pick(draft.headers);
    draft.headers.push(random.chance(0.5) ? again : [again[0].toUpperCase(), random.pick(hostileText)]);
  },
  (draft, random) => {
    draft.method = random.pick(unusualMethods);
  },
  (draft, random) => {
    draft.body = random.pick([...hostileJson, ...hostileText, 'x'.repeat(70_000), '\xef\xbb\xbf{}', '\xff\xfe{\0}\0']);
  },
  (draft, random) => {
    draft.body = draft.body.slice(0, random.below(draft.body.length + 1));
  },
  (draft, random) => {
    draft.cutAt = random.below(2000);
  },
  (draft, random) => {
    setHeader(
      draft,
      'Content-Length',
      random.pick(['-1', '0', '1', 'x', '1e3', '0x10', '99999999999999999999', '5, 5', ' ']),
    );
    draft.cutAt = Number.POSITIVE_INFINITY;
  },
  (draft, random) => {
    setHeader(
      draft,
      'Transfer-Encoding',
      random.pick(['chunked', 'gzip, chunked', 'junk', 'chunked, chunked', 'identity']),
    );
    if (random.chance(0.7))
      draft.body = `${random.pick(['5', 'zz', '-1', 'FFFFFFFFFFFFFFFFF', '5;x=y'])}\r\n${draft.body}\r\n0\r\n\r\n`;
    draft.cutAt = Number.POSITIVE_INFINITY;
  },
];

/** Returns a copy of the request with one to four mutations. */
export function mutate(draft: Draft, random: Random): Draft {
  const mutated: Draft = { ...draft, headers: draft.headers.map(([name, value]) => [name, value]) };
  for (let count = 1 + random.below(4); count > 0; count -= 1) random.pick(mutations)(mutated, random);
  return mutated;
}

/** Encodes the message. `partial` is true if it may be incomplete for the server, so the client must close its side. */
export function bytesOf({ method, target, headers, body, cutAt }: Draft): { bytes: Buffer; partial: boolean } {
  const hasLength = headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
  const host = headers.some(([name]) => /^host$/i.test(name)) ? [] : [['Host', 'tokens.test'] as const];
  const length = hasLength ? [] : [['Content-Length', String(body.length)] as const];
  const fields = [...host, ...headers, ...length, ['Connection', 'close'] as const];
  const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const bytes = Buffer.from(`${method} ${target} HTTP/1.1\r\n${head}\r\n${body}`, 'latin1');
  return { bytes: bytes.subarray(0, Math.min(bytes.length, cutAt ?? bytes.length)), partial: cutAt !== undefined };
}
