import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Organization } from '../../../shared/schemas/organization/organization.ts';
import { localError, systemCode } from '../../errors.ts';

/** Returns the YAML text of a file with this state. */
export async function formatOrganizationFile(organization: Organization, schemaUrl: string): Promise<string> {
  // The build recognizes this module only by this path.
  const { formatOrganization } = await import('./document.ts');
  return formatOrganization(organization, schemaUrl);
}

/**
 * Replaces a file atomically, so that a failure never leaves half of it. A link to a file stays one, and the file keeps its mode. Only its owner may read a
 * new file, because URLs of webhooks can be secrets.
 * @throws CliError `unwritable`
 */
export async function writeOrganizationFile(given: string, text: string, uuid: () => string): Promise<void> {
  const path = await realpath(given).catch(() => given);
  const mode = await stat(path).then(
    (present) => present.mode & 0o777,
    () => 0o600,
  );
  const temporary = join(dirname(path), `.organization.${uuid()}`);
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      // The umask does not limit the mode of a file that exists.
      await handle.chmod(mode);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw localError('unwritable', `${path} cannot be written (${systemCode(error)}). Check its directory.`, error);
  }
}
