import { gnutlsPriority, type Server, type Settings } from '../server.ts'

export type GnutlsSettings = Settings<
  'protocols' | 'ciphers' | 'dh' | 'certificates' | 'chain',
  {
    readonly alpn: readonly string[]
    /** A stapled OCSP response for each certificate. */
    readonly staple: boolean
    readonly tickets: boolean
    /** Clients are asked for certificates; `require` serves nobody without one. Without this nobody is asked. */
    readonly clientCertificates: 'ask' | 'require'
    /** Further switches of `gnutls-serv`. */
    readonly more: readonly string[]
  }
>

/** `gnutls-serv --http`. `ciphers` is a priority string. It listens on every interface: it has no switch for that. */
export const gnutls: Server<GnutlsSettings, 'tls'> = {
  packages: ['gnutls-bin'],
  async plan(settings, site) {
    const doors = { tls: await site.port() }
    const command = ['/usr/bin/gnutls-serv', '--http', '--quiet', '--port', String(doors.tls)]
    if (settings.clientCertificates === undefined) command.push('--disable-client-cert')
    if (settings.clientCertificates === 'require') command.push('--require-client-cert')
    for (const leaf of site.leaves(settings)) {
      command.push('--x509certfile', leaf.chain, '--x509keyfile', leaf.key)
      if (settings.staple === true) command.push('--ocsp-response', leaf.ocsp)
    }
    const priority = gnutlsPriority(settings)
    if (priority !== undefined) command.push('--priority', priority)
    const parameters = site.dh(settings)
    if (parameters !== undefined) command.push('--dhparams', parameters)
    for (const name of settings.alpn ?? []) command.push('--alpn', name)
    if (settings.tickets === false) command.push('--noticket')
    return { runs: [{ command: [...command, ...(settings.more ?? [])] }], doors }
  },
}
