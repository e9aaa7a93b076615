/** Reports whether a host, as `URL#hostname` returns it, is this machine. Requests to it do not cross a network. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.[0-9]{1,3}){3}$/.test(hostname);
}
