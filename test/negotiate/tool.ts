import type { HandshakeClient, HandshakeServer } from '../../src/policy/negotiate/index.ts'
import type { KeyFiles, KeyName } from './certificates.ts'
import type { Report, Serving } from './ends.ts'
import type { Chance } from './random.ts'

/** A program that can be the client or the server of a handshake, with settings drawn by chance. */
export interface Tool {
  readonly name: string
  drawClient(chance: Chance): DrawnClient
  drawServer(chance: Chance, key: (name: KeyName) => KeyFiles): DrawnServer
}

export interface DrawnClient {
  readonly end: HandshakeClient
  connect(port: number): Promise<Report>
}

export interface DrawnServer {
  readonly end: HandshakeServer
  readonly keys: readonly KeyFiles[]
  serve(): Promise<Serving>
}
