import { readFileSync } from 'node:fs'
import { opensslCiphers, unwanted, type Server, type Settings } from '../server.ts'

export type OpensslSettings = Settings<
  'protocols' | 'ciphers' | 'ciphersuites' | 'securityLevel' | 'groups' | 'dh' | 'order' | 'certificates' | 'chain',
  {
    readonly signatureSchemes: string
    readonly alpn: readonly string[]
    /** A stapled OCSP response for the first certificate. */
    readonly staple: boolean
    readonly tickets: boolean
    /** No finite-field DHE at all. Without this and without `dh`, OpenSSL chooses a group that fits the certificate. */
    readonly noDhe: boolean
    /** Further switches of `openssl s_server`. */
    readonly more: readonly string[]
  }
>

/**
 * `openssl s_server -www`: one client after the other. At most two certificates; none at all is `certificates: []`.
 * By itself it lets the client choose the suite.
 */
export const openssl: Server<OpensslSettings, 'tls'> = {
  packages: ['openssl'],
  async plan(settings, site) {
    const doors = { tls: await site.port() }
    const leaves = site.leaves(settings)
    if (leaves.length > 2) throw new Error('openssl s_server takes two certificates')
    const certificates = leaves.flatMap(({ chain, key, certificate }, index) => {
      const d = index === 0 ? '' : 'd'
      const rest = readFileSync(chain, 'utf8').replace(/^.*?-----END CERTIFICATE-----\n/s, '')
      const more = rest === '' ? [] : [`-${d}cert_chain`, site.write(`rest-${index}.pem`, rest)]
      return [`-${d}cert`, certificate, `-${d}key`, key, ...more]
    })
    const command = [
      '/usr/bin/openssl',
      's_server',
      '-accept',
      `127.0.0.1:${doors.tls}`,
      '-www',
      ...(leaves.length === 0 ? ['-nocert'] : certificates),
    ]
    for (const version of settings.protocols === undefined ? [] : unwanted(settings.protocols))
      command.push(`-no_${version.toLowerCase().replace('v', '').replace('.', '_')}`)
    const values: readonly (readonly [option: string, value: string | undefined])[] = [
      ['-cipher', opensslCiphers(settings)],
      ['-ciphersuites', settings.ciphersuites],
      ['-groups', settings.groups?.join(':')],
      ['-dhparam', site.dh(settings)],
      ['-sigalgs', settings.signatureSchemes],
      ['-alpn', settings.alpn?.join(',')],
      ['-status_file', settings.staple === true ? leaves[0]?.ocsp : undefined],
    ]
    for (const [option, value] of values) if (value !== undefined) command.push(option, value)
    if (settings.order === 'server') command.push('-serverpref')
    if (settings.tickets === false) command.push('-no_ticket')
    if (settings.noDhe === true) command.push('-no_dhe')
    return { runs: [{ command: [...command, ...(settings.more ?? [])] }], doors }
  },
}
