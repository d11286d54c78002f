import assert from 'node:assert/strict'
import { createServer, type AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import { connectFailed } from './connect-failed.ts'
import { Line } from './line.ts'

function failure(code: string | undefined, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), code === undefined ? {} : { code })
}

describe('connectFailed()', () => {
  const rows: readonly (readonly [why: string, cause: NodeJS.ErrnoException, message: RegExp, remedy: RegExp])[] = [
    ['refused', failure('ECONNREFUSED', 'connect ECONNREFUSED'), /: nobody listens there, .* \(ECONNREFUSED\)$/, /server listens there/],
    [
      'no route to the host',
      failure('EHOSTUNREACH', 'connect EHOSTUNREACH'),
      /: no way leads to this host \(EHOSTUNREACH\)$/,
      /host is up/,
    ],
    ['no route at all', failure('ENETUNREACH', 'connect ENETUNREACH'), /: no way leads to this network \(ENETUNREACH\)$/, /-4 or -6/],
    ['the system gave up', failure('ETIMEDOUT', 'connect ETIMEDOUT'), /: no answer came \(ETIMEDOUT\)$/, /firewall/],
    ['cut off', failure('ECONNRESET', 'read ECONNRESET'), /: the connection was cut off at once \(ECONNRESET\)$/, /in between/],
    ['no port left', failure('EADDRNOTAVAIL', 'connect EADDRNOTAVAIL'), /no port left to call from \(EADDRNOTAVAIL\)$/, /--parallel/],
    ['too many open', failure('EMFILE', 'connect EMFILE'), /too many connections and files are open \(EMFILE\)$/, /ulimit -n/],
    ['a firewall of this machine', failure('EPERM', 'connect EPERM'), /this machine forbids it \(EPERM\)$/, /firewall of this machine/],
    ['link-local without an interface', failure('EINVAL', 'connect EINVAL'), /\(EINVAL\)$/, /%eth0/],
    ['what has no words here keeps its own', failure('EWEIRD', 'it is weird'), /: it is weird \(EWEIRD\)$/, /in between/],
    ['and is not named twice', failure('EWEIRD', 'connect EWEIRD'), /: connect EWEIRD$/, /in between/],
    ['no name at all', failure(undefined, 'it is weird'), /: it is weird$/, /in between/],
  ]
  for (const [why, cause, message, remedy] of rows) {
    test(why, () => {
      const error = connectFailed('192.0.2.1:25', cause)
      assert.match(error.message, /^Cannot connect to 192\.0\.2\.1:25: /)
      assert.match(error.message, message)
      assert.match(error.remedy ?? '', remedy)
      assert.deepEqual([error.fault, error.code, error.cause], ['world', 'CONNECT_FAILED', undefined])
    })
  }

  test('is what a line says of a port where nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    await assert.rejects(Line.open('127.0.0.1', port, 5000), {
      code: 'CONNECT_FAILED',
      message: `Cannot connect to 127.0.0.1:${port}: nobody listens there, the connection was refused (ECONNREFUSED)`,
    })
  })
})
