import { chmod, chown, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes the directory of a volume, as a container runtime does: with the owner and the mode of the directory in the image. */
export async function newVolume(mode: number, [uid, gid] = [10001, 10001]): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'tokensd-volume-'));
  await chown(path, uid, gid);
  await chmod(path, mode);
  return path;
}
