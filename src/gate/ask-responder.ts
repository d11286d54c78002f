/** A response is a few kB, with the certificate of a delegate. */
const MOST = 64 * 1024

const PATIENCE_MS = 10_000

/** How a question may be put, RFC 6960 §A.1: caches and some responders know GET alone, others POST. */
export type Asking = 'GET' | 'POST'

/** The ways to ask a responder, the first one first: RFC 5019 §5 wants GET where the address is short enough, and an address with a question of its own takes none. */
export function waysToAsk(url: string, request: Uint8Array): readonly Asking[] {
  return url.includes('?') || addressOf(url, request).length > MOST_OF_GET ? ['POST'] : ['GET', 'POST']
}

/** RFC 5019 §5, in octets of the whole address. */
const MOST_OF_GET = 255

/** Asks a responder of OCSP, RFC 6960 §A.1. Gives its answer, or in a clause why there is none. Never rejects. */
export async function askResponder(url: string, request: Uint8Array, how: Asking): Promise<Uint8Array | string> {
  try {
    const accept = 'application/ocsp-response'
    const common = { redirect: 'error', signal: AbortSignal.timeout(PATIENCE_MS) } as const
    const response =
      how === 'GET'
        ? await fetch(addressOf(url, request), { ...common, headers: { accept } })
        : await fetch(url, {
            ...common,
            method: 'POST',
            headers: { 'content-type': 'application/ocsp-request', accept },
            body: Buffer.from(request),
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

function addressOf(url: string, request: Uint8Array): string {
  return `${url.replace(/\/$/, '')}/${encodeURIComponent(Buffer.from(request).toString('base64'))}`
}
