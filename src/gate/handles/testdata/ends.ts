import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import type { Landing } from '../../landing.ts'
import type { HandleStream } from '../handle-stream.ts'
import { nodeHandles, takeAccepted, type NodeHandles } from '../node-handles.ts'
import { TcpStream } from '../tcp-stream.ts'

/** The tests run on a Node whose handles are known. */
export function handles(): NodeHandles {
  assert.ok(nodeHandles)
  return nodeHandles
}

type Ending = Pick<TestContext, 'after'>

/** A server on a free port of loopback, which ends with the test. */
export async function listening(t: Ending, host: string = '127.0.0.1'): Promise<readonly [server: Server, port: number]> {
  const server = createServer({ allowHalfOpen: true }).listen(0, host)
  await once(server, 'listening')
  t.after(() => void server.close())
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return [server, address.port]
}

/** Both ends of a connection: one over a handle, and Node's, which hears of everything and throws nothing. */
export async function ends(t: Ending, landing?: Landing): Promise<{ readonly stream: TcpStream; readonly peer: Socket }> {
  const [server, port] = await listening(t)
  const accepted = new Promise<TcpStream>((resolve) => {
    takeAccepted(server, (handle) => {
      resolve(new TcpStream(handles(), handle, landing))
      return true
    })
  })
  const peer = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  peer.on('error', () => undefined)
  const stream = await accepted
  t.after(() => {
    stream.destroy()
    peer.destroy()
  })
  return { stream, peer }
}

/** What is told of a stream, in its order: octets as one text where nothing else comes between them. */
export function told(stream: HandleStream | Socket): readonly string[] {
  const all: string[] = []
  let text = false
  const add = (word: string): void => {
    text = false
    all.push(word)
  }
  stream.on('data', (bytes: Buffer) => {
    if (text) all[all.length - 1] += bytes.toString('latin1')
    else all.push(bytes.toString('latin1'))
    text = true
  })
  stream.on('error', (error: Error) => add(`error ${String(Reflect.get(error, 'code'))}`))
  stream.on('end', () => add('end'))
  stream.on('finish', () => add('finish'))
  stream.on('drain', () => add('drain'))
  stream.on('close', () => add('close'))
  return all
}

/** So many turns of the event loop that everything has come over loopback which is on its way. */
export async function settled(turns: number = 12): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => void setImmediate(resolve))
}

/** Waits until it is so, and fails where it is not in time. */
export async function until(is: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 10_000
  while (!is()) {
    if (performance.now() > end) assert.fail(`not in time: ${what}`)
    await new Promise((resolve) => void setTimeout(resolve, 1))
  }
}

/** Octets that differ from place to place. */
export function octets(length: number, from: number = 0): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length)
  for (let at = 0; at < length; at += 1) bytes[at] = (from + at + (at >> 8) * 7 + (at >> 16) * 13) & 0xff
  return bytes
}
