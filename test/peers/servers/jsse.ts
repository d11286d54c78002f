import { compiledServer, JVM, NOTHING_FORBIDDEN } from '../java.ts'
import { when, type Server, type Settings } from '../server.ts'

export type JsseSettings = Settings<
  'ciphers' | 'order' | 'groups' | 'certificates',
  {
    /** By Java's names. `SSLv2Hello` takes hellos in SSLv2 format that carry a later version. */
    readonly versions: readonly JavaProtocol[]
    /** What `java.security` forbids stays forbidden. */
    readonly strict: boolean
    /** Size of DHE groups in bits, 1024 to 8192; `legacy` is 768, and 512 for EXPORT. */
    readonly dhKeySize: number | 'legacy'
  }
>

export type JavaProtocol = 'SSLv2Hello' | 'SSLv3' | 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'

/**
 * A plain Java server. `ciphers` are JSSE names separated by commas, or `all`: EXPORT, NULL, anonymous and RC4 included.
 * Groups by Java's names: x25519, secp256r1, ffdhe2048, ….
 */
export const jsse: Server<JsseSettings, 'tls'> = {
  packages: ['openjdk-17-jdk-headless'],
  async plan(settings, site) {
    const doors = { tls: await site.port() }
    const security = site.write('java.security', settings.strict === true ? '' : NOTHING_FORBIDDEN)
    const properties = [
      `-Djava.security.properties=${security}`,
      when(settings.dhKeySize, (bits) => `-Djdk.tls.ephemeralDHKeySize=${bits}`),
      when(settings.groups, (groups) => `-Djdk.tls.namedGroups=${groups.join(',')}`),
    ].filter((property) => property !== undefined)
    const keys = site.leaves(settings).map((leaf) => leaf.pkcs12)
    const choices = [keys.join(','), settings.versions?.join(',') ?? '-', settings.ciphers ?? '-', settings.order ?? 'server']
    const command = ['/usr/bin/java', ...JVM, ...properties, '-cp', await compiledServer(), 'TlsServer', String(doors.tls), ...choices]
    return { runs: [{ command }], doors }
  },
}
