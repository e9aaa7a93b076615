import { displayPrefix } from '../../../shared/token-format.ts';
import { identityNames, ignoreConnection, removeUnderscores, replaceFields, useVerifyRoute } from './advice.ts';
import { type Check, describe, failed, passed, type Send, skipped, withToken } from './check.ts';
import { forgedIdentity, withUnderscores } from './probes.ts';
import type { RawResponse } from './raw.ts';

const allowed = { check: 'good-token', title: 'Your token' };
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
  const others = [...spellings.map(({ name }) => name), identityKept];
  if (token === null) return yield [allowed, ...others].map((name) => skipped(name, 'no token on standard input'));

  const echo = `${mark}-echo`;
  const sendToken: Send = ({ fields = [] }) => send(withToken(token, ['X-Tokens-Doctor', echo], ...fields));
  const response = await sendToken({});
  const problem = denialOf(response);
  yield [problem === null ? passed(allowed, describe(response)) : failed(allowed, problem, useVerifyRoute)];
  if (problem !== null) return yield others.map((name) => skipped(name, 'your token was not accepted'));

  for (const spelling of spellings) yield [await checkForgedIdentity(spelling, mark, echo, sendToken)];
  yield [await checkIdentityKept(response, token, sendToken)];
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
  return response.status >= 500 ? describe(response) : null;
}
