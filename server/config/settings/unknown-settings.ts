import leven from 'leven';
import type { Environment } from '../environment.ts';
import { configVariable } from './config-file.ts';

const ownPrefix = 'TOKENSD_';
const maxMistypedLetters = 3;

/**
 * Variables that Kubernetes and Docker links add for a service called `tokensd`, or for one whose name starts with
 * `tokensd-`, such as `TOKENSD_POSTGRES_SERVICE_HOST`.
 */
const injected =
  /^TOKENSD_(?:PORT|SERVICE_)|^TOKENSD_[A-Z0-9_]+_(?:SERVICE_(?:HOST|PORT(?:_[A-Z0-9_]+)?)|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/;
const injectedAddress = /^(?:tcp|udp|sctp):\/\//;

/** Whether Kubernetes may have added a variable, so that it is no typing mistake. */
export function isInjected(name: string, value = ''): boolean {
  return injected.test(name) || (name.endsWith('_PORT') && injectedAddress.test(value));
}

/** Whether `TOKENSD_PORT` looks like a port that a person set. It has no effect, because Kubernetes uses that name. */
export function isPortIgnored(env: Environment): boolean {
  return /^\s*\d+\s*$/.test(env.TOKENSD_PORT ?? '');
}

/**
 * Returns a sentence for each variable that starts with `TOKENSD_` but is not one of `known`. Most are typing mistakes,
 * and a setting that is not obeyed may open what it was meant to close.
 */
export function unknownSettings(env: Environment, known: readonly string[]): string[] {
  return Object.keys(env)
    .filter((name) => isOwn(name) && !known.includes(name) && !isInjected(name, env[name]))
    .map((name) => `${name} is not a setting of this version. ${adviceOn(name, known)}`);
}

/**
 * Returns a sentence for each name in the file of `TOKENSD_CONFIG` that is not one of `known`, because nothing obeys it. A variable of the
 * environment with the same value is obeyed: the start script of the Debian package takes proxies from the file.
 */
export function foreignNames(
  { values, env }: { values: Environment; env: Environment },
  known: readonly string[],
  file: string,
): string[] {
  return Object.keys(values)
    .filter((name) => !known.includes(name) && (isOwn(name) || env[name] !== values[name]))
    .map((name) => {
      // A line of a secret that was broken into lines can look like a name.
      const isVariable = /^[A-Z_][A-Z0-9_]*$/.test(name) || /^tokensd_/i.test(name);
      const subject = `${isVariable ? name : 'A name'} (from ${file})`;
      if (name === configVariable) return `${subject} must be set in the environment`;
      if (isOwn(name)) {
        return `${subject} is not a setting of this version. ${adviceOn(name, known)}`;
      }
      return `${subject} is not a setting of tokensd. Set it in the environment`;
    });
}

function isOwn(name: string): boolean {
  return name.toUpperCase().startsWith(ownPrefix);
}

function adviceOn(name: string, known: readonly string[]): string {
  const similar = findSimilar(name.toUpperCase(), known);
  return similar.length > 0 ? `Did you mean ${similar.join(' or ')}?` : 'Remove it or correct its name';
}

/** Returns the known names that differ in a few letters, else those that contain every word of `name`; at most three. */
function findSimilar(name: string, known: readonly string[]): string[] {
  const rest = name.slice(ownPrefix.length).trim();
  const candidates = known.map((candidate) => candidate.slice(ownPrefix.length));
  const words = rest.split(/[^A-Z0-9]+/);
  const close = closest(rest, candidates);
  const similar = close.length > 0 ? close : candidates.filter((candidate) => hasWords(candidate, words));
  return similar.length > 3 ? [] : similar.map((candidate) => ownPrefix + candidate);
}

function hasWords(candidate: string, words: string[]): boolean {
  const own = candidate.split('_');
  return words.every((word) => own.includes(word)) && own.includes('FILE') === words.includes('FILE');
}

/** Returns the candidates that differ from the word in the fewest letters, if these are few enough for a typing mistake. */
function closest(word: string, candidates: readonly string[]): string[] {
  const distances = candidates.map((candidate) => leven(word, candidate));
  const shortest = Math.min(...distances);
  if (shortest > Math.min(maxMistypedLetters, word.length / 2)) return [];
  return candidates.filter((_candidate, index) => distances[index] === shortest);
}
