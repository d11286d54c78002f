import { isIPv6 } from 'node:net'
import type { Place } from '../config/places.ts'
import type { Landing } from '../landing.ts'
import { systemError } from './handle-stream.ts'
import type { NodeHandles } from './node-handles.ts'
import { TcpStream } from './tcp-stream.ts'

/**
 * Connects to an address. `patience`: milliseconds. `landing`: where what it reads lands, in place of `data`. `connected` is called once: with the stream, or
 * with why there is none, and then undefined stands for no answer in time.
 */
export function connectHandle(
  node: NodeHandles,
  { host, port }: Place,
  { patience, landing }: { readonly patience: number; readonly landing: Landing | undefined },
  connected: (stream: TcpStream | Error | undefined) => void,
): void {
  const handle = node.tcp()
  const stream = new TcpStream(node, handle, landing)
  stream.allowHalfOpen = false
  const failed = (why: Error | undefined): void => {
    clearTimeout(timer)
    stream.destroy()
    connected(why)
  }
  const timer = setTimeout(failed, patience, undefined)
  const request = node.request('connect', (status) => {
    if (stream.destroyed) return
    if (status !== 0) return failed(systemError(status, 'connect', `${host}:${port}`))
    clearTimeout(timer)
    connected(stream)
  })
  const status = isIPv6(host) ? handle.connect6(request, host, port) : handle.connect(request, host, port)
  if (status !== 0) process.nextTick(failed, systemError(status, 'connect', `${host}:${port}`))
}
