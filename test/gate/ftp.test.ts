import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test, type TestContext } from 'node:test'
import { dialectByName } from '../../src/dialects/index.ts'
import { certificates, needPackages, needPeer, SERVER_NAME } from '../peers/index.ts'
import { policyNamed, proveAt, testTrust, withoutCertificates } from '../proved.ts'
import { startFtp, wordsOfPage, type FtpServer, type FtpServerName } from './ftp-servers.ts'
import { FtpClient } from './attacks/ftp-behind.ts'
import { startGate, type Gated } from './gated.ts'
import { logged } from './logged.ts'

const { root } = await certificates()
const folder = mkdtempSync(join(tmpdir(), 'postern-ftp-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const CONTENT = randomBytes(3_000_000)
const sent = join(folder, 'sent')
writeFileSync(sent, CONTENT)

interface Said {
  readonly status: number
  readonly out: string
}

function run(program: string, words: readonly string[]): Promise<Said> {
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: folder, LANG: 'C' }
  return new Promise((resolve) => {
    const child = execFile(program, words, { timeout: 30_000, env, cwd: folder }, (error, out, err) =>
      resolve({ status: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, out: out + err }),
    )
    child.stdin?.end()
  })
}

const curl = (...words: readonly string[]): Promise<Said> => run('curl', ['-sS', '--max-time', '20', '--cacert', root, ...words])

async function succeeds(said: Promise<Said>): Promise<string> {
  const { status, out } = await said
  assert.equal(status, 0, out)
  return out
}

/** What lasts as long as the tests of a server. */
function lasting(): Pick<TestContext, 'after'> {
  const ends: (() => unknown)[] = []
  after(async () => {
    for (const end of ends.toReversed()) await end()
  })
  return { after: (end) => void ends.push(end as () => unknown) }
}

const NEEDS: Readonly<Record<FtpServerName, () => string | false>> = {
  vsftpd: () => needPeer('vsftpd'),
  proftpd: () => needPackages('proftpd-core', 'proftpd-mod-crypto'),
}

for (const name of ['vsftpd', 'proftpd'] as const) {
  describe(`${name} behind a gate, with the settings of the page on it`, { skip: NEEDS[name]() }, () => {
    let server: FtpServer
    let gated: Gated
    const t = lasting()
    const at = (service: 'ftp' | 'ftps'): string => `${service}://localhost:${gated.port(service)}/`
    const stored = (file: string): Buffer => readFileSync(join(server.files, 'in', file))
    before(async () => {
      server = await startFtp(name, t)
      writeFileSync(join(server.files, 'big'), CONTENT)
      chmodSync(join(server.files, 'big'), 0o444)
      gated = await startGate(wordsOfPage(server.port), t)
    })

    for (const [way, service, ...words] of [
      ['EPSV', 'ftp', '--ssl-reqd'],
      ['PASV', 'ftp', '--ssl-reqd', '--disable-epsv'],
      ['TLS from the start', 'ftps'],
    ] as const) {
      test(`curl lists, stores, fetches and goes on where it was: ${way}`, async () => {
        assert.match(await succeeds(curl(...words, at(service))), / big\r?\n/)
        const file = `curl-${name}-${service}-${words.length}`
        await succeeds(curl(...words, '-T', sent, `${at(service)}in/${file}`))
        assert.ok(CONTENT.equals(stored(file)))
        const got = join(folder, file)
        writeFileSync(got, CONTENT.subarray(0, 1_000_001))
        await succeeds(curl(...words, '-C', '-', '-o', got, `${at(service)}big`))
        assert.ok(CONTENT.equals(readFileSync(got)))
        const { negotiated, data, ended } = await gated.record()
        assert.deepEqual([negotiated?.version, data?.connections], ['TLSv1.3', 1])
        assert.match(ended.why, /^(?:quit|client-left)$/)
        assert.deepEqual([(await gated.record()).data?.in, (await gated.record()).data?.out], [CONTENT.length, CONTENT.length - 1_000_001])
      })
    }

    test(
      'lftp, which leaves TLS with its last word, in both directions and both ways to connect',
      { skip: needPackages('lftp') },
      async () => {
        for (const passive of ['true', 'false']) {
          const file = `lftp-${name}-${passive}`
          const settings = `set ssl:ca-file ${root}; set ftp:ssl-force true; set ftp:ssl-protect-data true; set ftp:passive-mode ${passive}; set net:max-retries 1; set net:timeout 10`
          const script = `${settings}; open -u anonymous,x ftp://localhost:${gated.port('ftp')}; ls; put ${sent} -o in/${file}; get in/${file} -o ${join(folder, file)}; bye`
          assert.match(await succeeds(run('lftp', ['--norc', '-c', script])), / big\n/)
          assert.ok(CONTENT.equals(stored(file)))
          assert.ok(CONTENT.equals(readFileSync(join(folder, file))))
          const { data } = await gated.record()
          assert.deepEqual([data?.connections, data?.in], [3, CONTENT.length])
        }
      },
    )

    test('many sessions at once', async () => {
      const files = Array.from({ length: 8 }, (_one, index) => ['-o', join(folder, `many-${name}-${index}`), `${at('ftp')}big`])
      await succeeds(curl('--ssl-reqd', '-Z', ...files.flat()))
      for (const [, got = ''] of files) assert.ok(CONTENT.equals(readFileSync(got)))
      const sessions = await Promise.all(files.map(() => gated.record()))
      assert.equal(
        sessions.reduce((sum, { data }) => sum + (data?.out ?? 0), 0),
        files.length * CONTENT.length,
      )
    })

    test('nobody logs in before TLS, and data in the clear is refused', async () => {
      const plain = await curl('-v', at('ftp'))
      assert.match(plain.out, /< 530 Say AUTH TLS first/)
      const clear = await curl('-v', '--ftp-ssl-control', at('ftp'))
      assert.match(clear.out, /< 534 Data goes in TLS here[^]*< 521 /)
      await Promise.all([gated.record(), gated.record()])
    })

    test('keeps to its policy, as OpenSSL and postern prove see it', async () => {
      const { out } = await run('openssl', ['s_client', '-starttls', 'ftp', '-connect', `127.0.0.1:${gated.port('ftp')}`, '-CAfile', root])
      assert.match(out, /Verify return code: 0 \(ok\)/)
      const policy = withoutCertificates(policyNamed('mozilla-intermediate'))
      const trust = await testTrust()
      const dialect = dialectByName('ftp')
      for (const door of [{ port: gated.port('ftp'), ...(dialect === undefined ? {} : { dialect }) }, { port: gated.port('ftps') }]) {
        const proof = await proveAt({ ...door, name: SERVER_NAME }, policy, { trust })
        assert.equal(proof.keeps, 'yes', JSON.stringify(proof.checks.filter(({ verdict }) => verdict !== 'kept')))
      }
    })
  })
}

describe('vsftpd in TLS behind a gate', { skip: NEEDS.vsftpd() }, () => {
  for (const tls of ['starttls', 'implicit'] as const) {
    test(`gets its commands and its data in TLS, ${tls}: it takes nothing else, and sessions alone`, async (t) => {
      const server = await startFtp('vsftpd', t, { tls })
      writeFileSync(join(server.files, 'big'), CONTENT)
      const backend = { address: `127.0.0.1:${server.port}`, tls }
      const { port, record } = await startGate({ services: { ftp: { dialect: 'ftp', tls: 'required', backend } } }, t)
      const url = `ftp://localhost:${port('ftp')}`
      const got = join(folder, `tls-${tls}`)
      await succeeds(curl('--ssl-reqd', '-T', sent, `${url}/in/file`))
      await succeeds(curl('--ssl-reqd', '-o', got, `${url}/in/file`))
      assert.ok(CONTENT.equals(readFileSync(got)))
      await logged(server.log, /PROT P/)
      assert.deepEqual([(await record()).data?.in, (await record()).data?.out], [CONTENT.length, CONTENT.length])
    })
  }

  test('does not take half a file for a whole one', async (t) => {
    const server = await startFtp('vsftpd', t, { tls: 'implicit' })
    const backend = { address: `127.0.0.1:${server.port}`, tls: 'implicit' }
    const { port } = await startGate({ services: { ftp: { dialect: 'ftp', tls: 'required', backend } } }, t)
    const client = await FtpClient.inTls(port('ftp'), 'anonymous')
    const at = await client.passive()
    client.control.say('STOR in/half\r\n')
    const { bare, secured } = await client.data(at)
    secured.write(CONTENT)
    await client.control.hears(/^150 /m)
    setTimeout(() => bare.end(), 100)
    await client.control.hears(/^426 /m)
    await logged(server.log, /FAIL UPLOAD/)
    client.control.leave()
  })
})
