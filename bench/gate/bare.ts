/**
 * The gate's own TLS and its pump between two sockets, and nothing else: with and without a look into the hello and a verdict on it, to see what that costs.
 * `node bare.ts FOLDER PORT BEHIND yes|no`
 */
import { readFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { readHello } from '../../src/gate/hello.ts'
import { openPolicyServer } from '../../src/gate/tls/policy-server.ts'
import { serverOf, verdictOn } from '../../src/gate/verdict.ts'
import { policyOf, rulebookByName } from '../../src/policy/index.ts'

const [folder = '', port = '', behind = '', looks = ''] = process.argv.slice(2)
const rulebook = rulebookByName('mozilla-intermediate')
if (rulebook === undefined) throw new Error('there is no such rulebook')
const policy = policyOf(rulebook, { now: new Date() })
const pairs = ['ec', 'rsa'].map((kind) => ({
  chain: readFileSync(join(folder, `${kind}.crt`), 'utf8'),
  key: readFileSync(join(folder, `${kind}.key`), 'utf8'),
}))
const tls = await openPolicyServer({ policy, identities: [{ pairs }], handshakeTimeout: 10_000, revision: 'bench' })
const judge = serverOf(policy, [{ keyType: 'ECDSA', keyBits: 256, curve: 'secp256r1' }])

function take(socket: Socket, name: string | undefined): void {
  tls.take(socket, name, {
    secured: (client) => {
      const server = connect({ port: Number(behind), host: '127.0.0.1', noDelay: true })
      for (const [one, other] of [
        [client, server],
        [server, client],
      ] as const) {
        one.on('error', () => other.destroy()).on('close', () => other.destroy())
        one.pipe(other)
      }
    },
    failed: () => undefined,
  })
}

createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy())
  if (looks !== 'yes') return take(socket, undefined)
  readHello(socket, 10_000, (words) => {
    if (words.kind !== 'hello' || verdictOn(words.heard.offer, judge, 'refuse').kind !== 'meets') return socket.destroy()
    return take(socket, words.heard.offer.serverName)
  })
}).listen({ port: Number(port), host: '127.0.0.1', backlog: 16_384 })
process.once('SIGTERM', () => process.exit(0))
