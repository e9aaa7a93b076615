import { assembleToken, base62Alphabet, bodyLength, displayPrefix } from '../../../shared/token-format.ts';
import { type Advice, askRightly, identityNames, keepConnection, protect, strip, stripUnderscores } from './advice.ts';
import { forgedIdentity, type Probe, pathProbe, probesOf, withUnderscores } from './probes.ts';
import { type RawAnswer, type RawOptions, type RawRequest, sendRaw } from './raw.ts';

export interface Check {
  readonly check: string;
  readonly title: string;
  readonly result: 'passed' | 'failed' | 'skipped';
  /** What was answered, or why nothing can be told. */
  readonly detail: string;
  /** The lines that close the hole, if it is one. */
  readonly nginx: readonly string[];
  readonly caddy: readonly string[];
}

export interface Examination extends RawOptions {
  /** A token that works, or null. */
  readonly token: string | null;
  /** Told of each request and answer; never of tokens. */
  readonly trace: (line: string) => Promise<void>;
}

type Ask = (request: RawRequest) => Promise<RawAnswer | null>;
type Named = Pick<Check, 'check' | 'title'>;

/** Tries a proxy from outside, one check after the other. Rejects if there is nothing that answers in HTTP. */
export async function* examine(examination: Examination): AsyncGenerator<readonly Check[]> {
  const { url, token } = examination;
  const mark = `tokens-doctor-${randomText('0123456789abcdef', 16)}`;
  const first: Ask = async (request) => {
    await examination.trace(`> GET ${request.line ?? url.pathname + url.search}`);
    const answer = await sendRaw(request, examination);
    await examination.trace(`< ${answer?.status ?? 'no answer'}`);
    return answer;
  };
  const closed = await first({});
  if (closed === null) throw Object.assign(new Error('The connection was cut'), { code: 'ECONNRESET' });
  // Who answers what is right may be silent at what is odd.
  const ask: Ask = (request) => first(request).catch(nullIfSilent);
  yield [refusal({ check: 'no-token', title: 'No token' }, closed)];
  yield [refusal({ check: 'malformed-token', title: 'A malformed token' }, await ask(bearing('nonsense')))];
  const unknown = assembleToken(token?.split('_')[0] ?? 'tok', randomText(base62Alphabet, bodyLength));
  yield [refusal({ check: 'unknown-token', title: 'An unknown token' }, await ask(bearing(unknown)))];
  const key = await ask({ fields: [['X-API-Key', unknown]] });
  yield [refusal({ check: 'unknown-key', title: 'An unknown token as X-API-Key' }, key)];
  for (const probe of probesOf(url, mark)) yield [await probed(probe, closed, ask)];
  yield [await probedPaths(pathProbe(url, mark), closed, mark, ask)];
  yield* withToken(token, mark, ask);
}

function nullIfSilent(error: unknown): null {
  if (error instanceof Error && ['TimeoutError', 'NotHttpError'].includes(error.name)) return null;
  throw error;
}

/** 401 with a challenge is the only right answer. */
function refusal(named: Named, answer: RawAnswer | null): Check {
  if (answer === null) return failed(named, 'no answer; it must be 401', askRightly);
  const { status } = answer;
  if (status === 401 && answer.all('WWW-Authenticate').length > 0) return passed(named, answered(answer));
  if (status === 401) return failed(named, 'answered 401 without WWW-Authenticate', askRightly);
  if (status < 300) return failed(named, `${answered(answer)}: your API is open`, protect);
  if (status < 400) return failed(named, `${answered(answer)}: a script cannot follow; it must be 401`, protect);
  return failed(named, `${answered(answer)}; it must be 401`, status < 500 ? protect : askRightly);
}

async function probed(probe: Probe, closed: RawAnswer, ask: Ask): Promise<Check> {
  if (closed.status < 400) return skipped(probe, 'nothing can be told while the answer without a token is no refusal');
  let last: RawAnswer | null = null;
  for (const request of probe.requests) {
    last = await ask(request);
    if (last === null || isRefusal(probe, last.status, closed.status)) continue;
    return failed(probe, `${answered(last)} where it must be refused (${shown(request)})`, probe.advice);
  }
  return passed(probe, last === null ? 'no answer' : answered(last));
}

function isRefusal({ expected }: Probe, status: number, closed: number): boolean {
  if (expected === 'closed') return status >= 300;
  return status === closed || [400, 401, 403, 431].includes(status);
}

/** Where strangers get a page for any path, such as an application's start page, another one shows nothing. */
async function probedPaths(probe: Probe, closed: RawAnswer, mark: string, ask: Ask): Promise<Check> {
  if (closed.status < 400) return probed(probe, closed, ask);
  const nowhere = await ask({ line: `/${mark}` });
  if (nowhere !== null && nowhere.status < 300) {
    return skipped(probe, `a path that does not exist is ${answered(nowhere)} as well`);
  }
  return probed(probe, closed, ask);
}

