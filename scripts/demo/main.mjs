// Plays the life of a token on this machine with a daemon, a protected API, a mail server and the real commands:
// `npm run demo`.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tellStory } from './story.mjs';
import { startWorld } from './world.mjs';

const directory = await mkdtemp(join(tmpdir(), 'tokens-demo-'));
let world;
try {
  world = await startWorld(directory);
  await tellStory(world);
  process.stdout.write('\nDone. Every step had the expected result.\n');
} catch (error) {
  process.stderr.write(`\nThe demo failed: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  await world?.stop();
  await rm(directory, { recursive: true, force: true });
}
