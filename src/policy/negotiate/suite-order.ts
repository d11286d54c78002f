import type { CipherSuite } from '../../registry/index.ts'
import type { HandshakeServer } from './ends.ts'
import type { Hello } from './hello.ts'

/** Suites in the order that decides, RFC 8446 §4.1.1 leaves it to the server. */
export function suitesInOrder(
  server: Pick<HandshakeServer, 'order' | 'prioritizeChaCha'>,
  own: readonly CipherSuite[],
  hello: Hello,
): readonly CipherSuite[] {
  if (server.order === 'client') return hello.suites.filter((suite) => own.includes(suite))
  const shared = own.filter((suite) => hello.suites.includes(suite))
  if (server.prioritizeChaCha !== true || hello.suites[0]?.mode !== 'POLY1305') return shared
  return [...shared.filter(({ mode }) => mode === 'POLY1305'), ...shared.filter(({ mode }) => mode !== 'POLY1305')]
}
