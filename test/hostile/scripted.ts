import { ShortError } from './bytes.ts'
import { chooseVersion } from './choose.ts'
import { parseClientHello, parseSslv2Hello, type ClientHello } from './client-hello.ts'
import { Connection, Over } from './connection.ts'
import { speakClear, speakInside, Tunnel } from './dialogue.ts'
import { LegacyServer } from './legacy.ts'
import type { Behaviour } from './listener.ts'
import { Alert, Message, SSL2, TLS12, TLS13 } from './numbers.ts'
import { script as complete, type Script } from './script.ts'
import { Shared } from './shared.ts'
import { sslv2ServerHello } from './sslv2.ts'
import { ModernServer } from './tls13.ts'
import type { Wire } from './wire.ts'

/** A TLS server with this posture and these habits; what is not named is at its default. Sessions live as long as the behaviour. */
export function scripted(given: Parameters<typeof complete>[0] = {}): Behaviour {
  const script = complete(given)
  const shared = new Shared()
  return async (wire) => {
    try {
      await serve(wire, script, shared)
    } catch (error) {
      // A client's broken structure ends its connection; every other error is a mistake in the server and must be seen.
      if (!(error instanceof Over) && !(error instanceof ShortError)) throw error
    }
  }
}

async function serve(wire: Wire, script: Script, shared: Shared): Promise<void> {
  if (script.starttls && !(await speakClear(script.starttls, wire, script.injection))) return
  const connection = new Connection(wire, script)
  const hello = await readHello(connection)
  wire.hellos.push(hello)
  connection.version = Math.min(Math.max(hello.version, 0x0300), TLS12)
  const balked = script.balks?.(hello)
  if (balked) await connection.react(balked)
  if (hello.format === 'sslv2') await answerSslv2(connection, hello)
  const chosen = chooseVersion(script, hello)
  if ('refuse' in chosen) return connection.react(chosen.refuse)
  const server = chosen.version === TLS13 ? new ModernServer(connection, shared) : new LegacyServer(connection, shared)
  await server.accept(hello, chosen.version)
  await speak(connection, server)
}

async function speak(connection: Connection, server: LegacyServer | ModernServer): Promise<void> {
  const { wire, script } = connection
  const write = (data: Buffer | string): Promise<void> => (data.length > 0 ? server.write(Buffer.from(data)) : Promise.resolve())
  const tunnel = new Tunnel(() => server.receive(), write, wire.lines)
  tunnel.unread(wire.injected)
  await speakInside(script.starttls ?? script.speaks, tunnel, script.starttls === undefined)
  await connection.alert(Alert.closeNotify, 1)
}

/** The first message: a ClientHello in either format. Everything else is answered as nonsense and ends the connection. */
async function readHello(connection: Connection): Promise<ClientHello> {
  const { wire, script } = connection
  const start = await wire.peek(3)
  if (!start) throw new Over()
  if (start[0]! >= 0x80 && start[2] === 1) return readSslv2(connection)
  if (start[0] !== 22) return connection.react(script.refusals.nonsense)
  const incoming = await connection.next()
  if (incoming.kind === 'gone') throw new Over()
  const isHello = incoming.kind === 'handshake' && incoming.type === Message.clientHello
  const hello = isHello ? parseClientHello(incoming.raw, start.readUInt16BE(1)) : undefined
  return hello ?? connection.react({ alert: isHello ? Alert.decodeError : Alert.unexpectedMessage })
}

async function readSslv2(connection: Connection): Promise<ClientHello> {
  const header = await connection.wire.read(2)
  const raw = header && (await connection.wire.read(header.readUInt16BE() & 0x7fff))
  if (!raw) throw new Over()
  return parseSslv2Hello(raw) ?? connection.react('close')
}

/** Returns where the hello asks for SSLv3 or TLS and is to be answered like any other. */
async function answerSslv2(connection: Connection, hello: ClientHello): Promise<void> {
  const { script, wire } = connection
  if (script.sslv2 && (hello.version === SSL2 || hello.kinds.some((kind) => kind > 0xffff && script.versions.length === 0))) {
    await wire.write(sslv2ServerHello(script, script.sslv2, hello))
    // CLIENT-MASTER-KEY is not understood: an audit has no business there.
    await wire.peek(1)
    throw new Over()
  }
  if (hello.version === SSL2) await connection.react(script.refusals.sslv2)
  if (script.sslv2Hello !== 'answers') await connection.react(script.sslv2Hello)
}
