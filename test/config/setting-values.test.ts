import { describe, expect, it } from 'vitest';
import { readConfig } from '../../server/config/config.ts';
import { describeConfig } from '../../server/config/describe-config.ts';
import { mistakesOf } from './mistakes.ts';

const read = (env: Record<string, string>) => readConfig({ HOME: '/nowhere', ...env });

describe('every value', () => {
  it.each(['http://h\n', ' http://h', 'http://h\r', '\ufeffhttp://h', '\u00a0http://h\u2003'])(
    'is trimmed: %j',
    (value) => {
      expect(read({ TOKENSD_PUBLIC_URL: value }).publicUrl).toBe('http://h');
    },
  );

  it.each([' ', '\r', '\n\t'])('counts as unset if only white space remains: %j', (value) => {
    expect(read({ TOKENSD_PUBLIC_URL: value, TOKENSD_LISTEN: value }).publicUrl).toBe('http://127.0.0.1:8420');
    expect(read({ TOKENSD_TRUSTED_PROXIES: value }).trustedProxies).toEqual([]);
  });

  it.each([
    ['http://h\nhttp://other', 'U+000A'],
    ['http://h\u0000', 'U+0000'],
    ['http://h\u200bx', 'U+200B'],
    ['http://h\u202ex', 'U+202E'],
    ['http://h\u0085x', 'U+0085'],
  ])('must not contain invisible characters: %j', (value, code) => {
    for (const name of ['TOKENSD_PUBLIC_URL', 'TOKENSD_OIDC_CLIENT_SECRET', 'TOKENSD_MAIL_FROM']) {
      expect(mistakesOf({ [name]: value })).toEqual([
        `${name} must not contain control characters or invisible characters, but contains ${code}`,
      ]);
    }
  });

  it.each(['"https://tokens.example.com"', "'https://tokens.example.com'", '“Example Corp”'])(
    'must not be quoted, because docker --env-file keeps quotation marks: %s',
    (value) => {
      expect(mistakesOf({ TOKENSD_PUBLIC_URL: value, TOKENSD_ORGANIZATION: value })).toEqual([
        expect.stringContaining('TOKENSD_PUBLIC_URL must not be enclosed in quotation marks'),
        expect.stringContaining('TOKENSD_ORGANIZATION must not be enclosed in quotation marks'),
      ]);
    },
  );

  it('may contain quotation marks', () => {
    expect(
      read({ TOKENSD_ORGANIZATION: 'The "Example" Corp', TOKENSD_MAIL_FROM: '"Corp" <t@example.com>' }),
    ).toMatchObject({
      organization: 'The "Example" Corp',
      mailFrom: '"Corp" <t@example.com>',
    });
  });

  it.each([
    `postgres://tokens:${'$'}{DB_PASSWORD}@db.example.com/tokens`,
    'postgres://tokens:$(DB_PASSWORD)@db.example.com/tokens',
    'postgres://tokens:{{ .Values.password }}@db.example.com/tokens',
    '$DATABASE_URL',
  ])('must not be a placeholder: %s', (value) => {
    expect(mistakesOf({ TOKENSD_DATABASE_URL: value })).toEqual([
      'TOKENSD_DATABASE_URL contains a placeholder that nothing has replaced. Write the value itself',
    ]);
  });

  it('may contain a dollar sign', () => {
    const url = 'postgres://tokens:a$b@db.example.com/tokens';
    expect(read({ TOKENSD_DATABASE_URL: url }).databaseUrl).toBe(url);
  });
});

