import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { Duplex } from 'node:stream'
import { describe, test } from 'node:test'
import { connect } from 'node:tls'
import fc from 'fast-check'
import { contentType, TLS_EMPTY_RENEGOTIATION_INFO_SCSV } from '../../registry/index.ts'
import { buildOf } from './build.ts'
import { describeSuite } from './describe.ts'
import type { OpensslGeneration } from './generation.ts'
import { resolveCipherList, withoutPskAndSrp } from './resolve.ts'

/** Lists as people write them and as they slip: words and names of this generation, of others, and of none. */
function cipherList(generation: OpensslGeneration): fc.Arbitrary<string> {
  const known = [...buildOf(generation).vocabulary.keys()]
  const strange = ['NOSUCH', 'high', 'DEFAULT', 'EXPORT', 'kDHr', 'RC4-SHA', 'SUITEB128', 'AES128-SHA256AES', 'DES-CBC3-SHA']
  const word = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: fc.constantFrom(...strange) })
  const operator = fc.constantFrom('', '', '', '!', '-', '+', '+')
  const term = fc
    .tuple(operator, fc.array(word, { minLength: 1, maxLength: 3 }))
    .map(([sign, words]) => sign + (sign === '' && words.length > 1 ? words.join('+') : words.slice(0, 2).join('+')))
  const special = fc.constantFrom('@STRENGTH', '@SECLEVEL=0', '@SECLEVEL=2', '@SECLEVEL=3', '@NOPE', '!', 'ALL*', '')
  const item = fc.oneof({ weight: 12, arbitrary: term }, { weight: 1, arbitrary: special })
  const separator = fc.constantFrom(':', ':', ':', ':', ' ', ',', ';', '')
  return fc
    .tuple(
      fc.constantFrom('', '', 'ALL:', 'HIGH:', 'DEFAULT:', 'DEFAULT'),
      fc.array(fc.tuple(item, separator), { minLength: 1, maxLength: 8 }),
    )
    .map(([start, items]) => start + items.map(([one, after]) => one + after).join(''))
}

function openssl(args: readonly string[]): { readonly status: number | null; readonly rows: readonly string[] } {
  const { status, stdout } = spawnSync('openssl', args, { encoding: 'utf8', env: { ...process.env, OPENSSL_CONF: '/dev/null' } })
  return { status, rows: stdout.split('\n').filter((line) => line.trim() !== '') }
}

function printed(line: string): string {
  const [, high, low, ...words] = /0x(..),0x(..) - (\S+)\s+(\S+)\s+Kx=(\S+)\s+Au=(\S+)\s+Enc=(\S+)\s+Mac=(\S+)/.exec(line) ?? []
  return [`0x${high}${low}`, ...words].join(' ')
}

const version = spawnSync('openssl', ['version'], { encoding: 'utf8' }).stdout ?? ''
const skip = version.startsWith('OpenSSL 3.0') ? false : `this machine's openssl is no 3.0: ${version.trim() || 'there is none'}`

describe('the machine’s own openssl', () => {
  test('ciphers -V prints what resolveCipherList() gives for random lists', { skip }, () => {
    fc.assert(
      fc.property(cipherList('3.0'), (list) => {
        // A list that begins with a minus would be an option.
        const { status, rows } = openssl(['ciphers', '-V', list.startsWith('-') ? `:${list}` : list])
        const { refused, suites } = resolveCipherList(list, { generation: '3.0' })
        assert.equal(refused !== undefined, status !== 0)
        const own = suites.map((suite) => describeSuite(suite, '3.0'))
        if (status === 0) {
          assert.deepEqual(
            own.map((suite) => [suite.code, suite.openssl, suite.protocol, suite.kx, suite.au, suite.enc, suite.mac].join(' ')),
            rows.map(printed),
          )
        }
      }),
      { numRuns: 150 },
    )
  })

  test('ciphers -s at every security level prints what the option leaves', { skip }, () => {
    for (const level of [0, 1, 2, 3, 4, 5]) {
      const { rows } = openssl(['ciphers', '-s', '-V', `ALL:COMPLEMENTOFALL:@SECLEVEL=${level}`])
      const { suites } = resolveCipherList('ALL:COMPLEMENTOFALL', { generation: '3.0', securityLevel: level })
      assert.deepEqual(
        suites.map((suite) => describeSuite(suite, '3.0').code),
        rows.map((row) => printed(row).split(' ')[0]),
        `level ${level}`,
      )
    }
  })
})

/** The cipher suites of the ClientHello that this Node sends for a list; undefined where it sends none. */
async function helloSuites(ciphers: string): Promise<number[] | undefined> {
  const bytes = await new Promise<Buffer | undefined>((resolve) => {
    const wire = new Duplex({ read: () => undefined, write: (chunk: Buffer) => resolve(chunk) })
    try {
      const socket = connect({ socket: wire, ciphers, minVersion: 'TLSv1', maxVersion: 'TLSv1.2' })
      socket.on('error', () => resolve(undefined))
      wire.on('close', () => socket.destroy())
    } catch {
      resolve(undefined)
    }
  })
  if (bytes?.readUInt8(0) !== contentType.code('handshake')) return undefined
  // Record header 5, handshake header 4, version 2, random 32, then the session id.
  const start = 43 + 1 + bytes.readUInt8(43)
  const count = bytes.readUInt16BE(start) / 2
  return Array.from({ length: count }, (_, index) => bytes.readUInt16BE(start + 2 + index * 2))
}

const own = process.versions.openssl
/** Holds where a list sets none, as those of Suite B do. */
const NODE_LEVEL = 2
const skipOwn = own.startsWith('3.5') ? false : `this Node has OpenSSL ${own}, not 3.5`

describe('the OpenSSL inside this Node', () => {
  test('sends the suites of resolveCipherList() for random lists and levels', { skip: skipOwn }, async () => {
    const lists = fc.tuple(cipherList('3.5'), fc.constantFrom(0, 1, 2, 3, 4, 5))
    await fc.assert(
      fc.asyncProperty(lists, async ([list, level]) => {
        // Node takes names that begin with TLS_ out of the list, and ends the list at its own colons.
        const plain = `${list.replaceAll(/TLS_\w+/g, 'AES')}:@SECLEVEL=${level}`
        const { refused, suites } = resolveCipherList(plain, { generation: '3.5', securityLevel: NODE_LEVEL })
        const expected = withoutPskAndSrp(suites)
          .filter((suite) => suite.protocol !== 'TLSv1.3')
          .map((suite) => suite.code)
        const sent = await helloSuites(plain)
        // Where nothing is left to offer, there is no hello.
        const offered = sent?.filter((code) => code !== TLS_EMPTY_RENEGOTIATION_INFO_SCSV)
        assert.deepEqual(offered, refused !== undefined || expected.length === 0 ? undefined : expected)
      }),
      { numRuns: 150 },
    )
  })
})
