/** Browsers by their product in a user agent. The first match counts, because many browsers also name those that they resemble. */
const browsers = [
  ['Edge', /\bEdg(?:A|iOS)?\//],
  ['Opera', /\bOPR\//],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Firefox', /\b(?:Firefox|FxiOS)\//],
  ['Chrome', /\b(?:Chrome|CriOS)\//],
  ['Safari', /\bSafari\//],
] as const;

/** Android and iOS come first, because they also name Linux and macOS. */
const systems = [
  ['Android', /\bAndroid\b/],
  ['iOS', /\b(?:iPhone|iPad|iPod)\b/],
  ['Windows', /\bWindows\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['macOS', /\bMac OS X\b/],
  ['Linux', /\bLinux\b/],
] as const;

const maxLength = 40;

/** Returns a user agent in short, such as `Chrome on Linux` or `curl 8.5.0`. A text of an unknown form is cut. */
export function describeUserAgent(userAgent: string): string {
  const named = (names: ReadonlyArray<readonly [name: string, pattern: RegExp]>) =>
    names.find(([, pattern]) => pattern.test(userAgent))?.[0];
  const browser = userAgent.startsWith('Mozilla/') ? named(browsers) : undefined;
  if (browser !== undefined) {
    const system = named(systems);
    return system === undefined ? browser : `${browser} on ${system}`;
  }
  const [, product, version] = /^([\w.-]{1,30})\/(\d[\w.-]{0,20})(?=$|[ ;(])/.exec(userAgent) ?? [];
  if (product !== undefined && product !== 'Mozilla') return `${product} ${version}`;
  return userAgent.length > maxLength ? `${userAgent.slice(0, maxLength)}…` : userAgent;
}
