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
    /** Every connection begins with a header of the PROXY protocol; the answer is what it says: address, port, address and port that it came to, server name. */
    readonly behindProxy: boolean
    /** The door `front` leads to this port, and says so in a header of this version. */
    readonly inFrontOf: { readonly port: number; readonly version: 1 | 2 }
  }
>

/** HAProxy as web server that answers 200. It takes protocols as a range. */
export const haproxy: Server<HaproxySettings, 'https' | 'front'> = {
  packages: ['haproxy'],
  async plan(settings, site) {
    const doors = { https: await site.port(), front: await site.port() }
    const { behindProxy, inFrontOf = { port: doors.https, version: undefined } } = settings
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
      behindProxy === true && 'accept-proxy',
      when(settings.alpn, (names) => `alpn ${names.join(',')}`),
    ]
    const configuration = lines(
      'global',
      when(site.dh(settings), (file) => `  ssl-dh-param-file ${file}`),
      'defaults\n  mode http\n  timeout client 10s\n  timeout connect 5s\n  timeout server 10s',
      'frontend test',
      `  ${bind.filter((part) => typeof part === 'string').join(' ')}`,
      behindProxy === true
        ? '  http-request return status 200 content-type text/plain lf-string "%[src] %[src_port] %[dst] %[dst_port] %[fc_pp_authority]"'
        : '  http-request return status 200 content-type text/plain string ok',
      `listen front\n  mode tcp\n  bind 127.0.0.1:${doors.front}`,
      `  server behind 127.0.0.1:${inFrontOf.port} ${inFrontOf.version === undefined ? '' : inFrontOf.version === 1 ? 'send-proxy' : 'send-proxy-v2'}`,
    )
    return { runs: [{ command: ['/usr/sbin/haproxy', '-db', '-f', site.write('haproxy.cfg', configuration)] }], doors }
  },
}
