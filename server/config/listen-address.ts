/**
 * Where a server listens: at an address and a port, at a Unix socket, or at a socket that systemd has opened and passed as a
 * file descriptor. A null host means all addresses.
 */
export type ListenAddress = { host: string | null; port: number } | { socket: string } | { fd: number };

/** Returns `HOST:PORT`, with brackets around an IPv6 address, and `*` for all addresses (null). */
export function hostAndPort(host: string | null, port: number): string {
  if (host === null) return `*:${port}`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Returns an address as it is written in a setting: `HOST:PORT` or `unix:/path`. */
export function listenText(address: ListenAddress): string {
  if ('fd' in address) return `the socket that systemd passed as file descriptor ${address.fd}`;
  return 'socket' in address ? `unix:${address.socket}` : hostAndPort(address.host, address.port);
}

/** Returns where a program on this machine reaches an address: a URL, or `unix:/path`. */
export function localAddress(address: ListenAddress): string {
  if (!('port' in address)) return listenText(address);
  const { host, port } = address;
  if (host === null || host === '0.0.0.0') return `http://127.0.0.1:${port}`;
  return `http://${hostAndPort(host === '::' ? '::1' : host, port)}`;
}
