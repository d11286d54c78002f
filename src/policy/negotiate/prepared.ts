import { STACKS } from './stacks.ts'
import type { CipherSuite, NamedGroup, ProtocolName } from '../../registry/index.ts'
import type { HandshakeServer } from './ends.ts'
import { namedGroups, namedSuites, newestFirst } from './lists.ts'

/** What a server has, looked up once for all hellos that it answers. */
export interface PreparedServer {
  readonly server: HandshakeServer
  readonly versions: readonly ProtocolName[]
  readonly suites: readonly CipherSuite[]
  readonly groups: readonly NamedGroup[]
  readonly schemes: readonly string[]
}

export function prepareServer(server: HandshakeServer): PreparedServer {
  const stack = STACKS[server.stack]
  return {
    server,
    versions: newestFirst(server.versions),
    suites: namedSuites(server.suites),
    groups: namedGroups(server.groups ?? stack.groups),
    schemes: server.signatureSchemes ?? stack.signatureSchemes,
  }
}
