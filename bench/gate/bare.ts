/**
 * What is under the gate, with nothing of it above: TLS by one policy, and two connections that octets are carried between. `node bare.ts FOLDER PORT BEHIND HOW`
 *
 * - `node`: on Node's own streams, piped into each other, with no look at the hello: what Node itself takes.
 * - `handles`: on the gate's streams over handles, with its pump and no look at the hello; `looking`: with one, and a verdict on it, to see what that costs.
 */
import { readFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { copying } from '../../src/gate/copying.ts'
import { connectHandle } from '../../src/gate/handles/connect.ts'
import { nodeHandles, takeAccepted } from '../../src/gate/handles/node-handles.ts'
import { TcpStream } from '../../src/gate/handles/tcp-stream.ts'
import type { TlsStream } from '../../src/gate/handles/tls-stream.ts'
import { readHello } from '../../src/gate/hello.ts'
import { Pump } from '../../src/gate/pump.ts'
import { openPolicyServer } from '../../src/gate/tls/policy-server.ts'
import { serverOf, verdictOn } from '../../src/gate/verdict.ts'
import { policyOf, rulebookByName } from '../../src/policy/index.ts'

const [folder = '', port = '', behind = '', how = ''] = process.argv.slice(2)
const rulebook = rulebookByName('mozilla-intermediate')
if (rulebook === undefined) throw new Error('there is no such rulebook')
const policy = policyOf(rulebook, { now: new Date() })
const pairs = ['ec', 'rsa'].map((kind) => ({
  chain: readFileSync(join(folder, `${kind}.crt`), 'utf8'),
  key: readFileSync(join(folder, `${kind}.key`), 'utf8'),
}))
const tls = await openPolicyServer({ policy, identities: [{ pairs }], handshakeTimeout: 10_000, revision: 'bench' })
const judge = serverOf(policy, [{ keyType: 'ECDSA', keyBits: 256, curve: 'secp256r1' }])
const server = { host: '127.0.0.1', port: Number(behind) }
const failed = (): undefined => undefined

function pipe(accepted: Socket): void {
  accepted.on('error', () => accepted.destroy())
  const secured = (client: Socket): void => {
    const other = connect({ ...server, noDelay: true })
    for (const [from, to] of [
      [client, other],
      [other, client],
    ] as const) {
      from.on('error', () => to.destroy()).on('close', () => to.destroy())
      from.pipe(to)
    }
  }
  tls.take(accepted, undefined, { secured, failed })
}

function pump(client: TlsStream): void {
  if (nodeHandles === undefined) return
  connectHandle(nodeHandles, server, { patience: 10_000, landing: undefined }, (other) => {
    if (!(other instanceof TcpStream)) return void client.destroy()
    const relay = copying({ tls: 'begun', hidesLogin: false, longestLine: 4096, gateName: 'bare', headers: {} })
    return new Pump(client, other, relay, { tls: failed, moved: failed, ended: failed })
  })
}

function look(client: TcpStream): void {
  readHello(client, 10_000, (words) => {
    if (words.kind !== 'hello' || verdictOn(words.heard.offer, judge, 'refuse').kind !== 'meets') return void client.destroy()
    return tls.takeHandle(client, words.heard.offer.serverName, { secured: pump, failed })
  })
}

const door = createServer({ noDelay: true }, pipe).listen({ port: Number(port), host: '127.0.0.1', backlog: 16_384 }, () => {
  const node = nodeHandles
  if (how === 'node' || node === undefined) return
  takeAccepted(door, (accepted) => {
    const client = new TcpStream(node, accepted)
    if (how === 'looking') look(client)
    else tls.takeHandle(client, undefined, { secured: pump, failed })
    return true
  })
})
process.once('SIGTERM', () => process.exit(0))
