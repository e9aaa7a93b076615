import { describeClient } from '../../helpers/gate/documented/client.ts';
import { writeNetrc } from '../../helpers/gate/documented/netrc.ts';

const lastUse = { method: 'GET', path: '/builds' };

describeClient('curl', {
  parts: ['curl', 'bash'],
  prepare: writeNetrc,
  async use({ recipe, run }) {
    const [withFile, withKeychain] = ['curl-netrc', 'curl-keychain'].map((name) => recipe(name).trim());
    return run('bash', ['-c', `set -e; ${withFile} --fail; ${withKeychain} --fail`]);
  },
  lastUse,
});

describeClient('wget', {
  parts: ['wget'],
  prepare: writeNetrc,
  use: ({ recipe, run }) => run('sh', ['-c', `${recipe('wget').trim()} --tries=1`]),
  lastUse,
});

describeClient('HTTPie', {
  parts: ['http'],
  prepare: writeNetrc,
  use: ({ url, run }) => run('http', ['--ignore-stdin', '--check-status', `${url}/builds`]),
  lastUse,
});

describeClient('Python requests', {
  parts: ['python3'],
  prepare: writeNetrc,
  use: ({ url, run }) =>
    run('/usr/bin/python3', ['-c', `import requests; requests.get('${url}/builds').raise_for_status()`]),
  lastUse,
});
