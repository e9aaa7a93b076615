// Writes the manual pages of both programs to dist/man. Run it after the build.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import tokens from '../dist/cli/main.cjs';
import program from '../dist/cli/program.cjs';
import tokensd from '../dist/server/main.cjs';
import { importTypeScript } from './import-typescript.mjs';

const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
const { manPages } = await importTypeScript(new URL('docs/man-pages.ts', import.meta.url));
const directory = new URL('../dist/man/', import.meta.url);
const programs = [
  await program.modules['cli/program.ts']().createProgram(tokens.realContext(), { out: '', err: '' }),
  tokensd.createProgram({ env: {}, stdout: {}, stderr: new PassThrough() }, version, () => {}),
];

await rm(directory, { recursive: true, force: true });
await mkdir(directory, { recursive: true });
for (const { file, content } of programs.flatMap((program) => manPages(program, version))) {
  await writeFile(new URL(file, directory), content);
}
