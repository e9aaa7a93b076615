import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeClient, type Given } from '../../helpers/gate/documented/client.ts';
import { startGitServer } from '../../helpers/gate/git-server.ts';

const tokenIn = async ({ home }: Given) => (await readFile(join(home.directory, 'token.txt'), 'utf8')).trim();

describeClient('Git', {
  parts: ['git'],
  serve(home) {
    execFileSync('git', ['init', '--quiet', '--bare', 'repo.git'], { cwd: home.directory });
    return startGitServer(home.directory);
  },
  prepare: ({ recipe, run }) => run('sh', ['-c', recipe('git')]),
  use: ({ url, run }) =>
    run('git', ['ls-remote', `${url}/repo.git`], { GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1' }),
  lastUse: { method: 'POST', path: '/repo.git/git-upload-pack' },
});

describeClient('skopeo', {
  parts: ['skopeo'],
  use: ({ recipe, run }) => {
    const command = recipe('skopeo').replace('skopeo login', 'skopeo login --tls-verify=false --authfile=auth.json');
    return run('sh', ['-c', command]);
  },
  lastUse: { method: 'GET', path: '/v2/' },
});

describeClient('Ansible', {
  parts: ['ansible-playbook'],
  prepare: ({ home, recipe }) => home.write('playbook.yml', recipe('ansible')),
  use: async (given) => given.run('ansible-playbook', ['-vvv', 'playbook.yml'], { API_TOKEN: await tokenIn(given) }),
  lastUse: { method: 'GET', path: '/builds' },
});

describeClient("Java's HttpClient", {
  parts: ['java'],
  prepare: ({ home, recipe }) =>
    home.write(
      'Client.java',
      recipe('java')
        .replace('.statusCode()', '.statusCode() == 200 ? 0 : 1')
        .replace('System.out.println', 'System.exit'),
    ),
  use: async (given) => {
    const options = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', 'Client.java'];
    return given.run('java', options, { API_TOKEN: await tokenIn(given) });
  },
  lastUse: { method: 'GET', path: '/builds' },
});
