import { expect, it } from 'vitest';
import { useDaemons } from '../helpers/daemon/daemon.ts';
import { eventually, startProgram } from '../helpers/daemon/process.ts';

const { newDataDir } = useDaemons();

it('keeps serving and stops cleanly after the reader of its log has gone', async () => {
  const settings = { TOKENSD_LISTEN: '127.0.0.1:0', TOKENSD_LOG_LEVEL: 'debug', TOKENSD_DATA_DIR: await newDataDir() };
  const child = startProgram('tokensd', ['serve'], settings);
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const url = await eventually(() => /"url":"([^"]+)".*"msg":"listening"/.exec(log)?.[1], 'the daemon to listen');
  child.stderr?.destroy();
  for (let line = 0; line < 20; line += 1) expect((await fetch(`${url}/readyz`)).status).toBe(200);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});
