import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { recordFirstSession } from '../../../scripts/first-session/record.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';

const root = join(import.meta.dirname, '../../..');
const canRecord = hasRealParts('tmux', 'bash', 'curl');

// `npm run docs:session` runs this test with `--update`, which writes the page instead of comparing it.
it.skipIf(!canRecord)(
  'shows a newcomer in the first ten minutes what the documentation says',
  async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const page = await recordFirstSession(version);
    await expect(page).toMatchFileSnapshot(join(root, 'docs/first-ten-minutes.md'));
  },
  180_000,
);
