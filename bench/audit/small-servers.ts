/**
 * small-servers.ts FIRST COUNT PORT KEY CERTIFICATE
 *
 * Listens with COUNT small TLS servers on PORT of 127.1.0.0 and the addresses behind it, from number FIRST on. Says `ready`, and ends when
 * its input ends.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type SecureVersion, type TlsOptions } from 'node:tls'
import { smallAddress } from './small-address.ts'

/** From well-kept to old, so that reports differ. */
const KINDS: readonly { readonly minVersion: SecureVersion; readonly maxVersion: SecureVersion; readonly ciphers: string }[] = [
  { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' },
  {
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: 'TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384',
  },
  { minVersion: 'TLSv1', maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0' },
]

const [first = '0', count = '1', port = '8443', key = '', certificate = ''] = process.argv.slice(2)
const shared: TlsOptions = { key: readFileSync(key), cert: readFileSync(certificate) }
for (let number = Number(first); number < Number(first) + Number(count); number++) {
  const server = createServer({ ...shared, ...KINDS[number % KINDS.length] }, (socket) => socket.on('error', () => undefined))
  server.on('tlsClientError', () => undefined)
  server.listen(Number(port), smallAddress(number))
  await once(server, 'listening')
}
process.stdout.write('ready\n')
process.stdin.resume().on('end', () => process.exit(0))
