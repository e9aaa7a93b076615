import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DockerfileParser, type Instruction, type JSONInstruction, type PropertyInstruction } from 'dockerfile-ast';

/** A stage of a Containerfile: the image that it starts from, and its instructions in their order. */
export interface Stage {
  name: string | null;
  base: string;
  steps: Step[];
}

/** An instruction that changes the files of an image. */
export type Step =
  | { kind: 'copy'; from: string | null; source: string; target: string }
  | { kind: 'run'; command: string; workdir: string; mount: { source: string; target: string } | null };

/** What an image says about the containers that run it. */
export interface ImageConfig {
  env: Record<string, string>;
  labels: Record<string, string>;
  user: string;
  workdir: string;
  volumes: string[];
  ports: number[];
  stopSignal: string;
  /** The words of its command. */
  healthcheck: string[];
  entrypoint: string[];
  command: string[];
}

const root = join(import.meta.dirname, '..', '..', '..');

/**
 * Reads the Containerfile of this project.
 * @throws Error for an instruction or a flag that this reading does not know, because the tests would not notice its effect
 */
export function readContainerfile(): { stages: Stage[]; config: ImageConfig } {
  const file = DockerfileParser.parse(readFileSync(join(root, 'Containerfile'), 'utf8'));
  const stages: Stage[] = [];
  let config = emptyConfig();
  for (const instruction of file.getInstructions()) {
    const keyword = instruction.getKeyword();
    const words = instruction.getArguments().map((argument) => argument.getValue());
    if (keyword === 'FROM') {
      config = emptyConfig();
      const [base = '', , name = null] = words;
      stages.push({ name, base, steps: [] });
      continue;
    }
    const step = readStep(keyword, instruction, config.workdir);
    if (step === null) readConfig(config, keyword, instruction);
    else stages.at(-1)?.steps.push(step);
  }
  return { stages, config };
}

function emptyConfig(): ImageConfig {
  const lists = { volumes: [], ports: [], healthcheck: [], entrypoint: [], command: [] };
  return { env: {}, labels: {}, user: '', workdir: '/', stopSignal: '', ...lists };
}

function flagsOf(instruction: Instruction): Record<string, string> {
  const flags = (instruction as JSONInstruction).getFlags?.() ?? [];
  return Object.fromEntries(flags.map((flag) => [flag.getName(), flag.getValue() ?? '']));
}

function readStep(keyword: string, instruction: Instruction, workdir: string): Step | null {
  const flags = flagsOf(instruction);
  const words = instruction.getArguments().map((argument) => argument.getValue());
  if (keyword === 'COPY') {
    const { from = null, ...others } = flags;
    const [source, target] = words;
    if (Object.keys(others).length > 0 || words.length !== 2 || source === undefined || target === undefined)
      throw new Error(`The tests cannot read COPY ${words.join(' ')}.`);
    return { kind: 'copy', from, source, target: target === '.' ? workdir : target };
  }
  if (keyword !== 'RUN') return null;
  const { mount = null, ...others } = flags;
  if (Object.keys(others).length > 0) throw new Error(`The tests cannot read the flags of RUN ${words.join(' ')}.`);
  return { kind: 'run', command: words.join(' '), workdir, mount: mount === null ? null : readMount(mount) };
}

function readMount(text: string): { source: string; target: string } {
  const [, source, target] = /^type=bind,source=([^,]+),target=([^,]+)$/.exec(text) ?? [];
  if (source === undefined || target === undefined) throw new Error(`The tests cannot read the mount ${text}.`);
  return { source, target };
}

function readConfig(config: ImageConfig, keyword: string, instruction: Instruction): void {
  const words = instruction.getArguments().map((argument) => argument.getValue());
  const [first = ''] = words;
  const inJson = () => (JSON.parse(words.join(' ')) as string[]).map(String);
  const properties = () =>
    Object.fromEntries(
      (instruction as PropertyInstruction).getProperties().map((one) => [one.getName(), one.getValue() ?? '']),
    );
  const readers: Record<string, () => void> = {
    ENV: () => Object.assign(config.env, properties()),
    LABEL: () => Object.assign(config.labels, properties()),
    USER: () => Object.assign(config, { user: first }),
    WORKDIR: () => Object.assign(config, { workdir: first }),
    VOLUME: () => config.volumes.push(...words),
    EXPOSE: () => config.ports.push(...words.map(Number)),
    STOPSIGNAL: () => Object.assign(config, { stopSignal: first }),
    HEALTHCHECK: () => Object.assign(config, { healthcheck: JSON.parse(words.slice(1).join(' ')) }),
    // Without JSON, a shell would be process 1.
    ENTRYPOINT: () => Object.assign(config, { entrypoint: inJson() }),
    CMD: () => Object.assign(config, { command: inJson() }),
  };
  const read = readers[keyword];
  if (read === undefined) throw new Error(`The tests cannot read ${keyword}.`);
  read();
}
