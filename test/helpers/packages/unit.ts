/** What a unit of systemd says about starting a service. */
export interface Service {
  /** The program and its arguments. */
  command: string[];
  user: string;
  env: Record<string, string>;
}

/** Reads the `[Service]` section of a unit file without quoted values. @throws Error if it names no program or no user */
export function readService(unit: string): Service {
  const valuesOf = (name: string) =>
    [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);
  const [command] = valuesOf('ExecStart');
  const [user] = valuesOf('User');
  if (command === undefined || user === undefined) throw new Error('The unit has no ExecStart or no User.');
  const variables = valuesOf('Environment').flatMap((line) => line.split(' '));
  const env = Object.fromEntries(variables.map((text) => [text.replace(/=.*/s, ''), text.replace(/^[^=]*=/, '')]));
  return { command: command.split(' '), user, env };
}
