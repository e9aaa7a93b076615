export const webhooksPath = '/organization/webhooks';

export function webhookPath(id: string): string {
  return `${webhooksPath}/${id}`;
}