describe('TOKENSD_INTERNAL_LISTEN', () => {
  it('is an address and a port, or the path of a Unix socket', () => {
    const internalListen = (value: string) => read({ TOKENSD_INTERNAL_LISTEN: value }).internalListen;
    expect(internalListen('')).toBeNull();
    expect(internalListen('127.0.0.1:8421')).toEqual({ host: '127.0.0.1', port: 8421 });
    expect(internalListen('*:8421')).toEqual({ host: null, port: 8421 });
    expect(internalListen('unix:/run/tokensd/internal.sock')).toEqual({ socket: '/run/tokensd/internal.sock' });
  });

  it.each(['8421', 'unix:internal.sock', 'unix:', '/run/tokensd/internal.sock', 'http://127.0.0.1:8421'])(
    'must not be %s',
    (value) => {
      expect(mistakesOf({ TOKENSD_INTERNAL_LISTEN: value })).toEqual([
        expect.stringMatching(/^TOKENSD_INTERNAL_LISTEN must be HOST:PORT, .* or unix:\/path\/of\.sock$/),
      ]);
    },
  );

  it('must not have a path that Node.js would cut off', () => {
    expect(mistakesOf({ TOKENSD_INTERNAL_LISTEN: `unix:/${'x'.repeat(103)}` })).toEqual([
      'TOKENSD_INTERNAL_LISTEN must have a path of at most 103 bytes, because Unix sockets allow no longer one',
    ]);
  });

  it('must not be the address of TOKENSD_LISTEN', () => {
    const mistake = 'TOKENSD_INTERNAL_LISTEN must not be the address of TOKENSD_LISTEN. Choose another one';
    expect(mistakesOf({ TOKENSD_INTERNAL_LISTEN: '127.0.0.1:8420' })).toEqual([mistake]);
    expect(mistakesOf({ TOKENSD_LISTEN: ':9000', TOKENSD_INTERNAL_LISTEN: '*:9000' })).toEqual([mistake]);
    const unix = { TOKENSD_LISTEN: 'unix:/run/a.sock', TOKENSD_PUBLIC_URL: 'https://tokens.example.com' };
    expect(mistakesOf({ ...unix, TOKENSD_INTERNAL_LISTEN: 'unix:/run/a.sock' })).toEqual([mistake]);
    expect(mistakesOf({ ...unix, TOKENSD_INTERNAL_LISTEN: 'unix:/run/b.sock' })).toEqual([]);
  });

  it.each(['127.0.0.1:8421', 'unix:/run/tokensd/internal.sock'])('is printed as it was set: %s', (value) => {
    expect(describeConfig(read({ TOKENSD_INTERNAL_LISTEN: value }))).toContain(`TOKENSD_INTERNAL_LISTEN=${value}`);
  });
});

describe('TOKENSD_LISTEN', () => {
  it('may be a Unix socket, if a public URL is set', () => {
    const TOKENSD_LISTEN = 'unix:/run/tokensd/tokensd.sock';
    const config = read({ TOKENSD_LISTEN, TOKENSD_PUBLIC_URL: 'https://tokens.example.com' });
    expect(config.listen).toEqual({ socket: '/run/tokensd/tokensd.sock' });
    expect(describeConfig(config)).toContain(`TOKENSD_LISTEN=${TOKENSD_LISTEN}`);
    expect(mistakesOf({ TOKENSD_LISTEN })).toEqual([
      'TOKENSD_PUBLIC_URL must be set if TOKENSD_LISTEN is a Unix socket, because browsers cannot open it',
    ]);
    expect(mistakesOf({ TOKENSD_LISTEN, TOKENSD_PUBLIC_URL_FILE: '/missing' })).toHaveLength(1);
  });

  it.each([
    ['127.0.0.1:8420', '127.0.0.1'],
    ['localhost:8420', 'localhost'],
    ['[::1]:8420', '::1'],
    ['[::]:8420', '::'],
    ['0.0.0.0:8420', '0.0.0.0'],
    ['*:8420', null],
    [':8420', null],
  ])('accepts %s', (value, host) => {
    expect(read({ TOKENSD_LISTEN: value }).listen).toEqual({ host, port: 8420 });
  });

  it.each([
    '8420',
    '127.0.0.1',
    '::1:8420',
    '::',
    '*',
    ':',
    'http://127.0.0.1:8420',
    '127.0.0.1:65536',
    '[x]:1',
    '[12::1::]:1',
  ])('rejects %s and shows the forms', (value) => {
    expect(mistakesOf({ TOKENSD_LISTEN: value })).toEqual([
      'TOKENSD_LISTEN must be HOST:PORT, such as 127.0.0.1:8420, [::1]:8420, or *:8420 for all addresses, or unix:/path/of.sock',
    ]);
  });

  it.each(['*:8420', ':8420', '0.0.0.0:8420', '[::]:8420'])('%s makes localhost the default public URL', (value) => {
    expect(read({ TOKENSD_LISTEN: value }).publicUrl).toBe('http://localhost:8420');
  });

  it('is shown in a form that it accepts', () => {
    expect(describeConfig(read({ TOKENSD_LISTEN: ':8420' }))).toContain('TOKENSD_LISTEN=*:8420');
  });
});

