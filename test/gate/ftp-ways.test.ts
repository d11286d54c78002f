import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { certificates, needPackages, needPeer } from '../peers/index.ts'
import { startFtp, type FtpServer, type FtpServerName } from './ftp-servers.ts'
import { startGate, type Gated } from './gated.ts'
import { desk, lasting } from './programs.ts'

const { root } = await certificates()
const CONTENT = randomBytes(300_000)
const { run, folder } = desk()
const sent = join(folder, 'sent')
writeFileSync(sent, CONTENT)

const NEEDS: Readonly<Record<FtpServerName, () => string | false>> = {
  vsftpd: () => needPeer('vsftpd'),
  proftpd: () => needPackages('proftpd-core', 'proftpd-mod-crypto'),
}

/** What curl is told, and what it then says for each transfer. */
const WAYS = [
  ['EPSV', [], /^> EPSV/m],
  ['PASV', ['--disable-epsv'], /^> PASV/m],
  ['EPRT', ['--ftp-port', '-'], /^> EPRT \|/m],
  ['PORT', ['--ftp-port', '-', '--disable-eprt'], /^> PORT /m],
] as const

/** Neither has words for an address of IPv6, RFC 2428 §1. */
const ALONE_IN_IPV4 = ['PASV', 'PORT']

/** curl 7.88 does not begin TLS where it is the server that connects, whoever the server is; lftp does. */
const ALONE_IN_CLEAR = ['EPRT', 'PORT']

for (const name of ['vsftpd', 'proftpd'] as const) {
  describe(`the ways of data to ${name}`, { concurrency: true, skip: NEEDS[name]() || needPackages('curl', 'lftp') }, () => {
    const t = lasting()
    let servers: readonly FtpServer[]
    let gated: Gated
    before(async () => {
      servers = await Promise.all([startFtp(name, t), startFtp(name, t, { ipv6: true })])
      const [four = 0, six = 0] = servers.map(({ port }) => port)
      const both = { dialect: 'ftp', listen: '[::]:0', tls: 'starttls', hideLogin: false }
      const services = { four: { ...both, backend: `127.0.0.1:${four}` }, six: { ...both, backend: `[::1]:${six}` } }
      gated = await startGate({ services }, t)
    })

    for (const [host, service, index] of [
      ['127.0.0.1', 'four', 0],
      ['[::1]', 'six', 1],
      // From one family to the other; nothing of that is about which server there is.
      ...(name === 'vsftpd'
        ? ([
            ['[::1]', 'four', 0],
            ['127.0.0.1', 'six', 1],
          ] as const)
        : []),
    ] as const) {
      for (const [tls, words] of [
        ['in TLS', ['--ssl-reqd', '-k']],
        ['in the clear', []],
      ] as const) {
        test(`curl from ${host} to a server with IPv${service === 'four' ? 4 : 6}, ${tls}`, async () => {
          for (const [way, how, says] of WAYS) {
            if ((host === '[::1]' && ALONE_IN_IPV4.includes(way)) || (words.length > 0 && ALONE_IN_CLEAR.includes(way))) continue
            const file = `curl-${host.length}-${words.length}-${way}`
            const url = `ftp://${host}:${gated.port(service)}/in/${file}`
            const got = join(folder, `${name}-${service}-${file}`)
            const all = ['-sSv', '-g', '--max-time', '15', ...words, ...how]
            const stored = await run('curl', [...all, '-T', sent, url])
            assert.equal(stored.status, 0, stored.out)
            assert.match(stored.out, says)
            assert.ok(CONTENT.equals(readFileSync(join(servers[index]!.files, new URL(url).pathname))))
            const fetched = await run('curl', [...all, '-o', got, url])
            assert.equal(fetched.status, 0, fetched.out)
            assert.ok(CONTENT.equals(readFileSync(got)))
          }
        })
      }
    }

    for (const [host, active] of [
      ['127.0.0.1', /^---> PORT /m],
      ['::1', /^---> EPRT \|2\|/m],
    ] as const) {
      test(`lftp from ${host} in TLS, where it connects and where the gate does`, async () => {
        for (const [passive, says] of [
          ['true', /^---> (?:PASV|EPSV)/m],
          ['false', active],
        ] as const) {
          const words = `debug 5; set ssl:ca-file ${root}; set ssl:check-hostname no; set ftp:ssl-force true; set ftp:ssl-protect-data true; set ftp:passive-mode ${passive}; set net:max-retries 1; set net:timeout 10`
          const file = `lftp-${host.length}-${passive}`
          const script = `${words}; open -u anonymous,x ftp://[${host}]:${gated.port('six')}; put ${sent} -o in/${file}; get in/${file} -o ${join(folder, name + file)}; bye`
          const { status, out } = await run('lftp', ['--norc', '-c', script])
          assert.equal(status, 0, out)
          assert.match(out, says)
          assert.ok(CONTENT.equals(readFileSync(join(folder, name + file))))
        }
      })
    }
  })
}
