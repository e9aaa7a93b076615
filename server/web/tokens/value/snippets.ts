import type { CalledAddress } from './called-address.ts';

/** How one program sends a token. No snippet holds the value: it reads `TOKENS_TOKEN`, a secret of the CI, or a file. */
export interface Snippet {
  id: string;
  /** The program or language. */
  label: string;
  /** What to do before or after the code runs. */
  hint: string;
  code: string;
}

/** The file from which Prometheus reads the value. It expands no environment variables. */
export const prometheusFile = '/etc/prometheus/TOKENS_TOKEN';

/** Returns the snippets for a token. A management key calls this server only, so it needs none for Git and Prometheus. */
export function snippetsFor({ url, app }: CalledAddress, isKey: boolean): Snippet[] {
  const address = withoutQuotes(url.origin + url.pathname);
  const programs = [curl(address, app), python(address), javascript(address), githubActions(address)];
  return isKey ? programs : [...programs, git(url), prometheus(url, app)];
}

/** Returns an address that can stand between single quotes. A browser reads `%27` and `'` as the same address. */
function withoutQuotes(address: string): string {
  return address.replaceAll("'", '%27');
}

const sendHeader = `printf 'Authorization: Bearer %s' "$TOKENS_TOKEN"`;

/** `printf` is part of the shell, so that the value is no argument of a program, which every user of the machine could read. */
function curl(address: string, app: string | null): Snippet {
  return {
    id: 'curl',
    label: 'curl',
    hint: `Run the first line, paste the value, and press Enter. Then run the rest. ${
      app === null ? 'If the response begins with status 200, the token works.' : 'Status 401 means that it was denied.'
    }`,
    code: `read -rs TOKENS_TOKEN && export TOKENS_TOKEN
${sendHeader} |
  curl --include --header @- '${address}'`,
  };
}

function python(address: string): Snippet {
  return {
    id: 'python',
    label: 'Python',
    hint: 'The program reads the value from its environment variable TOKENS_TOKEN.',
    code: `import os
import urllib.request

request = urllib.request.Request(
    '${address}',
    headers={'Authorization': 'Bearer ' + os.environ['TOKENS_TOKEN']},
)
with urllib.request.urlopen(request) as response:
    print(response.status, response.read().decode())`,
  };
}

function javascript(address: string): Snippet {
  return {
    id: 'javascript',
    label: 'JavaScript',
    hint: 'The module, such as call.mjs, reads the value from its environment variable TOKENS_TOKEN.',
    code: `const response = await fetch('${address}', {
  headers: { Authorization: \`Bearer \${process.env.TOKENS_TOKEN}\` },
});
console.log(response.status, await response.text());`,
  };
}

function githubActions(address: string): Snippet {
  return {
    id: 'github-actions',
    label: 'GitHub Actions',
    hint: 'Save the value as the secret TOKENS_TOKEN of the repository, and add this step to a job.',
    code: `- name: Call the API
  env:
    TOKENS_TOKEN: \${{ secrets.TOKENS_TOKEN }}
  run: |
    ${sendHeader} |
      curl --fail-with-body --header @- '${address}'`,
  };
}

function git({ origin, pathname }: URL): Snippet {
  return {
    id: 'git',
    label: 'git',
    hint: 'Git asks this helper, which reads the environment variable TOKENS_TOKEN. The proxy needs ?challenge=basic.',
    code: `git config --global 'credential.${origin}.helper' \\
  '!f() { test "$1" = get && echo username=token && echo "password=$TOKENS_TOKEN"; }; f'
git clone '${withoutQuotes(origin + folderOf(pathname))}REPOSITORY.git'`,
  };
}

function prometheus({ protocol, host, pathname }: URL, app: string | null): Snippet {
  return {
    id: 'prometheus',
    label: 'Prometheus',
    hint: `Save the value in ${prometheusFile}, which only Prometheus may read. It reads no environment variables.`,
    code: `scrape_configs:
  - job_name: '${app ?? 'api'}'
    scheme: ${protocol.slice(0, -1)}
    metrics_path: '${withoutQuotes(folderOf(pathname))}metrics'
    authorization:
      credentials_file: ${prometheusFile}
    static_configs:
      - targets: ['${host}']`,
  };
}

/** Returns a path with a slash at its end. */
function folderOf(pathname: string): string {
  return pathname.endsWith('/') ? pathname : `${pathname}/`;
}
