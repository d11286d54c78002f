import { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:https'
import { TLSSocket, type PeerCertificate } from 'node:tls'
import type { Dns } from './answer.ts'
import { codeOf } from './ask-udp.ts'
import { addressesOf, lookupOf } from './lookup.ts'
import type { StsProblem } from './names.ts'
import { parseStsPolicy, type StsPolicy } from './sts-policy.ts'

export interface PolicyFetch {
  readonly dns: Dns
  /** Default: 443. */
  readonly port?: number | undefined
  /** Authorities in PEM in place of those that Node knows. */
  readonly ca?: string | undefined
  /** For all of it, in milliseconds. Default: 30000. */
  readonly patience?: number | undefined
}

const HTTPS = 443
/** RFC 8461 §3.3 has a minute; mail waits. */
const PATIENCE_MS = 30_000
/** RFC 8461 §3.3. */
const MOST_BYTES = 64 * 1024

/** Fetches the policy of a domain, RFC 8461 §3.3: from one host, by its certificate, without a redirect. Never rejects. */
export async function fetchStsPolicy(domain: string, options: PolicyFetch): Promise<StsPolicy | StsProblem> {
  const host = `mta-sts.${domain}`
  const addresses = await addressesOf(options.dns, host)
  if (addresses.length === 0) return problem(`${host} has no address`)
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(options.patience ?? PATIENCE_MS)
    const request = get({
      host,
      port: options.port ?? HTTPS,
      path: '/.well-known/mta-sts.txt',
      headers: { accept: 'text/plain' },
      agent: false,
      signal,
      minVersion: 'TLSv1.2',
      lookup: lookupOf(addresses),
      checkServerIdentity: certificateIsFor,
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    })
    request.on('response', (response) => {
      void readPolicy(response, host).then((outcome) => {
        resolve(outcome)
        request.destroy()
      })
    })
    request.on('error', (error) =>
      resolve(signal.aborted ? problem(`${host} did not answer in time`) : failureOf(host, error, request.socket)),
    )
  })
}

/** RFC 8461 §3.3: by its DNS-ID; a common name counts for nothing. */
function certificateIsFor(host: string, { raw }: PeerCertificate): Error | undefined {
  if (new X509Certificate(raw).checkHost(host, { subject: 'never' }) !== undefined) return undefined
  return Object.assign(new Error('not made out to the host'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
}

function failureOf(host: string, error: Error, socket: unknown): StsProblem {
  const code = codeOf(error)
  // Node has null where it found nothing wrong.
  const refused: unknown = socket instanceof TLSSocket ? socket.authorizationError : undefined
  if (refused === undefined || refused === null) return problem(`${host} cannot be reached (${code})`)
  return problem(`the certificate of ${host} is refused (${code})`, 'sts-webpki-invalid')
}

async function readPolicy(response: IncomingMessage, host: string): Promise<StsPolicy | StsProblem> {
  const { statusCode = 0, headers } = response
  if (statusCode >= 300 && statusCode < 400)
    return problem(`${host} answers ${statusCode}, and redirects count for nothing (RFC 8461 §3.3)`)
  if (statusCode !== 200) return problem(`${host} answers ${statusCode}`)
  const type = (headers['content-type'] ?? '').split(';', 1)[0] ?? ''
  if (type.trim().toLowerCase() !== 'text/plain') return problem(`what ${host} has is not text/plain`, 'sts-policy-invalid')
  const text = await readText(response)
  if (text === 'broken') return problem(`${host} ended in the middle of its answer`)
  if (text === 'long') return problem(`the policy at ${host} is longer than 64 kB`, 'sts-policy-invalid')
  const policy = parseStsPolicy(text.content)
  return 'words' in policy ? problem(`the policy at ${host} cannot be read: ${policy.words}`, 'sts-policy-invalid') : policy
}

async function readText(response: IncomingMessage): Promise<{ readonly content: string } | 'long' | 'broken'> {
  const parts: Uint8Array[] = []
  let length = 0
  try {
    for await (const part of response) {
      if (!(part instanceof Uint8Array)) return 'broken'
      length += part.length
      if (length > MOST_BYTES) return 'long'
      parts.push(part)
    }
  } catch {
    return 'broken'
  }
  return { content: Buffer.concat(parts).toString('latin1') }
}

function problem(words: string, type: StsProblem['type'] = 'sts-policy-fetch-error'): StsProblem {
  return { type, words }
}
