import type { Api } from '../../../api/client.ts';
import { orphansOf } from '../../../api/find/find-orphans.ts';
import type { Context, GlobalOptions } from '../../../context.ts';
import { commandLine } from '../../../ui/command-line.ts';
import { warn } from '../../../ui/notes.ts';
import { sanitize } from '../../../ui/sanitize.ts';

/** Warns, in scripts as well, about service accounts that nobody maintains after the member was disabled. */
export async function warnOfOrphans(ctx: Context, options: GlobalOptions, api: Api, email: string): Promise<void> {
  // With --json, nothing is written.
  if (options.json) return;
  for (const name of await orphansOf(api, email)) {
    const command = `${commandLine('service-accounts edit', name)} --add-maintainer EMAIL`;
    await warn(ctx, options, `No enabled member maintains the service account ${sanitize(name)} any more: ${command}`);
  }
}
