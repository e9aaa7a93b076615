/** Reads the choice of mails about uses from new networks: whether no mail is sent. A form of the release before has the opposite field. */
export function readQuietNetworks(form: Record<string, unknown>): boolean {
  const chosen = [form.network_mail].flat().at(-1);
  return chosen === 'false' || form.quiet_networks === 'true';
}
