import { displayPrefix } from '../../../shared/token-format.ts';
import {
  identityNames,
  ignoreConnection,
  removeUnderscores,
  replaceFields,
  upgradeOnlyToWebSocket,
  useVerifyRoute,
} from './advice.ts';
import { checkChosenApp, chosenApp } from './app-check.ts';
import { type Check, describe, failed, passed, type Send, skipped } from './check.ts';
import { checkCredentials, credentialChecks } from './credential-checks.ts';
import { allForms, type Form, listNames } from './forms.ts';
import { forgedIdentity, withUnderscores } from './probes.ts';
import type { RawResponse } from './raw.ts';

const allowed = { check: 'good-token', title: 'Your token' };
const notUpgraded = { check: 'h2c-upgrade', title: 'Upgrade: h2c with your token' };
const identityKept = { check: 'kept-identity', title: 'Connection: X-Auth-… with your token' };
const spellings = [
  {
    name: { check: 'told-identity', title: 'X-Auth-… with your token' },
    spell: (name: string) => name,
    advice: replaceFields,
  },
  {
    name: { check: 'told-identity-underscores', title: 'X_Auth_… with your token' },
    spell: withUnderscores,
    advice: () => removeUnderscores,
  },
];

/** Checks what a request with an active token makes the proxy send to the API. Skips the checks without a token. */
export async function* checksWithToken(
  token: string | null,
  mark: string,
  send: Send,
): AsyncGenerator<readonly Check[]> {
  const others = [...credentialChecks, ...spellings.map(({ name }) => name), identityKept, notUpgraded, chosenApp];
  if (token === null) return yield [allowed, ...others].map((name) => skipped(name, 'no token on standard input'));

  const echo = `${mark}-echo`;
  const sendAs =
    (form: Form): Send =>
    ({ fields = [], ...request }) =>
      send({ ...request, fields: [...form.fields(token), ['X-Tokens-Doctor', echo], ...fields] });
  const attempts: Attempt[] = [];
  for (const form of allForms) attempts.push({ form, response: await sendAs(form)({}) });
  const accepted = acceptedOf(attempts);
  const [first] = accepted;
  yield [checkAllowed(attempts, accepted)];
  if (first === undefined) return yield others.map((name) => skipped(name, 'your token was not accepted'));

  yield* checkCredentials(accepted, { token, mark, echo, send });
  const sendToken = sendAs(first.form);
  for (const spelling of spellings) yield [await checkForgedIdentity(spelling, mark, echo, sendToken)];
  yield [await checkIdentityKept(first.response, token, sendToken)];
  yield [await checkNotUpgraded(sendToken)];
  yield [await checkChosenApp(first.response, { mark, echo, sendToken })];
}

/** The response to the token in one form. */
interface Attempt {
  readonly form: Form;
  readonly response: RawResponse | null;
}

/** Returns the attempts that were allowed. If one succeeded, errors such as a 403 count as denials by the proxy. */
function acceptedOf(attempts: readonly Attempt[]): readonly Attempt[] {
  const succeeded = attempts.filter(({ response }) => response !== null && response.status < 400);
  return succeeded.length > 0 ? succeeded : attempts.filter(({ response }) => denialOf(response) === null);
}

/** Passes if the token was accepted in any form, because a gate may accept only some of them. */
function checkAllowed(attempts: readonly Attempt[], accepted: readonly Attempt[]): Check {
  const [first = attempts[0]] = accepted;
  const response = first?.response ?? null;
  if (accepted.length === 0) return failed(allowed, denialOf(response) ?? describe(response), useVerifyRoute);
  const others = attempts.filter((attempt) => !accepted.includes(attempt));
  const forms = listNames(accepted.map(({ form }) => form));
  const except = others.length === 0 ? '' : `, but not ${listNames(others.map(({ form }) => form))}`;
  return passed(allowed, `${describe(response)}; the gate takes ${forms}${except}`);
}

/** Checks that a client cannot switch to HTTP/2 in clear text, whose further requests would pass the proxy unseen. */
async function checkNotUpgraded(sendToken: Send): Promise<Check> {
  const response = await sendToken({
    fields: [
      ['Connection', 'Upgrade, HTTP2-Settings'],
      ['Upgrade', 'h2c'],
      ['HTTP2-Settings', 'AAMAAABkAARAAAAAAAIAAAAA'],
    ],
  });
  if (response?.status !== 101) return passed(notUpgraded, describe(response));
  return failed(
    notUpgraded,
    'your API switched to HTTP/2, so the proxy does not verify further requests on the connection',
    upgradeOnlyToWebSocket,
  );
}

/** Checks that the API does not receive the client's own identity fields. Only an API that echoes its request shows this. */
async function checkForgedIdentity(
  { name, spell, advice }: (typeof spellings)[number],
  mark: string,
  echo: string,
  sendToken: Send,
): Promise<Check> {
  const text = (await sendToken({ fields: forgedIdentity(mark, spell) }))?.text ?? '';
  const forwarded = identityNames.filter((_, i) => text.includes(`${mark}-${i}`));
  if (forwarded.length > 0) {
    const fields = forwarded.map(spell).join(', ');
    return failed(name, `your API receives the client's own ${fields}`, advice(forwarded));
  }
  if (!text.includes(echo)) return skipped(name, 'the response does not show which fields your API receives');
  return passed(name, "your API does not receive the client's own fields");
}

/** Checks that a client cannot use `Connection` to remove the identity fields on the way to the API. */
async function checkIdentityKept(response: RawResponse | null, token: string, sendToken: Send): Promise<Check> {
  const showsIdentity = (one: RawResponse | null) =>
    one?.text.replaceAll(token, '').includes(displayPrefix(token)) ?? false;
  if (!showsIdentity(response)) return skipped(identityKept, 'the response does not show X-Auth-Token-Prefix');
  const stripped = await sendToken({ fields: [['Connection', `close, ${identityNames.join(', ')}`]] });
  if (stripped === null || stripped.status >= 400) return passed(identityKept, describe(stripped));
  return showsIdentity(stripped)
    ? passed(identityKept, 'your API receives the identity')
    : failed(identityKept, 'your API does not receive the identity, so the request looks anonymous', ignoreConnection);
}

/** Returns why an active token was denied, or null if it was allowed. */
function denialOf(response: RawResponse | null): string | null {
  if (response === null) return 'no response';
  const reason = response.all('X-Tokens-Reason')[0];
  if (response.status === 401) return `responded 401${reason ? ` (${reason})` : ''}; try \`tokens check\``;
  // A 403 without a reason is the API's own.
  if (response.status === 403 && reason) return `responded 403 (${reason}); the token may not be used here`;
  return response.status >= 500 ? describe(response) : null;
}
