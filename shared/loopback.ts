/** Returns whether a host, in the form of `URL#hostname`, is this machine, so that requests cross no network. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.[0-9]{1,3}){3}$/.test(hostname);
}
