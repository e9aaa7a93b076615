import { seenSecrets } from './process.ts';

/** Opens a recovery link at a running daemon and sets a password, as a browser does. Returns the status of both pages. */
export async function useRecoveryLink(url: string, link: string, password: string) {
  const { search } = new URL(link);
  seenSecrets.add(new URLSearchParams(search).get('token') ?? '');
  const page = await fetch(`${url}/recover${search}`);
  const hidden = [...(await page.text()).matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
  const fields = Object.fromEntries(hidden.map(([, name, value]) => [name, value]));
  const cookies = page.headers.getSetCookie().map((line) => line.split(';')[0]);
  const response = await fetch(`${url}/recover`, {
    method: 'POST',
    redirect: 'manual',
    headers: { Cookie: cookies.join('; '), 'Sec-Fetch-Site': 'same-origin' },
    body: new URLSearchParams({ ...fields, password, again: password }),
  });
  const session = /tokens_session[^=]*=(session_[\w-]+)/.exec(response.headers.getSetCookie().join())?.[1];
  return { opened: page.status, status: response.status, session };
}
