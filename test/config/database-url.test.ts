import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../server/config/config.ts';
import { databaseUrlMistake } from '../../server/config/database-url.ts';

const secret = 'S3cret';

describe('the database URL', () => {
  it.each([
    'sqlite:/var/lib/tokensd/tokens.db',
    'postgres://tokens@db.example.com/tokens',
    'postgresql://tokens:a%2Fb%23c%3Fd@db.example.com:5432/tokens?sslmode=verify-full',
    'postgres://tokens:a@b@db.example.com/tokens',
    'postgres://tokens:a:b@db.example.com/tokens',
    'postgres://tokens@%2Frun%2Fpostgresql/tokens',
    'postgres://tokens@db.example.com/tokens?application_name=me@example.com',
    'postgres://db.example.com/tokens?user=tokens&application_name=me@example.com',
    'postgres://tokens:a,b@[2001:db8::1]:5432/tokens',
  ])('may be %s', (url) => {
    expect(databaseUrlMistake(url)).toBeNull();
  });

  it.each([
    ['/', `postgres://tokens:${secret}/x@db.example.com/tokens`],
    ['#', `postgres://tokens:${secret}#x@db.example.com/tokens`],
    ['?', `postgres://tokens:${secret}?x@db.example.com/tokens`],
    ['/', `postgres://tokens:12/${secret}@db.example.com/tokens`],
    ['#', `postgres://tokens:12#${secret}@db.example.com/tokens`],
    ['?', `postgres://tokens:12?${secret}@db.example.com:5432/tokens?sslmode=require`],
    ['/', `postgres://tok/ens:${secret}@db.example.com/tokens`],
  ])('must have %s percent-encoded in the credentials, and the message does not show them', (delimiter, url) => {
    const mistake = databaseUrlMistake(url);
    expect(mistake).toBe(
      `has an unencoded ${delimiter} in the user name or password. Percent-encode it: the password a/b#c is written a%2Fb%23c`,
    );
    expect(() => readConfig({ TOKENSD_DATABASE_URL: url })).toThrow(ConfigError);
  });

  it.each([
    `postgres://tokens:${secret}@h1,h2/tokens`,
    `postgres://tokens:${secret}@h1:5432,h2:5432/tokens?target_session_attrs=read-write`,
    `postgres://tokens:${secret}@/tokens?host=h1,h2`,
  ])('must name one host: %s', (url) => {
    expect(databaseUrlMistake(url)).toMatch(/^names several hosts, but tokensd connects to one\. Use an address/);
  });

  it.each([
    [
      'a mistyped one, which would not encrypt',
      'sslmod=verify-full',
      'has the unknown parameter "sslmod" (known: sslmode, ',
    ],
    [
      'one that the driver ignores',
      'sslmode=require&channel_binding=require',
      'has the unknown parameter "channel_binding"',
    ],
    [
      "one that would replace the daemon's own timeouts",
      'query_timeout=0',
      'has the unknown parameter "query_timeout"',
    ],
    ['a mistyped mode', 'sslmode=verify_full', 'must give its parameter sslmode as disable, require, '],
    ['an empty file', 'sslrootcert=', 'must give its parameter sslrootcert as a file'],
  ])('may not have %s as a parameter', (_, parameters, mistake) => {
    expect(databaseUrlMistake(`postgres://tokens@db.example.com/tokens?${parameters}`)).toContain(mistake);
  });

  it('may have the modes of TLS that the documentation lists', () => {
    const page = readFileSync(new URL('../../docs/postgresql.md', import.meta.url), 'utf8');
    const rows = page.split('\n').filter((line) => /^\| (?:not given, or )?`[a-z-]+`.* (?:TLS|unencrypted)/.test(line));
    const modes = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, mode]) => mode));
    expect(modes).toHaveLength(6);
    for (const mode of modes) {
      expect(databaseUrlMistake(`postgres://tokens@db.example.com/tokens?sslmode=${mode}`), mode).toBeNull();
    }
  });

  it('does not show a part of a password that looks like a parameter', () => {
    const mistake = databaseUrlMistake(`postgres://tokens:p@ss?${secret}@db.example.com/tokens`);
    expect(mistake).toContain('has an unknown parameter');
    expect(mistake).not.toContain(secret);
  });

  it.each([
    'mysql://tokens@db.example.com/tokens',
    'host=db.example.com dbname=tokens',
    'postgres:tokens',
    'sqlite:',
    'postgres://tokens@db.example.com:port/tokens',
    'postgres://tokens@db.example.com:99999/tokens?application_name=a@b',
  ])('must have a known form, unlike %s', (url) => {
    expect(databaseUrlMistake(url)).toMatch(/^must be sqlite:/);
  });
});
