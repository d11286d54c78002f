import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { lines, opensslCiphers, range, when, type Server, type Settings } from '../server.ts'

export type HaproxySettings = Settings<
  'protocols' | 'ciphers' | 'ciphersuites' | 'securityLevel' | 'groups' | 'dh' | 'order' | 'certificates' | 'chain',
  {
    /** Stapled OCSP responses. */
    readonly staple: boolean
    readonly tickets: boolean
    readonly alpn: readonly string[]
  }
>

/** HAProxy as web server that answers 200. It takes protocols as a range. */
export const haproxy: Server<HaproxySettings, 'https'> = {
  packages: ['haproxy'],
  async plan(settings, site) {
    const doors = { https: await site.port() }
    const files = site.leaves(settings).map((leaf, index) => {
      const name = `bundle-${index}.pem`
      if (settings.staple === true) copyFileSync(leaf.ocsp, join(site.folder, `${name}.ocsp`))
      return site.write(name, readFileSync(leaf.chain, 'utf8') + readFileSync(leaf.key, 'utf8'), 0o600)
    })
    const [lowest, highest] = settings.protocols === undefined ? [] : range(settings.protocols)
    const bind = [
      `bind 127.0.0.1:${doors.https} ssl`,
      ...files.map((file) => `crt ${file}`),
      when(opensslCiphers(settings), (list) => `ciphers ${list}`),
      when(settings.ciphersuites, (list) => `ciphersuites ${list}`),
      when(settings.groups, (list) => `curves ${list.join(':')}`),
      when(lowest, (version) => `ssl-min-ver ${version.replace(/v1$/, 'v1.0')}`),
      when(highest, (version) => `ssl-max-ver ${version.replace(/v1$/, 'v1.0')}`),
      settings.order === 'client' && 'prefer-client-ciphers',
      settings.tickets === false && 'no-tls-tickets',
      when(settings.alpn, (names) => `alpn ${names.join(',')}`),
    ]
    const configuration = lines(
      'global',
      when(site.dh(settings), (file) => `  ssl-dh-param-file ${file}`),
      'defaults\n  mode http\n  timeout client 10s\n  timeout connect 5s\n  timeout server 10s',
      'frontend test',
      `  ${bind.filter((part) => typeof part === 'string').join(' ')}`,
      '  http-request return status 200 content-type text/plain string ok',
    )
    return { runs: [{ command: ['/usr/sbin/haproxy', '-db', '-f', site.write('haproxy.cfg', configuration)] }], doors }
  },
}
