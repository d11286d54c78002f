/** A response is a few kB, with the certificate of a delegate. */
const MOST = 64 * 1024

const PATIENCE_MS = 10_000

/** Asks a responder of OCSP, RFC 6960 §A.1. Gives its answer, or in a clause why there is none. Never rejects. */
export async function askResponder(url: string, request: Uint8Array): Promise<Uint8Array | string> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/ocsp-request', accept: 'application/ocsp-response' },
      body: Buffer.from(request),
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    if (!response.ok || response.body === null) return `it answers ${response.status}`
    const parts: Uint8Array[] = []
    let length = 0
    for await (const part of response.body) {
      length += part.length
      if (length > MOST) return 'its answer is too long'
      parts.push(part)
    }
    return Buffer.concat(parts)
  } catch (error) {
    return error instanceof Error && error.name === 'TimeoutError' ? 'no answer in time' : 'it cannot be reached'
  }
}
