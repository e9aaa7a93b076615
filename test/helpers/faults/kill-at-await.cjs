// Preloaded into a program with `--require`. Kills it when it continues after its KILL_AT-th await. With KILL_AT=0, writes
// the number of awaits to COUNT_FILE instead.
const { writeFileSync } = require('node:fs');
const { promiseHooks } = require('node:v8');

const killAt = Number(process.env.KILL_AT);
let count = 0;
promiseHooks.onBefore(() => {
  count += 1;
  if (count === killAt) process.kill(process.pid, 'SIGKILL');
});
if (killAt === 0) process.on('exit', () => writeFileSync(process.env.COUNT_FILE, String(count)));
