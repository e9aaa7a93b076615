import { parseAddress } from '../../config/ip-address.ts';
import type { ObservedRequest } from '../../domain/tokens/last-used.ts';
import { rawPathOf } from '../../domain/tokens/rules/evaluate.ts';
import type { AllowedRequest, GateRequest } from '../../domain/tokens/verify.ts';
import type { AppMatch } from '../../store/records.ts';
import { isAppName } from '../verify/requested-app.ts';
import { encodeHeader } from '../wire/raw-headers.ts';
import type { OAuthForm } from './form.ts';

/** The request that a client reports in the form fields `app`, `method`, `path` and `ip`, which are our extension. */
export interface ReportedRequest {
  /** The request that the rules of the token are evaluated against. A rule is not evaluated if the client left out its field. */
  asked: GateRequest;
  /** Describes a use of the token. Returns null if the client reports no request, in which case no last use is recorded. */
  observe(verdict: Pick<AllowedRequest, 'app' | 'wouldDeny'>): ObservedRequest | null;
  /** Describes the presentation of a denied value. A part that the client does not report is null. */
  observeDenied(app?: AppMatch | null): ObservedRequest;
  /** Whether the client reports a request, or asks about an app, so that a denial is counted. */
  countsDenial: boolean;
}

/** A request as a client describes it, in place of a proxy. */
export interface DescribedRequest {
  app?: string | undefined;
  method?: string | undefined;
  path?: string | undefined;
  ip?: string | undefined;
}

/** Returns the request that rules are evaluated against. A rule is not evaluated if the description lacks its part. */
export function gateRequestOf({ app, method, path, ip }: DescribedRequest): GateRequest {
  return {
    app: app === undefined ? undefined : isAppName(app) ? { kind: 'name', name: app } : 'unknown',
    method,
    path: path === undefined ? undefined : rawPathOf(encodeHeader(path)),
    ip: ip === undefined ? undefined : (parseAddress(ip)?.toString() ?? null),
  };
}

/** Reads the request that the client reports. */
export function readReportedRequest(form: OAuthForm): ReportedRequest {
  const [app, method, path, ip] = ['app', 'method', 'path', 'ip'].map((name) => form.get(name));
  const target = path === undefined ? undefined : encodeHeader(path);
  const isReported = method !== undefined || target !== undefined || ip !== undefined;
  const observed = {
    ...{ method: method ?? null, target: target ?? null, peer: ip ?? null, forwardedFor: null, userAgent: null },
    introspected: true,
  } as const;
  return {
    asked: gateRequestOf({ app, method, path, ip }),
    countsDenial: isReported || app !== undefined,
    observe: (verdict) =>
      isReported ? { ...observed, appId: verdict.app?.id ?? null, wouldDeny: verdict.wouldDeny } : null,
    observeDenied: (app = null) => ({ ...observed, appId: app?.id ?? null, wouldDeny: null }),
  };
}
