/** Proof key for code exchange (RFC 7636, method S256). */

export interface Proof {
  verifier: string
  challenge: string
}

/** A fresh verifier and its challenge; null outside a secure context, where browsers cannot hash. */
export async function newProof(): Promise<Proof | null> {
  if (!globalThis.crypto?.subtle) return null
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)))
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  return { verifier, challenge: base64url(new Uint8Array(digest)) }
}

function base64url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes))
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
