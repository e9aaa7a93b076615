import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Organization } from '../../../shared/schemas/organization/organization.ts';
import { localError, systemCode } from '../../errors.ts';

/** Returns the YAML text of a file with this state. */
export async function formatOrganizationFile(organization: Organization, schemaUrl: string): Promise<string> {
  // The build recognizes this module only by this path.
  const { formatOrganization } = await import('./document.ts');
  return formatOrganization(organization, schemaUrl);
}

/** Replaces a file atomically, so that a failure never leaves half of it. @throws CliError `unwritable` */
export async function writeOrganizationFile(path: string, text: string, uuid: () => string): Promise<void> {
  const temporary = join(dirname(path), `.organization.${uuid()}`);
  try {
    const handle = await open(temporary, 'wx');
    try {
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
