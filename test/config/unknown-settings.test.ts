import { describe, expect, it } from 'vitest';
import { settingNames } from '../../server/config/settings/settings.ts';
import { isInjected, isPortIgnored } from '../../server/config/settings/unknown-settings.ts';
import { mistakesOf } from './mistakes.ts';

describe('an unknown TOKENSD_… variable', () => {
  it.each([
    ['TOKENSD_LISTN', 'TOKENSD_LISTEN'],
    ['TOKENSD_PUBLIC_ULR', 'TOKENSD_PUBLIC_URL'],
    ['TOKENSD_DATABSE_URL_FILE', 'TOKENSD_DATABASE_URL_FILE'],
    ['TOKENSD_OIDC_SECRET', 'TOKENSD_OIDC_CLIENT_SECRET'],
    ['TOKENSD_OIDC_SECRET_FILE', 'TOKENSD_OIDC_CLIENT_SECRET_FILE'],
    ['TOKENSD_DATABASE', 'TOKENSD_DATABASE_URL'],
    ['TOKENSD_OIDC_GROUP_CLAIM', 'TOKENSD_OIDC_GROUPS_CLAIM'],
    ['tokensd_listen', 'TOKENSD_LISTEN'],
    ['TOKENSD_LISTEN ', 'TOKENSD_LISTEN'],
  ])('is a mistake: for %s it suggests %s', (name, similar) => {
    expect(mistakesOf({ [name]: 'canary' })).toEqual([
      `${name} is not a setting of this version. Did you mean ${similar}?`,
    ]);
  });

  it('is a mistake without a similar name, and if it is empty', () => {
    const message = 'TOKENSD_SMTP_PASSWORD is not a setting of this version. Remove it or correct its name';
    expect(mistakesOf({ TOKENSD_SMTP_PASSWORD: 'canary' })).toEqual([message]);
    expect(mistakesOf({ TOKENSD_SMTP_PASSWORD: '' })).toEqual([message]);
  });

  it('is reported together with all other mistakes', () => {
    const mistakes = mistakesOf({
      TOKENSD_LISTN: 'x',
      TOKENSD_LISTEN: 'nowhere',
      TOKENSD_SMTP_URL_FILE: '/nonexistent/x',
    });
    expect(mistakes.map((mistake) => mistake.split(' ')[0]).sort()).toEqual([
      ...['TOKENSD_LISTEN', 'TOKENSD_LISTN', 'TOKENSD_SMTP_URL_FILE'],
    ]);
  });
});

describe('variables that Kubernetes adds', () => {
  const injected = {
    TOKENSD_PORT: 'tcp://10.0.0.1:8420',
    TOKENSD_PORT_8420_TCP: 'tcp://10.0.0.1:8420',
    TOKENSD_PORT_8420_TCP_ADDR: '10.0.0.1',
    TOKENSD_PORT_8420_TCP_PORT: '8420',
    TOKENSD_PORT_8420_TCP_PROTO: 'tcp',
    TOKENSD_SERVICE_HOST: '10.0.0.1',
    TOKENSD_SERVICE_PORT: '8420',
    TOKENSD_SERVICE_PORT_HTTP: '8420',
  };
  const ofSibling = Object.entries(injected).map(([name, value]) => [
    name.replace('TOKENSD_', 'TOKENSD_POSTGRES_'),
    value,
  ]);

  it('are ignored for a service named tokensd', () => {
    expect(mistakesOf(injected)).toEqual([]);
  });

  it('are ignored for a service whose name starts with tokensd', () => {
    expect(mistakesOf(Object.fromEntries(ofSibling))).toEqual([]);
  });

  it.each([
    ['9000', true],
    ['tcp://10.0.0.1:9000', false],
    [undefined, false],
  ])('are told from a port that a person set: TOKENSD_PORT=%s', (TOKENSD_PORT, expected) => {
    expect(isPortIgnored({ TOKENSD_PORT })).toBe(expected);
  });

  it('leave other names with PORT as mistakes', () => {
    expect(mistakesOf({ TOKENSD_SMTP_PORT: '587' }).join()).toContain('TOKENSD_SMTP_PORT is not a setting');
  });

  it.each(settingNames)('never look like the setting %s', (name) => {
    expect(isInjected(name, 'tcp://10.0.0.1:8420')).toBe(false);
    expect(isInjected(`${name}_FILE`, 'tcp://10.0.0.1:8420')).toBe(false);
  });

  it('leave no setting whose name could be a file of another setting', () => {
    expect(settingNames.filter((name) => name.endsWith('_FILE'))).toEqual([]);
  });
});
