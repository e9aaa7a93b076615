import { passCredentialsOn } from './advice.ts';
import { type Check, failed, passed, type Send, skipped } from './check.ts';
import { type Form, ownForm } from './forms.ts';
import type { RawRequest, RawResponse } from './raw.ts';

const keptBack = { check: 'kept-token', title: 'Your token at your API' };
const passedOn = { check: 'own-credential', title: 'A credential of your API beside your token' };

export const credentialChecks = [keptBack, passedOn];

/** A form in which the proxy accepts the token, and its response. The API shows `echo` if it shows its request. */
export interface Accepted {
  readonly form: Form;
  readonly response: RawResponse | null;
}

/** Checks that the API never receives the token, and that it receives credentials of its own. */
export async function* checkCredentials(
  accepted: readonly Accepted[],
  { token, mark, echo, send }: { token: string; mark: string; echo: string; send: Send },
): AsyncGenerator<readonly Check[]> {
  yield [checkKeptBack(accepted, token, echo)];
  yield [await checkPassedOn(accepted, { token, mark, echo, send })];
}

function checkKeptBack(accepted: readonly Accepted[], token: string, echo: string): Check {
  const shown = accepted.filter(({ response }) => response?.text.includes(echo));
  const leaking = shown.filter(({ form, response }) =>
    [token, ...form.fields(token).map(([, value]) => value)].some((text) => response?.text.includes(text)),
  );
  if (leaking.length > 0) {
    const names = leaking.map(({ form }) => form.name).join(', ');
    return failed(keptBack, `your API receives your token if a client sends it as ${names}`, passCredentialsOn);
  }
  if (shown.length === 0) return skipped(keptBack, 'the response does not show which fields your API receives');
  return passed(keptBack, 'your API does not receive your token');
}

/** Sends a credential of the API in each field that the token leaves free. */
async function checkPassedOn(
  accepted: readonly Accepted[],
  { token, mark, echo, send }: { token: string; mark: string; echo: string; send: Send },
): Promise<Check> {
  const lost: string[] = [];
  let isShown = false;
  for (const name of ['Authorization', 'X-API-Key']) {
    const form = accepted
      .map(({ form }) => form)
      .sort(ownFormFirst)
      .find(({ field }) => field !== name);
    if (form === undefined) continue;
    const value = `${mark}-of-your-api`;
    const fields: RawRequest['fields'] = [
      ...form.fields(token),
      [name, name === 'Authorization' ? `Bearer ${value}` : value],
      ['X-Tokens-Doctor', echo],
    ];
    const text = (await send({ fields }))?.text ?? '';
    isShown ||= text.includes(echo);
    if (text.includes(echo) && !text.includes(value)) lost.push(name);
  }
  if (lost.length > 0)
    return failed(passedOn, `your API does not receive its own ${lost.join(' and ')}`, passCredentialsOn);
  if (!isShown) return skipped(passedOn, 'the response does not show which fields your API receives');
  return passed(passedOn, 'your API receives its own credential');
}

/** `X-Tokens-Authorization` leaves both of the other fields to the API. */
function ownFormFirst(a: Form, b: Form): number {
  return Number(b === ownForm) - Number(a === ownForm);
}
