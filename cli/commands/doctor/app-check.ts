import { nameApp, sendHost } from './advice.ts';
import { type Check, failed, passed, type Send, skipped } from './check.ts';
import type { RawResponse } from './raw.ts';

export const chosenApp = { check: 'chosen-app', title: 'Forged hosts with your token' };

/** Fields in which a proxy may send tokensd the host of the original request. */
const hostFields = ['X-Original-Host', 'X-Forwarded-Host'];

/**
 * Checks that a client cannot choose the app that a request is for. A tokensd that uses the client's host shows it in two ways.
 * It denies the request if the text is not a host. If no app has the host, the API sees no app, or tokensd denies a token that is
 * restricted to the app. If the API does not show its request, a `Host` without an effect proves nothing.
 */
export async function checkChosenApp(
  honest: RawResponse | null,
  { mark, echo, sendToken }: { mark: string; echo: string; sendToken: Send },
): Promise<Check> {
  const app = appIn(honest);
  const losesApp = (response: RawResponse | null) =>
    app !== '' && response?.text.includes(echo) === true && appIn(response) === '';
  for (const name of hostFields) {
    for (const host of [`${mark}.invalid`, `${mark},invalid`]) {
      const response = await sendToken({ fields: [[name, host]] });
      if (!isDeniedForApp(response) && !losesApp(response)) continue;
      return failed(chosenApp, `a client can choose the app with ${name}`, sendHost);
    }
  }
  const elsewhere = await sendToken({ host: `${mark}.invalid` });
  if (isDeniedForApp(elsewhere) || losesApp(elsewhere)) {
    return failed(chosenApp, 'your API responds to any Host, so a client can choose the app with it', nameApp);
  }
  if (honest?.text.includes(echo) !== true) {
    return skipped(
      chosenApp,
      'the response does not show which app your API is, so a forged Host has no visible effect',
    );
  }
  return passed(chosenApp, app === '' ? 'clients cannot choose the app' : `every client reaches the app ${app}`);
}

function isDeniedForApp(response: RawResponse | null): boolean {
  return response?.status === 403 && response.all('X-Tokens-Reason')[0] === 'app';
}

/** Returns the app that an API received, if its response shows the request. */
function appIn(response: RawResponse | null): string {
  return /x-auth-app["']?[ \t]*[:=,][ \t]*\[?["']?([a-z0-9-]*)/i.exec(response?.text ?? '')?.[1] ?? '';
}
