import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../server/config/config.ts';
import { showSettings } from '../../server/config/describe-config.ts';
import { readSettingTexts } from '../../server/config/settings/setting-texts.ts';
import { settingNames } from '../../server/config/settings/settings.ts';
import { numRuns } from '../helpers/length.ts';
import { anyValue, mistakesOf } from './mistakes.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tokensd-config-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

/** Returns an environment that names a file with these lines. */
const withLines = (...lines: string[]) => ({ TOKENSD_CONFIG: file('tokensd.env', lines.join('\n')) });
const read = (env: Record<string, string>) => readConfig({ HOME: '/nowhere', ...env });
/** Returns the mistakes, without the name of the file. */
const mistakesIn = (...lines: string[]) => {
  const env = withLines(...lines);
  return mistakesOf(env).map((mistake) => mistake.replace(env.TOKENSD_CONFIG, 'FILE'));
};

describe('the file that TOKENSD_CONFIG names', () => {
  it('sets settings, in the syntax of environment files', () => {
    const path = file(
      'all.env',
      `${'\ufeff'}# Settings of tokensd\r\nTOKENSD_LISTEN=127.0.0.1:9000 # behind nginx\r\n\r\n  # indented\r\nexport TOKENSD_ORGANIZATION = "Example # Corp"\r\nTOKENSD_TRUSTED_PROXIES='10.0.0.0/8\r\n192.0.2.1'\r\nTOKENSD_SMTP_URL=\r\n`,
    );
    expect(read({ TOKENSD_CONFIG: path })).toMatchObject({
      listen: { host: '127.0.0.1', port: 9000 },
      organization: 'Example # Corp',
      trustedProxies: ['10.0.0.0/8', '192.0.2.1'],
      smtpUrl: null,
    });
    expect(read({ TOKENSD_CONFIG: relative(process.cwd(), path) }).organization).toBe('Example # Corp');
  });

  it.each(settingNames)('sets %s, as a value and as a file', (name) => {
    const value = file('value', 'the value\n');
    const direct = withLines(`${name}=the value`);
    expect(readSettingTexts(direct)).toEqual({
      values: { [name]: 'the value' },
      sources: { [name]: direct.TOKENSD_CONFIG },
      files: {},
      mistakes: [],
    });
    expect(readSettingTexts(withLines(`${name}_FILE=${value}`))).toEqual({
      values: { [name]: 'the value' },
      sources: { [name]: value },
      files: { [name]: value },
      mistakes: [],
    });
  });

  it('has the same meaning as the environment, whatever the value is', () => {
    const quotable = anyValue.map((value) =>
      value
        .replaceAll("'", '')
        .replaceAll(/\r\n?/g, '\n')
        .replaceAll(/\n[ \t]+/g, '\n'),
    );
    fc.assert(
      fc.property(fc.constantFrom(...settingNames), quotable, (name, value) => {
        const env = withLines(`${name}='${value}'`, '');
        const { values, mistakes } = readSettingTexts(env);
        const direct = readSettingTexts({ [name]: value });
        expect(values).toEqual(direct.values);
        expect(mistakes.map((mistake) => mistake.replace(` (from ${env.TOKENSD_CONFIG})`, ''))).toEqual(
          direct.mistakes,
        );
      }),
      { numRuns: numRuns(500) },
    );
  });

  it.each([
    ['a value', 'TOKENSD_ORGANIZATION'],
    ['a file', 'TOKENSD_ORGANIZATION_FILE'],
  ])('gives way to the environment if that names %s', (_what, variable) => {
    const [ours, theirs] = [file('ours', 'Ours'), file('theirs', 'Theirs')];
    const set = { [variable]: variable.endsWith('_FILE') ? ours : 'Ours' };
    for (const line of ['TOKENSD_ORGANIZATION=Theirs', `TOKENSD_ORGANIZATION_FILE=${theirs}`]) {
      expect(read({ ...withLines(line), ...set }).organization).toBe('Ours');
      expect(read({ ...withLines(line), [variable]: '' }).organization, 'empty counts as unset').toBe('Theirs');
    }
  });

  it('does not give way to a value that is wrong', () => {
    const env = { ...withLines('TOKENSD_LISTEN=127.0.0.1:9000'), TOKENSD_LISTEN: 'nowhere' };
    expect(mistakesOf(env)).toEqual([expect.stringMatching(/^TOKENSD_LISTEN must be HOST:PORT/)]);
  });

  it('is the source of its settings, and not the file of the database URL', () => {
    const env = withLines('TOKENSD_DATABASE_URL=postgres://tokens:s3cret@db.example.com/tokens');
    const config = read(env);
    expect(config.databaseUrlFile).toBeNull();
    expect(showSettings(config).find(({ name }) => name === 'TOKENSD_DATABASE_URL')).toMatchObject({
      name: 'TOKENSD_DATABASE_URL',
      value: 'postgres://tokens:***@db.example.com/tokens',
      source: env.TOKENSD_CONFIG,
    });
    const url = file('url', 'postgres://db.example.com/tokens');
    expect(read(withLines(`TOKENSD_DATABASE_URL_FILE=${url}`)).databaseUrlFile).toBe(url);
  });

  it('is named in the mistakes of its settings', () => {
    expect(mistakesIn('TOKENSD_LISTEN=canary', 'TOKENSD_SMTP_URL_FILE=/missing')).toEqual([
      'TOKENSD_SMTP_URL_FILE (from FILE) names /missing, which cannot be read: there is no such file',
      expect.stringMatching(/^TOKENSD_LISTEN \(from FILE\) must be HOST:PORT/),
    ]);
    expect(mistakesIn('TOKENSD_ORGANIZATION=a', 'TOKENSD_ORGANIZATION_FILE=/b')).toEqual([
      'TOKENSD_ORGANIZATION (from FILE) and TOKENSD_ORGANIZATION_FILE are both set. Remove one of them',
    ]);
  });

  it.each([
    ['TOKENSD_LISTN=x', 'TOKENSD_LISTN (from FILE) is not a setting of this version. Did you mean TOKENSD_LISTEN?'],
    ['tokensd_listen=x', 'tokensd_listen (from FILE) is not a setting of this version. Did you mean TOKENSD_LISTEN?'],
    ['TOKENSD_PORT=8420', 'TOKENSD_PORT (from FILE) is not a setting of this version. Remove it or correct its name'],
    ['PGPASSWORD=canary', 'PGPASSWORD (from FILE) is not a setting of tokensd. Set it in the environment'],
    ['c2VjcmV0IGNhbmFyeQ==', 'A name (from FILE) is not a setting of tokensd. Set it in the environment'],
    ['TOKENSD_CONFIG=/other', 'TOKENSD_CONFIG (from FILE) must be set in the environment'],
    ['TOKENSD_CONFIG_FILE=/other', expect.stringMatching(/^TOKENSD_CONFIG_FILE \(from FILE\) is not a setting/)],
  ])('must hold settings only: %s', (line, mistake) => {
    expect(mistakesIn(line)).toEqual([mistake]);
  });

  it('may repeat a variable of the environment that is no setting, with the same value', () => {
    const env = withLines('HTTPS_PROXY="http://proxy.example.com:3128" # of the company', 'TOKENSD_PORT=1');
    const mistake = 'is not a setting of tokensd. Set it in the environment';
    const unknown = expect.stringMatching(/^TOKENSD_PORT \(from/);
    expect(mistakesOf({ ...env, HTTPS_PROXY: 'http://proxy.example.com:3128', TOKENSD_PORT: '1' })).toEqual([unknown]);
    expect(mistakesOf({ ...env, HTTPS_PROXY: 'http://proxy.example.com' })).toEqual([
      `HTTPS_PROXY (from ${env.TOKENSD_CONFIG}) ${mistake}`,
      unknown,
    ]);
  });

  it.each([
    [
      'a line without =',
      ['# one', 'TOKENSD_SMTP_URL: smtp://u:canary@h', 'TOKENSD_LISTEN=:1'],
      'whose line 2 is not NAME=VALUE',
    ],
    ['the last line without =', ['TOKENSD_LISTEN=:1', 'canary'], 'whose line 2 is not NAME=VALUE'],
    ['an invalid name', ['TOKENSD-LISTEN=canary'], 'whose line 1 is not NAME=VALUE'],
    [
      'a name twice, after a value of three lines',
      ['TOKENSD_TRUSTED_PROXIES="10.0.0.1', '10.0.0.2', '10.0.0.3"', 'TOKENSD_LISTEN=:1', 'TOKENSD_LISTEN=:2'],
      'whose line 5 sets TOKENSD_LISTEN again. Remove one of the lines',
    ],
    [
      'a # that would cut the value',
      ['TOKENSD_SMTP_URL=smtp://u:cana#ry@h'],
      'whose line 1 has a # in the value, which would begin a comment. Put the value in quotation marks',
    ],
    [
      'a quotation mark without its end',
      ['TOKENSD_ORGANIZATION="canary'],
      'whose line 1 has an opening quotation mark and no closing one',
    ],
    [
      'text after the quotation mark',
      ['TOKENSD_ORGANIZATION="canary" canary'],
      'whose line 1 has text after the closing quotation mark',
    ],
  ])('must not have %s', (_what, lines, mistake) => {
    expect(mistakesIn(...lines)).toEqual([`TOKENSD_CONFIG names FILE, ${mistake}`]);
  });

  it.each([
    ['missing', () => join(directory, 'missing'), 'cannot be read: there is no such file'],
    ['a directory', () => directory, 'is a directory'],
    ['a device without end', () => '/dev/zero', 'is not a regular file'],
    ['larger than 64 KiB', () => file('large', '#'.repeat(65_537)), 'is larger than 64 KiB'],
    ['not UTF-8', () => file('utf-16', Buffer.from('\ufeffTOKENSD_LISTEN=:1', 'utf16le')), 'is not UTF-8 text'],
  ])('is a mistake if it is %s', (_what, create, reason) => {
    const path = create();
    expect(mistakesOf({ TOKENSD_CONFIG: path })).toEqual([`TOKENSD_CONFIG names ${path}, which ${reason}`]);
  });

  it('may be empty, and is not read if the variable is empty', () => {
    expect(mistakesIn('')).toEqual([]);
    expect(mistakesOf({ TOKENSD_CONFIG: ' ' })).toEqual([]);
  });

  it('cannot be named by another file', () => {
    expect(mistakesOf({ TOKENSD_CONFIG_FILE: '/x' })).toEqual([
      'TOKENSD_CONFIG_FILE is not a setting of this version. Remove it or correct its name',
    ]);
  });
});
