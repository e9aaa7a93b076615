import { limits } from '../../../shared/limits.ts';
import { type Admission, type AdmissionDeps, createAdmission, defaultLimits } from './admission.ts';
import { type BodyLimits, createBodies } from './bodies.ts';
import type { AdmissionLimits } from './fair-queue.ts';
import { refuse } from './refusal.ts';

const monitoringPaths = ['/readyz', '/healthz', '/metrics'];
const introspectionPath = '/oauth/introspect';
const reportPath = '/leaks/report';

const monitoringLimits: AdmissionLimits = {
  ...defaultLimits,
  maxInFlight: 16,
  maxInFlightPerLane: 8,
  maxWaiting: 256,
  maxWaitingPerLane: 64,
};

/**
 * API servers introspect a token for each request that they receive, many at the same time. Few are in flight, because those that are
 * looked up together also get their responses in one turn of the event loop, for which verification waits.
 */
const introspectionLimits: AdmissionLimits = {
  ...defaultLimits,
  maxInFlight: 64,
  maxInFlightPerLane: 32,
  maxWaiting: 4096,
  maxWaitingPerLane: 2048,
};

const bodyLimits: BodyLimits = { maxArriving: 1024, maxBytes: limits.maxBodyBytes };

/**
 * Reports of leaked values have larger bodies. Anybody can send one in GitHub's name, because the signature is checked when the whole body has
 * arrived. So few arrive at the same time.
 */
const reportLimits: BodyLimits = { maxArriving: 32, maxBytes: limits.maxReportBytes };

/**
 * How many requests without their bodies are refused at a time, and how long the admission then pauses. Their clients connect
 * again.
 */
const maxRefusals = 4;
const refusalPauseMs = 20;

/**
 * Creates the admission of all requests but verifications. Monitoring and introspection have places of their own, because a load
 * balancer that gets no response stops sending verifications, and because introspection verifies tokens, too. A request
 * takes a place when its body has arrived.
 */
export function createAdmissions(deps: AdmissionDeps): Admission {
  const monitoring = createAdmission({ ...deps, limits: monitoringLimits });
  const introspection = createAdmission({ ...deps, limits: introspectionLimits });
  const others = createAdmission(deps);
  const bodies = createBodies(deps.laneOf, bodyLimits);
  const reports = createBodies(deps.laneOf, reportLimits);

  const dropped: Array<() => void> = [];

  function refuseDropped(): void {
    for (const respond of dropped.splice(0, maxRefusals)) respond();
    if (dropped.length > 0) setTimeout(refuseDropped, refusalPauseMs);
  }

  function admissionOf(url: string): Admission {
    if (monitoringPaths.includes(url)) return monitoring;
    return url === introspectionPath ? introspection : others;
  }

  return {
    admit(req, res, start) {
      const drop = () => {
        deps.metrics.countRefusal('queue-full');
        dropped.push(() => {
          refuse(req, res);
          deps.metrics.countResponse(req.method ?? '', 503);
        });
        if (dropped.length === 1) setTimeout(refuseDropped, refusalPauseMs);
      };
      const { url = '' } = req;
      const { wait } = url === reportPath ? reports : bodies;
      wait(req, res, () => admissionOf(url).admit(req, res, start), drop);
    },
    connected() {
      for (const admission of [monitoring, introspection, others]) admission.connected();
    },
  };
}
