import { describe, expect, it } from 'vitest';
import { takeSockets } from '../../server/commands/serve/take-sockets.ts';
import { readConfig } from '../../server/config/config.ts';
import { readPassedSockets } from '../../server/config/passed-sockets.ts';
import { createLog } from '../../server/observability/log.ts';

const pid = 4711;
const none = { listen: null, internalListen: null };
const passed = (env: Record<string, string>) => readPassedSockets({ LISTEN_PID: String(pid), ...env }, pid);

describe('sockets that systemd passes', () => {
  it.each([
    [{ LISTEN_FDS: '1' }, { ...none, listen: { fd: 3 } }],
    [
      { LISTEN_FDS: '1', LISTEN_FDNAMES: 'tokensd.socket' },
      { ...none, listen: { fd: 3 } },
    ],
    [
      { LISTEN_FDS: '1', LISTEN_FDNAMES: 'internal' },
      { ...none, internalListen: { fd: 3 } },
    ],
    [
      { LISTEN_FDS: '2', LISTEN_FDNAMES: 'x:internal' },
      { listen: { fd: 3 }, internalListen: { fd: 4 } },
    ],
    [
      { LISTEN_FDS: '2', LISTEN_FDNAMES: 'internal:x' },
      { listen: { fd: 4 }, internalListen: { fd: 3 } },
    ],
  ])('are told apart by their names: %j', (env, expected) => {
    expect(passed(env)).toEqual(expected);
  });

  it.each([
    { LISTEN_FDS: '1', LISTEN_PID: '4712' },
    { LISTEN_FDS: '1', LISTEN_PID: '' },
    { LISTEN_FDS: '0' },
    { LISTEN_FDS: '' },
    { LISTEN_FDS: '-1' },
    { LISTEN_FDS: '1x' },
    {},
  ])('are none of this process with %j', (env) => {
    expect(passed(env)).toEqual(none);
  });

  it.each([
    { LISTEN_FDS: '2' },
    { LISTEN_FDS: '2', LISTEN_FDNAMES: 'internal:internal' },
    { LISTEN_FDS: '3', LISTEN_FDNAMES: 'x:y:internal' },
  ])('must not be several for one listener: %j', (env) => {
    expect(() => passed(env)).toThrow(/^systemd passed [23] sockets\. .*FileDescriptorName=internal/);
  });

  it('take the place of the settings, which the log says', () => {
    const lines: string[] = [];
    const log = createLog('info', (line) => lines.push(line));
    const settings = readConfig({ HOME: '/nowhere', TOKENSD_INTERNAL_LISTEN: '127.0.0.1:8421' });
    const sockets = passed({ LISTEN_FDS: '2', LISTEN_FDNAMES: 'x:internal' });
    const config = takeSockets(settings, sockets, log);
    expect(config).toMatchObject({ listen: { fd: 3 }, internalListen: { fd: 4 } });
    expect(config.sources).toEqual({ TOKENSD_LISTEN: 'systemd', TOKENSD_INTERNAL_LISTEN: 'systemd' });
    expect(settings.sources, 'leaves the settings as they are').toEqual({ TOKENSD_INTERNAL_LISTEN: 'environment' });
    expect(lines.join('')).toMatch(
      /"TOKENSD_LISTEN","fd":3,.*\n.*"TOKENSD_INTERNAL_LISTEN","fd":4,.*\n.*"warn".*"publicUrl":"http:\/\/127\.0\.0\.1:8420".*TOKENSD_PUBLIC_URL is not set/,
    );
  });

  it('change nothing if there are none', () => {
    const settings = readConfig({ HOME: '/nowhere' });
    const log = createLog('info', (line) => expect.fail(line));
    expect(takeSockets(settings, none, log)).toEqual(settings);
  });
});
