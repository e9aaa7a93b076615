import { afterAll, beforeAll, describe } from 'vitest';
import { buildImage, type Image } from '../helpers/packages/image.ts';
import { hasRealParts } from '../helpers/peers/real-parts.ts';
import { describeCompose } from './container/compose.ts';
import { describeImage } from './container/image.ts';
import { describeKubernetes } from './container/kubernetes.ts';
import { describeKubernetesPostgres } from './container/kubernetes-postgres.ts';
import { describeSockets } from './container/sockets.ts';

const programs = [
  'debootstrap',
  'unshare',
  'nsenter',
  'setpriv',
  'perl',
  'curl',
  'caddy',
  'nginx',
  'openssl',
  'postgres',
];

describe.skipIf(!hasRealParts('root', ...programs))('a container', () => {
  let image: Image;
  beforeAll(async () => {
    image = await buildImage();
  }, 600_000);
  afterAll(() => image?.remove());

  describeImage(() => image);
  describeSockets(() => image);
  describeCompose(() => image);
  describeKubernetes(() => image);
  describeKubernetesPostgres(() => image);
});
