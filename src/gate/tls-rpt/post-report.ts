import { request } from 'node:https'
import { isIP } from 'node:net'
import type { Dns } from '../names/answer.ts'
import { codeOf } from '../names/ask-udp.ts'
import { addressesOf, lookupOf } from '../names/lookup.ts'
import { networkOf } from '../config/places.ts'
import { isAmong } from '../networks.ts'

export interface PostOptions {
  readonly dns: Dns
  /** Authorities in PEM in place of those that Node knows. */
  readonly ca?: string | undefined
  /** Whether reports may go to an address. Default: those of this machine and of private networks are left out, since any domain may name them. */
  readonly mayReach?: ((address: string) => boolean) | undefined
  /** For all of it, in milliseconds. Default: 30000. */
  readonly patience?: number | undefined
}

const PATIENCE_MS = 30_000

/** Of this machine, of private networks, of no one, and of many. */
const INSIDE =
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.168.0.0/16 224.0.0.0/3 ::/127 fc00::/7 fe80::/10 ff00::/8 64:ff9b::/96 64:ff9b:1::/48 2002::/16'

const isInside = isAmong(INSIDE.split(' ').flatMap((text) => networkOf(text) ?? []))

/** Posts a report in gzip, RFC 8460 §5.4. Gives in a clause why it was not taken. Never rejects. */
export async function postReport(url: string, gzip: Uint8Array, options: PostOptions): Promise<string | undefined> {
  const { hostname } = new URL(url)
  const { mayReach = (address: string): boolean => !isInside(address) } = options
  if (isIP(hostname.replace(/^\[(.*)\]$/, '$1')) > 0) return 'it names an address in place of a host'
  const addresses = await addressesOf(options.dns, hostname)
  const allowed = addresses.filter(({ address }) => mayReach(address))
  if (allowed.length === 0) return addresses.length === 0 ? 'its host has no address' : 'its host is in a private network'
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(options.patience ?? PATIENCE_MS)
    const posting = request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/tlsrpt+gzip', 'content-length': gzip.length },
      agent: false,
      signal,
      minVersion: 'TLSv1.2',
      lookup: lookupOf(allowed),
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    })
    posting.on('response', (response) => {
      const { statusCode = 0 } = response
      resolve(statusCode >= 200 && statusCode < 300 ? undefined : `it answers ${statusCode}`)
      posting.destroy()
    })
    posting.on('error', (error) => resolve(signal.aborted ? 'no answer in time' : `it cannot be reached (${codeOf(error)})`))
    posting.end(gzip)
  })
}
