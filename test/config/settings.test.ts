import { describe, expect, it } from 'vitest';
import { readConfig } from '../../server/config/config.ts';
import { describeConfig } from '../../server/config/describe-config.ts';
import { settingNames, settings, settingsSchema } from '../../server/config/settings/settings.ts';

describe('settings', () => {
  it('are printed by `tokensd config` in the documented order', () => {
    const printed = describeConfig(readConfig({ HOME: '/nowhere' })).map((line) => line.split('=')[0]);
    expect(printed).toEqual(settingNames);
  });

  const literalDefaults = settings.flatMap(({ name, default: documented }) => {
    const value = /^`([^`]*)`$/.exec(documented)?.[1];
    return value === undefined || value.includes('$') || value.includes('DATA_DIR') ? [] : [[name, value] as const];
  });

  it.each(literalDefaults)('has the documented default for %s', (name, value) => {
    const parsed = settingsSchema.parse({ [name]: value });
    expect(settingsSchema.parse({})).toEqual(parsed);
  });

  const withDefault = settings.filter(({ name, default: documented }) => {
    const value: unknown = settingsSchema.parse({})[name as 'TOKENSD_LISTEN'];
    return value !== undefined && !(documented === 'none' && Array.isArray(value) && value.length === 0);
  });

  it.each(withDefault)('documents the default of $name', ({ name }) => {
    expect(literalDefaults.map(([documented]) => documented)).toContain(name);
  });

  it.each(settings)('describes $name in sentences', ({ description }) => {
    expect(description).toMatch(/\.$/);
  });
});