describe('TOKENSD_PUBLIC_URL', () => {
  it.each([
    ['HTTPS://Tokens.Example.COM/', 'https://tokens.example.com'],
    ['https://tokens.example.com:443', 'https://tokens.example.com'],
    ['http://tokens.example.com:80//', 'http://tokens.example.com'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
  ])('is read as browsers send it: %s', (value, publicUrl) => {
    expect(read({ TOKENSD_PUBLIC_URL: value }).publicUrl).toBe(publicUrl);
  });

  it.each([
    'tokens.example.com',
    'http://*:8420',
    'https://a b.example',
    'https://h/a b',
    'https://h/#x',
    'https://h/?',
    'ftp://h',
  ])('rejects %s', (value) => {
    expect(mistakesOf({ TOKENSD_PUBLIC_URL: value }).join()).toMatch(/^TOKENSD_PUBLIC_URL must [^\n]*$/);
  });
});

it.each(['true', 'True', 'TRUE', ' true\n'])('accepts %j as true', (value) => {
  expect(read({ TOKENSD_REQUIRE_TOTP: value }).requireTotp).toBe(true);
});

it.each(['yes', 'on', '1', 'y', 'wahr'])('rejects %j instead of guessing whether it means true', (value) => {
  expect(mistakesOf({ TOKENSD_REQUIRE_TOTP: value })).toEqual(['TOKENSD_REQUIRE_TOTP must be true or false']);
});

it('accepts a log level in any case', () => {
  expect(read({ TOKENSD_LOG_LEVEL: 'WARN' }).logLevel).toBe('warn');
});

it('rejects a data directory whose ~ no shell has expanded', () => {
  expect(mistakesOf({ TOKENSD_DATA_DIR: '~/tokensd' })).toEqual([
    'TOKENSD_DATA_DIR must not start with ~. Write the whole path',
  ]);
});

it.each(['10.0.0.0/8,fd00::/8', ' 10.0.0.0/8 , fd00::/8, ', '10.0.0.0/8 fd00::/8', '10.0.0.0/8\n\tfd00::/8\r\n'])(
  'accepts a list with spaces or line breaks: %j',
  (value) => {
    expect(read({ TOKENSD_TRUSTED_PROXIES: value }).trustedProxies).toEqual(['10.0.0.0/8', 'fd00::/8']);
  },
);

it.each(['90d', '7776000'])('accepts the duration %s', (value) => {
  expect(read({ TOKENSD_MAX_EXPIRY: value }).maxExpiry).toBe(7_776_000);
});

it.each(['90 days', '90D', '-1d', '0', '1.5h', '0d', '200y'])('rejects the duration %s', (value) => {
  expect(mistakesOf({ TOKENSD_MAX_EXPIRY: value }).join()).toContain('TOKENSD_MAX_EXPIRY must be a duration');
});

describe('the limits of sessions', () => {
  const day = 86_400;
  const names = [
    'TOKENSD_CLI_SESSION_IDLE',
    'TOKENSD_CLI_SESSION_MAX',
    'TOKENSD_CONSOLE_SESSION_IDLE',
    'TOKENSD_CONSOLE_SESSION_MAX',
  ];

  it('are those of the documentation by default', () => {
    expect(read({}).sessionLimits).toEqual({
      program: { idle: 30 * day, max: 180 * day },
      console: { idle: day / 2, max: 30 * day },
    });
  });

  it('belong to the kind of session that the setting names', () => {
    const env = Object.fromEntries(names.map((name, index) => [name, `${index + 1}h`]));
    expect(read(env).sessionLimits).toEqual({
      program: { idle: 3600, max: 7200 },
      console: { idle: 10_800, max: 14_400 },
    });
  });

  it.each(names)('rejects less than five minutes for %s', (name) => {
    expect(mistakesOf({ [name]: '299' })).toEqual([`${name} must be at least 5m`]);
    expect(mistakesOf({ [name]: '0' })).toEqual([expect.stringContaining(`${name} must be a duration`)]);
    expect(mistakesOf({ [name]: '5m' })).toEqual([]);
  });

  it.each(['CLI', 'CONSOLE'])('names both settings if the idle time of %s is longer than the maximum', (kind) => {
    const [idle, max] = [`TOKENSD_${kind}_SESSION_IDLE`, `TOKENSD_${kind}_SESSION_MAX`];
    expect(mistakesOf({ [idle]: '2d', [max]: '1d' })).toEqual([`${idle} must not be longer than ${max}`]);
    expect(mistakesOf({ [idle]: '1d', [max]: '1d' })).toEqual([]);
    expect(mistakesOf({ [idle]: '1y' })).toEqual([`${idle} must not be longer than ${max}. Set ${max} too`]);
  });

  it('lets a default idle time give way to a shorter maximum', () => {
    const { sessionLimits } = read({ TOKENSD_CLI_SESSION_MAX: '1d', TOKENSD_CONSOLE_SESSION_MAX: '1h' });
    expect(sessionLimits).toEqual({ program: { idle: day, max: day }, console: { idle: 3600, max: 3600 } });
  });
});
