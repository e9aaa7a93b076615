import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { defaultFile } from '../../scripts/packages/default-file.ts';
import { readConfig } from '../../server/config/config.ts';
import { settingNames, settings } from '../../server/config/settings/settings.ts';
import { newDirectory } from '../helpers/scan/values.ts';

const text = defaultFile(settings);
/** The settings that apply if a person removes the # before every example. */
const examples = parseEnv(text.replaceAll(/^#(?=TOKENSD_)/gm, ''));

describe('/etc/default/tokensd', () => {
  it('changes nothing before a person edits it', () => {
    expect(parseEnv(text)).toEqual({});
  });

  it('has an example of every setting', () => {
    const names = Object.keys(examples).map((name) => name.replace(/_FILE$/, ''));
    expect(names.toSorted()).toEqual(settingNames.toSorted());
  });

  it('has examples that tokensd accepts', async () => {
    const secret = join(await newDirectory(), 'secret');
    writeFileSync(secret, 'of the client');
    expect(() => readConfig({ ...examples, TOKENSD_OIDC_CLIENT_SECRET_FILE: secret })).not.toThrow();
  });

  it('has lines that fit into a terminal', () => {
    const long = text.split('\n').filter((line) => line.startsWith('# ') && line.length > 80);
    expect(long.filter((line) => line.slice(2).includes(' '))).toEqual([]);
  });
});
