import { execFileSync } from 'node:child_process'
import { when, type Server, type Settings } from '../server.ts'

export type NssSettings = Settings<
  'groups' | 'certificates',
  {
    /** SSLv3 and TLS 1.3 cannot be on together. */
    readonly versions: readonly [lowest: NssVersion, highest: NssVersion]
    /** Numbers of the suites, such as 0x0005; what the library has on by itself when left out. */
    readonly suites: readonly number[]
    /** DHE suites are off unless asked for: with any group, or with those of RFC 7919 only. */
    readonly dhe: 'any' | 'rfc7919'
    readonly tickets: boolean
  }
>

type NssVersion = 'ssl3' | 'tls1.0' | 'tls1.1' | 'tls1.2' | 'tls1.3'

/** NSS' own test server. Groups by its names: P256, P384, P521, x25519, FF2048, …. It listens on every interface. */
export const nss: Server<NssSettings, 'tls'> = {
  packages: ['libnss3-tools', 'openssl'],
  async plan(settings, site) {
    const doors = { tls: await site.port() }
    const database = `sql:${site.directory('db')}`
    execFileSync('certutil', ['-N', '-d', database, '--empty-password'])
    const names = settings.certificates ?? ['rsa']
    for (const leaf of site.leaves(settings))
      execFileSync('pk12util', ['-i', leaf.pkcs12, '-d', database, '-W', 'changeit', '-K', ''], { stdio: 'pipe' })
    const nicknames = names.flatMap((name) => [name.startsWith('ecdsa') ? '-e' : name === 'dsa' ? '-S' : '-n', name])
    const options = [
      when(settings.versions, ([lowest, highest]) => ['-V', `${lowest}:${highest}`]),
      when(settings.suites, (suites) => ['-c', suites.map((suite) => `:${suite.toString(16).padStart(4, '0').toUpperCase()}`).join('')]),
      when(settings.groups, (groups) => ['-I', groups.join(',')]),
      when(settings.dhe, (dhe) => ['-H', dhe === 'any' ? '1' : '2']),
      settings.tickets === true ? ['-u'] : undefined,
    ].flatMap((option) => option ?? [])
    return {
      runs: [{ command: ['/usr/bin/selfserv', '-d', database, '-p', String(doors.tls), '-w', '', ...nicknames, ...options] }],
      doors,
    }
  },
}
