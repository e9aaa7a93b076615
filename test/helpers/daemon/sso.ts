import { signInAtProvider, type TestProvider } from '../peers/identity-provider.ts';

/** A response as a browser without script sees it, and the cookies that it has afterwards. */
export interface Visited {
  status: number;
  location: string | null;
  html: string;
  cookies: Map<string, string>;
}

/** Opens a path of a running daemon as a browser does. Adds the cookies of the response to `cookies`. */
export async function visit(url: string, path: string, cookies = new Map<string, string>()): Promise<Visited> {
  const headers = {
    Accept: 'text/html',
    'Sec-Fetch-Site': 'same-origin',
    Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
  };
  const response = await fetch(new URL(path, url), { headers, redirect: 'manual' });
  for (const cookie of response.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
    cookies.set(name, value);
  }
  return { status: response.status, location: response.headers.get('location'), html: await response.text(), cookies };
}

/** Signs a person in at a running daemon through their provider, in a new browser. Returns the response to the callback. */
export async function signInBySso(url: string, provider: TestProvider, subject = 'ada'): Promise<Visited> {
  const begun = await visit(url, '/login/sso');
  if (begun.location === null) throw new Error(`The daemon returned ${begun.status}: ${begun.html}`);
  const password = provider.people[subject]?.password ?? '';
  const back = await signInAtProvider(begun.location, { subject, password });
  return visit(url, back.pathname + back.search, begun.cookies);
}
