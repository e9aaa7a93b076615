import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runContainer } from './container.ts';
import { type ImageConfig, readContainerfile, type Stage, type Step } from './containerfile.ts';
import { type DebianRoot, openDebianRoot } from './debian-root.ts';

const run = promisify(execFile);
const project = join(import.meta.dirname, '..', '..', '..');

/** The files of the last stage of the Containerfile, and what it says about containers. */
export interface Image {
  path: string;
  config: ImageConfig;
  remove(): Promise<void>;
}

/**
 * Builds the image as the Containerfile says. No image can be downloaded where tests run, and no package either, so these stand in
 * for what a builder downloads:
 *
 * - a bare Debian of debootstrap for `debian:bookworm-slim`
 * - the same with Node.js from the npm package `node` for `node:24-bookworm`
 * - for `npm ci`, the `node_modules` of this machine, which `npm ci` installed from the same lock file. The build runs for real.
 */
export async function buildImage(): Promise<Image> {
  const { stages, config } = readContainerfile();
  const roots: Array<{ name: string | null; root: DebianRoot }> = [];
  try {
    for (const stage of stages) {
      const root = await openBase(stage);
      roots.push({ name: stage.name, root });
      const pathOf = (name: string | null) => roots.find((other) => other.name === name)?.root.path;
      for (const step of stage.steps) await takeStep(root, step, pathOf);
    }
    const last = roots.pop();
    if (last === undefined) throw new Error('The Containerfile has no stage.');
    const { path, remove } = last.root;
    return { path, config, remove };
  } finally {
    for (const { root } of roots) await root.remove();
  }
}

async function openBase({ base }: Stage): Promise<DebianRoot> {
  const [, major] = /^docker\.io\/library\/node:(\d+)-bookworm$/.exec(base) ?? [];
  if (major === undefined && base !== 'docker.io/library/debian:bookworm-slim')
    throw new Error(`The tests have nothing that stands in for ${base}.`);
  const root = await openDebianRoot('bookworm');
  if (major !== undefined) await installNode(root, major);
  return root;
}

const npm = `#!/bin/sh
set -eu
[ "$1" = ci ]
PATH=$PWD/node_modules/.bin:$PATH exec sh -euc "$(node -p 'require("./package.json").scripts.build')"
`;

async function installNode(root: DebianRoot, version: string): Promise<void> {
  // That of the other packages.
  const script = `import { installPackagedNode, packagedNode } from '${join(project, 'scripts/packages/packaged-node.mjs')}'; console.log(JSON.stringify({ ...packagedNode, ...installPackagedNode() }));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script]);
  const { version: packaged, binary, license } = JSON.parse(stdout);
  if (!packaged.startsWith(`${version}.`))
    throw new Error(`The image has Node.js ${version}, and the packages ${packaged}.`);
  await cp(binary, join(root.path, 'usr/local/bin/node'));
  await cp(license, join(root.path, 'usr/local/LICENSE'));
  await root.write('usr/local/bin/npm', npm, 0o755);
}

async function takeStep(
  root: DebianRoot,
  step: Step,
  pathOf: (stage: string | null) => string | undefined,
): Promise<void> {
  if (step.kind === 'run') return runStep(root, step);
  const target = join(root.path, step.target);
  await mkdir(target, { recursive: true });
  if (step.from === null) return copyContext(step.source, target);
  const source = join(pathOf(step.from) ?? '', step.source);
  await run('cp', ['--archive', '--no-preserve=ownership', `${source}/.`, target]);
}

/** What builders let a step do as root. */
const capabilities = ['chown', 'dac_override', 'fowner', 'fsetid', 'setgid', 'setuid'];

async function runStep({ path }: DebianRoot, { command, workdir, mount }: Extract<Step, { kind: 'run' }>) {
  const mounts = mount === null ? [] : [{ source: join(project, mount.source), target: mount.target, readOnly: true }];
  // What `npm ci` would install next to the lock file.
  if (existsSync(join(path, workdir, 'package-lock.json')))
    mounts.push({ source: join(project, 'node_modules'), target: join(workdir, 'node_modules'), readOnly: true });
  const options = { root: path, workdir, mounts, capabilities, uid: 0, gid: 0, readOnly: false, network: null };
  const words = ['sh', '-euc', command];
  const { code, stdout, stderr } = await runContainer({ ...options, command: words, env: { HOME: '/root' } });
  if (code !== 0) throw new Error(`RUN ${command} ended with ${code}: ${stdout}${stderr}`);
}

/** Copies the files that .dockerignore lets into the build. */
async function copyContext(source: string, target: string): Promise<void> {
  if (source !== '.') throw new Error(`The tests copy the whole context, not ${source}.`);
  for (const name of await readContextNames()) await cp(join(project, name), join(target, name), { recursive: true });
}

/** Returns the names of .dockerignore. @throws Error if it does not begin by leaving everything out, or has other patterns */
async function readContextNames(): Promise<string[]> {
  const text = await readFile(join(project, '.dockerignore'), 'utf8');
  const [first, ...lines] = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const names = lines.map((line) => /^!([\w.-]+)$/.exec(line)?.[1] ?? '');
  if (first !== '*' || names.includes('')) throw new Error('.dockerignore must leave out all but files that it names.');
  return names;
}
