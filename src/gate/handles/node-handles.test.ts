import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { describe, test } from 'node:test'
import { contextOf, findHandles, nodeHandles, takeAccepted } from './node-handles.ts'

/** A part of Node's, as `process.binding()` gives it. */
type Part = Readonly<Record<string, unknown>>

const real = (name: string): Part => {
  const binding: unknown = Reflect.get(process, 'binding')
  assert.ok(typeof binding === 'function')
  const part: unknown = Reflect.apply(binding, process, [name])
  assert.ok(typeof part === 'object' && part !== null)
  return Object.fromEntries(Object.entries(part))
}

const PARTS = ['tcp_wrap', 'stream_wrap', 'tls_wrap'] as const

/** Node as it is, but for one part. */
function otherwise(name: string, changed: unknown): (asked: string) => unknown {
  return (asked) => (asked === name ? changed : real(asked))
}

/** A class whose objects lack one method. */
function lacking(made: unknown, method: string): unknown {
  assert.ok(typeof made === 'function')
  const other = function (): void {}
  other.prototype = new Proxy(Reflect.get(made, 'prototype') as object, {
    get: (target, name) => (name === method ? undefined : Reflect.get(target, name)),
  })
  return other
}

describe('findHandles()', () => {
  test('finds them in this Node', () => {
    assert.ok(nodeHandles)
    assert.ok(findHandles(process.versions.node, real))
  })

  const tcp = real('tcp_wrap')
  const stream = real('stream_wrap')
  const tls = real('tls_wrap')
  const rows: readonly (readonly [why: string, version: string, binding: unknown])[] = [
    ['an older Node', '23.11.1', real],
    ['a newer one', '25.0.0', real],
    ['one that says no version', '', real],
    ['no way to its parts', '24.1.0', undefined],
    [
      'one that keeps them to itself',
      '24.1.0',
      () => {
        throw new Error('Access to this API has been restricted')
      },
    ],
    ...PARTS.map((name) => [`one without ${name}`, '24.1.0', otherwise(name, undefined)] as const),
    ...(['TCP', 'TCPConnectWrap', 'constants'] as const).map(
      (name) => [`no ${name}`, '24.1.0', otherwise('tcp_wrap', { ...tcp, [name]: undefined })] as const,
    ),
    ['no number for sockets', '24.1.0', otherwise('tcp_wrap', { ...tcp, constants: {} })],
    ...['reset', 'readStart', 'useUserBuffer', 'connect6'].map(
      (name) => [`TCP without ${name}()`, '24.1.0', otherwise('tcp_wrap', { ...tcp, TCP: lacking(tcp['TCP'], name) })] as const,
    ),
    ...(['WriteWrap', 'ShutdownWrap', 'streamBaseState', 'kReadBytesOrError', 'kLastWriteWasAsync'] as const).map(
      (name) => [`no ${name}`, '24.1.0', otherwise('stream_wrap', { ...stream, [name]: undefined })] as const,
    ),
    ...(['wrap', 'TLSWrap'] as const).map(
      (name) => [`no ${name}`, '24.1.0', otherwise('tls_wrap', { ...tls, [name]: undefined })] as const,
    ),
    ...['receive', 'destroySSL', 'getProtocol', 'writesIssuedByPrevListenerDone'].map(
      (name) => [`TLS without ${name}()`, '24.1.0', otherwise('tls_wrap', { ...tls, TLSWrap: lacking(tls['TLSWrap'], name) })] as const,
    ),
  ]
  for (const [why, version, binding] of rows) {
    test(`finds nothing in ${why}`, () => assert.equal(findHandles(version, binding), undefined))
  }

  test('would find them in any Node of that version that is made so', () => {
    assert.ok(findHandles('24.99.0', otherwise('tcp_wrap', { ...tcp, more: 1 })))
  })
})

describe('takeAccepted()', () => {
  test('lets a server that does not listen, or whose handle is made otherwise, be', () => {
    const server = createServer()
    takeAccepted(server, () => assert.fail())
    takeAccepted({ _handle: { onconnection: 'otherwise' } } as unknown as Server, () => assert.fail())
  })

  test('leaves what could not be accepted, and what is no TCP, to Node', () => {
    const usual: unknown[] = []
    const handle = { onconnection: (...words: readonly unknown[]) => void usual.push(words) }
    takeAccepted({ _handle: handle } as unknown as Server, () => assert.fail())
    const pipe = {}
    handle.onconnection(-24, undefined)
    handle.onconnection(0, pipe)
    assert.deepEqual(usual, [
      [-24, undefined],
      [0, pipe],
    ])
  })
})

test('contextOf() gives what a server of TLS goes by, and nothing where it is kept otherwise', () => {
  const server = createTlsServer({ ALPNProtocols: ['imap'] })
  assert.deepEqual(Buffer.from(contextOf(server)?.alpn ?? []).toString(), '\u0004imap')
  assert.equal(contextOf(createTlsServer())?.alpn, undefined)
  assert.equal(contextOf({} as never), undefined)
})
