/** The names and texts that mails show at their worst: as long and strange as members, clients and networks can make them. */

export const ipv6 = '2001:db8:85a3:1234:5678:8a2e:9370:7334';
export const longAgent = `Mozilla/5.0 (X11; Linux x86_64) ${'AppleWebKit/537.36(KHTML,like-Gecko)'.repeat(7)}`.slice(
  0,
  256,
);

/** Names that members can choose: as long as possible, without a space, right to left, and made to look like markup or a link. */
const names = [
  'nightly-build-of-the-release-branch-on-the-large-runner-in-paris',
  'W'.repeat(64),
  'مفتاح-النشر-الآلي',
  '<img src=x onerror=alert(1)> "ci" & https://evil.example/login',
  '🚀'.repeat(32),
  'two words',
  'ci',
];

export function nameOf(index: number): string {
  return names[index % names.length] ?? 'ci';
}

export const account = {
  id: '019ab2c4-0000-7c3a-9d52-0c1d2e3f4a5b',
  name: 'nightly-builds-of-the-release-branch',
  email: 'service-account:nightly-builds-of-the-release-branch',
  kind: 'service-account',
} as const;
export const maintainer = { id: 'u3', email: 'grace.hopper@compilers.acme.example', name: 'Grace Hopper' };
export const superuser = { kind: 'user', id: 'u2', email: 'katherine.johnson@research.acme.example' } as const;
