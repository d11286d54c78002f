import { constants } from 'node:crypto'
import { existsSync } from 'node:fs'
import { CHECKOUT } from '../packages.ts'
import { opensslCiphers, span, unwanted, type Server, type Settings } from '../server.ts'

export type NodeSettings = Settings<
  'protocols' | 'ciphers' | 'ciphersuites' | 'securityLevel' | 'groups' | 'dh' | 'order' | 'certificates' | 'chain',
  {
    readonly signatureSchemes: string
    readonly alpn: readonly string[]
    /** A stapled OCSP response for the first certificate. */
    readonly staple: boolean
    readonly tickets: boolean
    /** DHE with a group that fits the certificate; Node has no DHE suites unless this or `dh` says so. From Node 18 on. */
    readonly dhAuto: boolean
    readonly requestClientCertificate: boolean
    /** SMTP and IMAP go on behind TLS; without it the server says something else there, and closes. */
    readonly speaks: boolean
  }
>

const SCRIPT = new URL('../node-server.cjs', import.meta.url).pathname

const OFF: Readonly<Record<string, number>> = {
  TLSv1: constants.SSL_OP_NO_TLSv1,
  'TLSv1.1': constants.SSL_OP_NO_TLSv1_1,
  'TLSv1.2': constants.SSL_OP_NO_TLSv1_2,
  'TLSv1.3': constants.SSL_OP_NO_TLSv1_3,
}

/**
 * One Node as a TLS server, for the OpenSSL inside it: plain TLS, and STARTTLS for SMTP and IMAP. In Node 8 the versions are
 * what OpenSSL 1.0.2 knows, and groups and ciphers are in its spelling; it has no TLS 1.3.
 */
function node(major: number, program: string): Server<NodeSettings, 'tls' | 'smtp' | 'imap'> {
  return {
    packages: [],
    missing: () => (existsSync(program) ? false : `not on this machine: Node ${major} in test/stacks (see test/setup.ts)`),
    async plan(settings, site) {
      const doors = { tls: await site.port(), smtp: await site.port(), imap: await site.port() }
      const leaves = site.leaves(settings)
      const given = {
        doors,
        keys: leaves.map((leaf) => leaf.key),
        chains: leaves.map((leaf) => leaf.chain),
        dhparam: settings.dhAuto === true ? 'auto' : site.dh(settings),
        staple: settings.staple === true ? leaves[0]?.ocsp : undefined,
        speaks: settings.speaks,
        options: options(settings, major),
      }
      return { runs: [{ command: [program, SCRIPT, JSON.stringify(given)] }], doors }
    },
  }
}

const ALL_1_3 = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256'

/** What is given to `tls.createServer`. */
function options(settings: NodeSettings, major: number): Readonly<Record<string, unknown>> {
  const { protocols, tickets, order, requestClientCertificate } = settings
  const off = protocols === undefined ? [] : unwanted(protocols).map((version) => OFF[version] ?? 0)
  const noTicket = tickets === false ? [constants.SSL_OP_NO_TICKET] : []
  const versions = protocols === undefined || major < 12 ? {} : { minVersion: span(protocols)[0], maxVersion: span(protocols)[1] }
  // Node 12 takes a list without suites of TLS 1.3 for a wish to have no TLS 1.3.
  const ciphersuites = settings.ciphersuites ?? (major === 12 && settings.ciphers !== undefined ? ALL_1_3 : undefined)
  const list = [ciphersuites, opensslCiphers(settings)].filter((part) => part !== undefined).join(':')
  return {
    ...versions,
    secureOptions: [...off, ...noTicket].reduce((all, one) => all | one, 0) || undefined,
    ciphers: list === '' ? undefined : list,
    ecdhCurve: settings.groups?.join(':'),
    honorCipherOrder: order === undefined ? undefined : order === 'server',
    sigalgs: settings.signatureSchemes,
    ALPNProtocols: settings.alpn,
    requestCert: requestClientCertificate,
    rejectUnauthorized: requestClientCertificate === undefined ? undefined : false,
  }
}

const stack = (major: number): string => `${CHECKOUT}test/stacks/node_modules/node${major}/bin/node`

export const node8: Server<NodeSettings, 'tls' | 'smtp' | 'imap'> = node(8, stack(8))
export const node12: Server<NodeSettings, 'tls' | 'smtp' | 'imap'> = node(12, stack(12))
export const node16: Server<NodeSettings, 'tls' | 'smtp' | 'imap'> = node(16, stack(16))
export const node20: Server<NodeSettings, 'tls' | 'smtp' | 'imap'> = node(20, stack(20))
/** The project's own. */
export const node24: Server<NodeSettings, 'tls' | 'smtp' | 'imap'> = node(24, process.execPath)
