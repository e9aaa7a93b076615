import { BlockList, isIP } from 'node:net';
import { isLoopback, parseUrl } from './urls.ts';

type Environment = Record<string, string | undefined>;

/** A proxy for outgoing requests, and the environment variable that names it. */
export interface OutgoingProxy {
  url: URL;
  variable: string;
}

/** A proxy variable whose value is not the URL of a proxy. The message does not repeat the value, which can contain a password. */
export class ProxyVariableError extends Error {
  readonly variable: string;

  constructor(variable: string) {
    super(`${variable} is not the URL of a proxy. Write it as http://proxy.example.com:3128.`);
    this.name = 'ProxyVariableError';
    this.variable = variable;
  }
}

/** Names of the variables that choose a proxy. Each is also read in lower case, which takes precedence. */
const variables = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'] as const;

/** The proxy variables that are set, under the names that they have in the environment. */
export type ProxyVariables = Readonly<Record<string, string>>;

/** Returns the proxy variables of an environment. Empty ones count as unset. */
export function readProxyVariables(env: Environment): ProxyVariables {
  const names = variables.flatMap((name) => [name, name.toLowerCase()]);
  return Object.fromEntries(names.map((name) => [name, env[name] ?? '']).filter(([, value]) => value !== ''));
}

/**
 * Returns the proxy for a request to `target`, or null to connect directly. Follows curl's rules: the variable of the
 * target's scheme comes before `ALL_PROXY`, a proxy without a scheme is an HTTP proxy, and `NO_PROXY` lists hosts, their
 * subdomains, addresses and CIDR ranges. Loopback addresses are never asked through a proxy: it could not reach them.
 *
 * @throws ProxyVariableError
 */
export function proxyFor(target: URL, env: ProxyVariables): OutgoingProxy | null {
  if (isLoopback(target.hostname)) return null;
  const found = find(env, target.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY') ?? find(env, 'ALL_PROXY');
  if (found === null || isExcepted(target, find(env, 'NO_PROXY')?.value ?? '')) return null;
  return { url: parseProxy(found), variable: found.name };
}

/** Returns the options of undici's ProxyAgent. It expects the password in a header, except for SOCKS proxies. */
export function proxyAgentOptions({ protocol, username, password, host, href }: URL): { uri: string; token?: string } {
  if (protocol.startsWith('socks')) return { uri: href.replace(/^socks5h:/, 'socks5:') };
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const token = `Basic ${Buffer.from(credentials).toString('base64')}`;
  return { uri: `${protocol}//${host}`, ...(username !== '' && { token }) };
}

interface Variable {
  name: string;
  value: string;
}

function find(env: ProxyVariables, name: (typeof variables)[number]): Variable | null {
  for (const spelling of [name.toLowerCase(), name]) {
    const value = env[spelling];
    if (value) return { name: spelling, value };
  }
  return null;
}

function parseProxy({ name, value }: Variable): URL {
  const text = value.includes('://') ? value : `http://${value}`;
  // A path comes from a typing mistake: `http//proxy` would otherwise be a host named `http`.
  if (!/^(https?|socks5h?):\/\/[^/]+\/?$/i.test(text) || parseUrl(text) === null) throw new ProxyVariableError(name);
  return new URL(text);
}

/** Reports whether `NO_PROXY` excepts the target. An entry with a port applies to that port only. */
function isExcepted({ protocol, hostname, port }: URL, list: string): boolean {
  const host = withoutBrackets(hostname).replace(/\.$/, '');
  const targetPort = port || (protocol === 'https:' ? '443' : '80');
  return list.split(/[\s,]+/).some((text) => {
    const entry = splitPort(text);
    return (entry.port === undefined || entry.port === targetPort) && matches(host, entry.host);
  });
}

/** Splits `host:port`. An IPv6 address can have a port only if it is in brackets. */
function splitPort(entry: string): { host: string; port: string | undefined } {
  const isBareIpv6 = !entry.startsWith('[') && entry.split(':').length > 2;
  const [, host = entry, port] = isBareIpv6 ? [] : (/^(.*?)(?::([0-9]+))?$/.exec(entry) ?? []);
  return { host: withoutBrackets(host), port };
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

function matches(host: string, pattern: string): boolean {
  if (pattern === '*') return true;
  if (isIP(host) !== 0) return isInRange(host, pattern);
  const domain = pattern.toLowerCase().replace(/^\*?\.|\.$/g, '');
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
}

/** Reports whether an address is in a CIDR range such as `10.0.0.0/8`, or equals an address. Ignores malformed ranges. */
function isInRange(address: string, range: string): boolean {
  const [base = '', bits] = range.split('/');
  const version = isIP(base);
  const maxBits = version === 4 ? 32 : 128;
  const prefix = bits === undefined ? maxBits : /^[0-9]{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  if (version === 0 || version !== isIP(address) || !(prefix <= maxBits)) return false;
  const subnet = new BlockList();
  const family = version === 4 ? 'ipv4' : 'ipv6';
  subnet.addSubnet(base, prefix, family);
  return subnet.check(address, family);
}