const good = { check: 'good-token', title: 'Your token' };
const kept = { check: 'kept-identity', title: 'Connection: X-Auth-… beside your token' };
const spellings = [
  {
    named: { check: 'told-identity', title: 'X-Auth-… beside your token' },
    spell: (name: string) => name,
    advice: strip,
  },
  {
    named: { check: 'told-identity-underscores', title: 'X_Auth_… beside your token' },
    spell: withUnderscores,
    advice: () => stripUnderscores,
  },
];

async function* withToken(token: string | null, mark: string, ask: Ask): AsyncGenerator<readonly Check[]> {
  const told = [...spellings.map(({ named }) => named), kept];
  if (token === null) return yield [good, ...told].map((named) => skipped(named, 'no token was piped in'));

  const echo = `${mark}-echo`;
  const asWell: Ask = ({ fields = [] }) => ask(bearing(token, ['X-Tokens-Doctor', echo], ...fields));
  const answer = await asWell({});
  const why = refusedWhy(answer);
  yield [why === null ? passed(good, answered(answer)) : failed(good, why, askRightly)];
  if (why !== null) return yield told.map((named) => skipped(named, 'your token was not let through'));

  for (const spelling of spellings) yield [await toldIdentity(spelling, mark, echo, asWell)];
  yield [await keptIdentity(answer, token, asWell)];
}

/** Whether the API is told what a client says of itself. Seen only where its answer shows what it got. */
async function toldIdentity(
  { named, spell, advice }: (typeof spellings)[number],
  mark: string,
  echo: string,
  asWell: Ask,
): Promise<Check> {
  const text = (await asWell({ fields: forgedIdentity(mark, spell) }))?.text ?? '';
  const through = identityNames.filter((_, i) => text.includes(`${mark}-${i}`));
  if (through.length > 0) {
    return failed(named, `your API is told what a client says as ${through.map(spell).join(', ')}`, advice(through));
  }
  if (!text.includes(echo)) return skipped(named, 'the answer does not show what your API was told');
  return passed(named, 'your API is not told what a client says');
}

/** Whether a client can have the identity taken away again on the way to the API. */
async function keptIdentity(answer: RawAnswer | null, token: string, asWell: Ask): Promise<Check> {
  const tellsWho = (one: RawAnswer | null) => one?.text.replaceAll(token, '').includes(displayPrefix(token)) ?? false;
  if (!tellsWho(answer)) return skipped(kept, 'the answer does not show X-Auth-Token-Prefix');
  const stripped = await asWell({ fields: [['Connection', `close, ${identityNames.join(', ')}`]] });
  if (stripped === null || stripped.status >= 400) return passed(kept, answered(stripped));
  return tellsWho(stripped)
    ? passed(kept, 'your API is told who it is')
    : failed(kept, 'your API is not told who it is, and takes the client for nobody', keepConnection);
}

/** Why a token that works was not let through; null if it was. */
function refusedWhy(answer: RawAnswer | null): string | null {
  if (answer === null) return 'no answer';
  const reason = answer.all('X-Tokens-Reason')[0];
  if (answer.status === 401) return `answered 401${reason ? ` (${reason})` : ''}: try \`tokens check\``;
  return answer.status >= 500 ? answered(answer) : null;
}

function bearing(token: string, ...fields: ReadonlyArray<readonly [string, string]>): RawRequest {
  return { fields: [['Authorization', `Token ${token}`], ...fields] };
}

function answered(answer: RawAnswer | null): string {
  if (answer === null) return 'no answer';
  const [location] = answer.status < 400 ? answer.all('Location') : [];
  return `answered ${answer.status}${location === undefined ? '' : `, a redirect to ${location}`}`;
}

/** What was odd about a request, in short. */
function shown({ line, fields = [] }: RawRequest): string {
  return line ?? fields[0]?.join(': ') ?? '';
}

function passed(named: Named, detail: string): Check {
  return finding(named, 'passed', detail, { nginx: [], caddy: [] });
}

function skipped(named: Named, detail: string): Check {
  return finding(named, 'skipped', detail, { nginx: [], caddy: [] });
}

function failed(named: Named, detail: string, advice: Advice): Check {
  return finding(named, 'failed', detail, advice);
}

function finding({ check, title }: Named, result: Check['result'], detail: string, { nginx, caddy }: Advice): Check {
  return { check, title, result, detail, nginx, caddy };
}

function randomText(alphabet: string, length: number): string {
  const bytes = crypto.getRandomValues(new Uint32Array(length));
  return Array.from(bytes, (byte) => alphabet.charAt(byte % alphabet.length)).join('');
}
