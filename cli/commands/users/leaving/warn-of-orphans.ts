import type { Api } from '../../../api/client.ts';
import { orphansOf } from '../../../api/find/find-orphans.ts';
import type { Context, GlobalOptions } from '../../../context.ts';
import { commandLine } from '../../../ui/command-line.ts';
import { warn, writeStderr } from '../../../ui/notes.ts';
import { sanitize } from '../../../ui/sanitize.ts';

/**
 * Warns, in scripts as well, about service accounts that nobody maintains after the member was disabled, and about the one that received the
 * tokens.
 */
export async function warnOfOrphans(
  ctx: Context,
  options: GlobalOptions & { transferTo?: string },
  api: Api,
  email: string,
): Promise<void> {
  // With --json, nothing is written.
  if (!options.json) await warnOfUnmaintained(ctx, options, await orphansOf(api, email, options.transferTo));
}

/** Warns, in scripts as well, that no enabled member maintains the named service accounts. */
export async function warnOfUnmaintained(
  ctx: Context,
  options: GlobalOptions,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    const command = `${commandLine('service-accounts edit', name)} --add-maintainer EMAIL`;
    await warn(ctx, options, `No enabled member maintains the service account ${sanitize(name)}: ${command}`);
  }
}

/** Names, before a question, the service accounts that would lose their only maintainer. Written even with --json, as the question is. */
export async function announceOrphans(ctx: Context, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const lines = names.map((name) => `  ${sanitize(name)}`);
  await writeStderr(ctx, ['Service accounts that no other enabled member maintains:', ...lines].join('\n'));
}
