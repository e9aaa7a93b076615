import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../server/config/config.ts';
import { readSettingTexts } from '../../server/config/settings/setting-texts.ts';
import { emptySettings, settingNames } from '../../server/config/settings/settings.ts';
import { numRuns } from '../helpers/length.ts';
import { anyValue, mistakesOf } from './mistakes.ts';

const read = (env: Record<string, string>) => readConfig({ HOME: '/nowhere', ...env });

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tokensd-settings-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

describe('a file named by NAME_FILE', () => {
  it.each(settingNames)('sets %s', (name) => {
    const path = file('value', 'the value\n');
    expect(readSettingTexts({ [`${name}_FILE`]: path })).toEqual({
      values: { [name]: 'the value' },
      sources: { [name]: path },
      files: { [name]: path },
      mistakes: [],
    });
  });

  it.each([
    ['a line break', 'smtp://mail.example.com\n'],
    ['a Windows line break', 'smtp://mail.example.com\r\n'],
    ['a byte order mark', '\ufeffsmtp://mail.example.com'],
    ['spaces and no-break spaces', ' \u00a0smtp://mail.example.com\u00a0\n'],
  ])('may have %s around the value', (_what, content) => {
    expect(read({ TOKENSD_SMTP_URL_FILE: file('smtp', content) }).smtpUrl).toBe('smtp://mail.example.com');
  });

  it('has the same meaning as its setting, whatever the value is', () => {
    fc.assert(
      fc.property(fc.constantFrom(...settingNames), anyValue, (name, value) => {
        const direct = readSettingTexts({ [name]: value });
        const path = file('any-value', `${value}\n`);
        const read = readSettingTexts({ [`${name}_FILE`]: path });
        expect(read.values).toEqual(direct.values);
        const unnamed = read.mistakes.map((mistake) => mistake.replace(` (from ${path})`, ''));
        const isEmpty = value.trim() === '' && !emptySettings.includes(name);
        expect(unnamed).toEqual(isEmpty ? [`${name}_FILE names ${path}, which is empty`] : direct.mistakes);
      }),
      { numRuns: numRuns(500) },
    );
  });

  it('may be empty if the setting may', () => {
    const path = file('empty-list', '\n');
    expect(read({ TOKENSD_TRUSTED_PROXIES_FILE: path }).trustedProxies).toEqual([]);
    expect(read({ TOKENSD_EXPIRY_NOTICES_FILE: path }).expiryNotices).toEqual([]);
  });

  it('may be relative to the working directory', () => {
    const path = relative(process.cwd(), file('organization', 'Example Corp'));
    expect(read({ TOKENSD_ORGANIZATION_FILE: path }).organization).toBe('Example Corp');
  });

  it('may list one entry per line', () => {
    const path = file('proxies', '10.0.0.0/8\r\nfd00::/8\n\n192.0.2.1\n');
    expect(read({ TOKENSD_TRUSTED_PROXIES_FILE: path }).trustedProxies).toEqual([
      ...['10.0.0.0/8', 'fd00::/8', '192.0.2.1'],
    ]);
  });

  it('is remembered for the database, so that a changed password can be read again', () => {
    const path = file('database', 'postgres://tokens:s3cret@db.example.com/tokens\n');
    expect(read({ TOKENSD_DATABASE_URL_FILE: path })).toMatchObject({
      databaseUrl: 'postgres://tokens:s3cret@db.example.com/tokens',
      databaseUrlFile: path,
    });
    expect(read({ TOKENSD_DATABASE_URL: 'postgres://db.example.com/tokens' }).databaseUrlFile).toBeNull();
  });

  it('must not be set together with its setting', () => {
    const path = file('both', 'canary');
    expect(mistakesOf({ TOKENSD_ORGANIZATION: 'canary', TOKENSD_ORGANIZATION_FILE: path })).toEqual([
      'TOKENSD_ORGANIZATION and TOKENSD_ORGANIZATION_FILE are both set. Remove one of them',
    ]);
    expect(read({ TOKENSD_ORGANIZATION: '', TOKENSD_ORGANIZATION_FILE: path }).organization).toBe('canary');
    expect(read({ TOKENSD_ORGANIZATION: 'Example', TOKENSD_ORGANIZATION_FILE: '' }).organization).toBe('Example');
  });

  const unusable: Array<[string, () => string, string]> = [
    ['missing', () => join(directory, 'missing'), 'cannot be read: there is no such file'],
    ['a directory', () => directory, 'is a directory'],
    ['empty', () => file('empty', ''), 'is empty'],
    ['white space only', () => file('blank', ' \r\n\n'), 'is empty'],
    ['larger than 64 KiB', () => file('large', 'x'.repeat(65_537)), 'is larger than 64 KiB'],
    ['not UTF-8', () => file('utf-16', Buffer.from('\ufeffpostgres://db/tokens', 'utf16le')), 'is not UTF-8 text'],
    ['a device without end', () => '/dev/zero', 'is not a regular file'],
  ];
  it.each(unusable)('is a mistake if it is %s', (_what, create, reason) => {
    const path = create();
    expect(mistakesOf({ TOKENSD_DATABASE_URL_FILE: path })).toEqual([
      `TOKENSD_DATABASE_URL_FILE names ${path}, which ${reason}`,
    ]);
  });

  it('is a mistake if it is a pipe, instead of waiting for a writer', () => {
    const path = join(directory, 'pipe');
    execFileSync('mkfifo', [path]);
    expect(mistakesOf({ TOKENSD_SMTP_URL_FILE: path })).toEqual([
      `TOKENSD_SMTP_URL_FILE names ${path}, which is not a regular file`,
    ]);
  });

  it('is named in a mistake about its value, which is not shown', () => {
    const path = file('invalid', 'mysql://tokens:canary@db.example.com\n');
    const [mistake = '', ...others] = mistakesOf({ TOKENSD_DATABASE_URL_FILE: path });
    expect(others).toEqual([]);
    expect(mistake).toContain(`TOKENSD_DATABASE_URL (from ${path}) must be `);
    expect(mistake).not.toContain('canary');
  });
});
