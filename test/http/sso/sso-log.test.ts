import { beforeEach, expect, it } from 'vitest';
import { createSsoLog, type SsoLog } from '../../../server/http/sso/sso-log.ts';
import { createLog } from '../../../server/observability/log.ts';
import { SsoProblem, type SsoProblemCode } from '../../../server/sso/provider.ts';

let lines: Array<Record<string, unknown>>;
let ssoLog: SsoLog;
let now: number;
beforeEach(() => {
  lines = [];
  now = 0;
  ssoLog = createSsoLog(
    createLog('debug', (line) => lines.push(JSON.parse(line))),
    () => now,
  );
});

const problem = (code: SsoProblemCode, message: string, causeCode = 'ECONNREFUSED') =>
  new SsoProblem(code, 'Try again later.', {
    message,
    cause: Object.assign(new Error(`connect ${causeCode} ${message}`), { code: causeCode }),
  });
const shown = () => lines.map(({ level, msg, request_id }) => [level, msg, request_id]);

it('logs an outage of the identity provider once, however many people sign in, and then its end', () => {
  for (const id of ['r1', 'r2', 'r3']) ssoLog.failed(id, problem('sso-unavailable', 'the provider does not respond'));
  expect(shown()).toEqual([['warn', 'the provider does not respond', 'r1']]);
  ssoLog.succeeded();
  expect(lines).toHaveLength(1);
  now = 10_000;
  ssoLog.succeeded();
  ssoLog.succeeded();
  expect(lines.slice(1)).toEqual([
    expect.objectContaining({ level: 'info', msg: 'single sign-on works again', failures: 3 }),
  ]);
  ssoLog.failed('r4', problem('sso-unavailable', 'the provider does not respond'));
  expect(shown().at(-1)).toEqual(['warn', 'the provider does not respond', 'r4']);
});

it('logs each kind of failure in an outage, whatever the provider or the browser says', () => {
  for (const [n, code] of ['ECONNREFUSED', 'ETIMEDOUT', 'ECONNREFUSED', 'ETIMEDOUT'].entries()) {
    ssoLog.failed(`r${n}`, problem('sso-unavailable', `text ${n}`, code));
  }
  expect(shown().map(([, message]) => message)).toEqual(['text 0', 'text 1']);
});

it('logs every mistake of the set-up with the request ID that its page names', () => {
  for (const id of ['r1', 'r2']) ssoLog.failed(id, problem('sso-misconfigured', 'wrong secret'));
  expect(shown()).toEqual([
    ['error', 'wrong secret', 'r1'],
    ['error', 'wrong secret', 'r2'],
  ]);
});
