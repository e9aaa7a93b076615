import type { Resolve } from '../../../server/checked-lookup.ts';
import { auditObject, deliveryObject } from '../../../server/http/representations.ts';
import { createSendWebhooks } from '../../../server/jobs/webhooks/send-webhooks.ts';
import { createHttpSender } from '../../../server/webhooks/http-sender.ts';
import type { CreatedWebhook, Delivery } from '../../../shared/schemas/webhooks.ts';
import { jsonOf, type TestApp } from '../app/app.ts';

/** Creates the job as the daemon does, on the store and the clock of the app. */
export function createWorker(app: TestApp, resolve?: Resolve) {
  const { services, store, clock, metrics, log, config } = app;
  const sender = createHttpSender({
    urls: services.webhookUrls,
    userAgent: 'tokensd/test',
    ...(resolve && { resolve }),
  });
  const { auditTrail, notifier } = services;
  const deps = { store, clock, metrics, log, sender, auditTrail, notifier };
  const { job, drain } = createSendWebhooks({ ...deps, represent: auditObject, publicUrl: config.publicUrl });
  const stopping = new AbortController();
  return {
    job,
    drain,
    sender,
    stopping,
    /** Runs the job once and waits until what it started has ended. */
    async run() {
      await job.run(stopping.signal);
      await drain();
    },
    /** Lets time pass in steps, and runs the job at each. */
    async runFor(ms: number, stepMs: number) {
      for (let passed = 0; passed < ms; passed += stepMs) {
        app.clock.advance(stepMs);
        await this.run();
      }
    },
    close: () => sender.close(),
  };
}

export async function addHook(app: TestApp, json: object): Promise<CreatedWebhook> {
  const response = await app.ask('/api/v1/webhooks', { as: app.root, json });
  if (response.status !== 201) throw new Error(await response.text());
  return jsonOf(response);
}

/** Returns the deliveries as the API shows them, although sessions may have ended. */
export async function deliveriesOf(app: TestApp, webhookId: string): Promise<Delivery[]> {
  return (await app.store.deliveries.list({ webhookId, limit: 1000, before: null })).map(deliveryObject);
}
