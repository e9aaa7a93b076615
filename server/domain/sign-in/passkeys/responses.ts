import { z } from 'zod';

// What browsers return, as `PublicKeyCredential.toJSON` writes it (WebAuthn §5.1). The library checks what the values mean.

const common = {
  id: z.string().max(1400),
  rawId: z.string(),
  type: z.literal('public-key'),
  authenticatorAttachment: z.enum(['platform', 'cross-platform']).optional().catch(undefined),
};

const newPasskeySchema = z.object({
  ...common,
  response: z.object({
    clientDataJSON: z.string(),
    attestationObject: z.string(),
    transports: z.array(z.string().max(32)).max(16).optional().catch(undefined),
  }),
});
export type NewPasskeyResponse = z.infer<typeof newPasskeySchema>;

const signatureSchema = z.object({
  ...common,
  response: z.object({
    clientDataJSON: z.string(),
    authenticatorData: z.string(),
    signature: z.string(),
    userHandle: z.string().nullish(),
  }),
});
export type SignatureResponse = z.infer<typeof signatureSchema>;

/** Returns the response for a new passkey in this JSON text, or null. */
export function readNewPasskey(json: string): NewPasskeyResponse | null {
  return newPasskeySchema.safeParse(parse(json)).data ?? null;
}

/** Returns the response of a passkey that signed, or null. */
export function readSignature(json: string): SignatureResponse | null {
  return signatureSchema.safeParse(parse(json)).data ?? null;
}

/** Returns the challenge that a response belongs to, or null. Anybody can write this: it is only what to look up. */
export function challengeOf({ response }: NewPasskeyResponse | SignatureResponse): string | null {
  const text = Buffer.from(response.clientDataJSON, 'base64url').toString();
  const { data } = z.object({ challenge: z.string().max(128) }).safeParse(parse(text));
  return data?.challenge ?? null;
}

/** Reports whether the browser says that the page was in a frame of another site. Our pages cannot be framed. */
export function isCrossOrigin({ response }: NewPasskeyResponse | SignatureResponse): boolean {
  const text = Buffer.from(response.clientDataJSON, 'base64url').toString();
  return z.object({ crossOrigin: z.literal(true) }).safeParse(parse(text)).success;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
