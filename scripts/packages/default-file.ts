/** A setting as the documentation describes it: its default and description are Markdown. */
export interface DescribedSetting {
  name: string;
  default: string;
  description: string;
}

/** Example values of the settings whose default is no plain value. */
const examples: Record<string, string> = {
  TOKENSD_INTERNAL_LISTEN: 'unix:/run/tokensd/internal.sock',
  TOKENSD_PUBLIC_URL: 'https://tokens.example.com',
  TOKENSD_DATA_DIR: '/var/lib/tokensd',
  TOKENSD_DATABASE_URL: 'postgres://tokensd@%2Frun%2Fpostgresql/tokensd',
  TOKENSD_SMTP_URL: 'smtp://mail.example.com:587?requireTLS=true',
  TOKENSD_MAIL_FROM: 'tokens@example.com',
  TOKENSD_WEBHOOK_HOSTS: 'hooks.example.internal',
  TOKENSD_ORGANIZATION: 'Example Inc.',
  TOKENSD_MAX_EXPIRY: '1y',
  TOKENSD_DEFAULT_EXPIRY: '90d',
  TOKENSD_MAX_IDLE: '90d',
  TOKENSD_GITHUB_SECRET_SCANNING_KEYS: 'https://api.github.com/meta/public_keys/secret_scanning',
  TOKENSD_AUDIT_LOG: '/var/log/tokensd/audit.jsonl',
  TOKENSD_KEEP_AUDIT: '2y',
  TOKENSD_AUDIT_IP_AFTER: '90d',
  TOKENSD_OIDC_ISSUER: 'https://sso.example.com/realms/example',
  TOKENSD_OIDC_CLIENT_ID: 'tokensd',
  TOKENSD_OIDC_CLIENT_SECRET_FILE: '/etc/tokensd/oidc-client-secret',
  TOKENSD_OIDC_CLIENT_AUTH: 'basic',
  TOKENSD_OIDC_ALLOWED_DOMAINS: 'example.com',
  TOKENSD_OIDC_SCOPES: 'groups',
  TOKENSD_OIDC_SUPERUSER_GROUP: 'tokens-superusers',
  TOKENSD_OIDC_TOKENS_GROUP: 'developers',
  TOKENSD_SSO_MAX_AGE: '30d',
};

const maxLineLength = 78;

const head = [
  'Settings of tokensd, one NAME=value a line. To change one, remove the # before it. Then run "tokensd check" and "systemctl restart tokensd".',
  'The value of each setting can also come from a file: NAME_FILE=/path/of/file. Only root and the group tokensd-settings can read this file. Keep it so, because it can contain secrets.',
];

/** Variables that are no settings of ours, and that the start script of the package takes from the file. */
const foot = `
${comment(wrap('Proxy for requests to identity providers, and the hosts that are asked directly. Write NAME=value without spaces and without "export". Default: none.'))}
#HTTPS_PROXY=http://proxy.example.com:3128
#NO_PROXY=sso.example.com

${comment(wrap('File with the certificates of authorities of your own. Default: none.'))}
#NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
`;

/** Returns /etc/default/tokensd: every setting with its description, its default and a commented example. */
export function defaultFile(settings: readonly DescribedSetting[]): string {
  return `${head.map((text) => `${comment(wrap(text))}\n`).join('')}${settings.map(settingLines).join('')}${foot}`;
}

function settingLines(setting: DescribedSetting): string {
  const fallback = plainText(setting.default).replace(/^none: (.*)$/, 'none ($1)');
  const text = `${plainText(setting.description)} Default: ${fallback}.`;
  return `\n${comment(wrap(text))}\n#${exampleLine(setting)}\n`;
}

/** @throws Error if the setting has no example */
function exampleLine({ name, default: fallback }: DescribedSetting): string {
  const fileName = `${name}_FILE`;
  if (fileName in examples) return `${fileName}=${examples[fileName]}`;
  const value = examples[name] ?? /^`([^`$]+)`$/.exec(fallback)?.[1];
  if (value === undefined) throw new Error(`${name} needs an example in default-file.ts.`);
  return `${name}=${value}`;
}

/** Returns Markdown as plain text: the words of links, without the marks of code. */
function plainText(markdown: string): string {
  return markdown.replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1').replaceAll('`', '');
}

function wrap(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) as string;
    if (last !== '' && last.length + 1 + word.length > maxLineLength) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join('\n');
}

function comment(text: string): string {
  return text
    .split('\n')
    .map((line) => `# ${line}`)
    .join('\n');
}
