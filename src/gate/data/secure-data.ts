import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { HandshakeEnded, type Rules, type Secured } from '../front.ts'
import { readHello, type FirstWords } from '../hello.ts'
import { watchBareRecords } from '../tls/bare-records.ts'
import { missingCertificate } from '../tls/client-certificate.ts'
import { verdictOn } from '../verdict.ts'
import type { DataEnd } from './data-connection.ts'
import { WatchedSocket } from './watched-socket.ts'

export interface DataTls {
  readonly rules: Rules
  /** Milliseconds for the whole hello. */
  readonly patience: number
  /** A client has to take up a session, as one that knows that of the commands can: nobody else then takes its place. */
  readonly needsResumption: boolean
}

/** TLS on a data connection, as it would be on that of the commands. The client begins it, whoever connected (RFC 4217 §7). Rejects with `HandshakeEnded`. */
export async function secureData(socket: Socket, upload: boolean, { rules, patience, needsResumption }: DataTls): Promise<DataEnd> {
  const words = await new Promise<FirstWords>((heard) => readHello(socket, patience, heard))
  if (words.kind !== 'hello') {
    socket.destroy()
    throw new HandshakeEnded(words.kind)
  }
  const { offer } = words.heard
  const { server, stage, strict, lenient, sslv2Hello, clientCertificates } = rules
  // There is nobody to explain anything to here: that was done before.
  const spares = stage === 'observe' && verdictOn(offer, server, stage).kind === 'fails'
  if (offer.sslv2Format && !sslv2Hello && !spares) {
    socket.destroy()
    throw new HandshakeEnded('sslv2-hello')
  }
  const watched = upload ? new WatchedSocket(socket) : undefined
  const secure = spares ? lenient : strict
  const { stream, negotiated, clientCertificate } = await new Promise<Secured>((secured, failed) => {
    secure(watched ?? socket, offer, { secured, failed })
  })
  if (stream instanceof TLSSocket) watched?.isUnder(stream)
  stream.allowHalfOpen = true
  watchBareRecords(socket, stream, () => stream.destroy())
  const isStranger = stage !== 'observe' && missingCertificate(clientCertificates, clientCertificate) !== undefined
  if (isStranger || (needsResumption && !negotiated.resumed)) {
    stream.destroy()
    throw new HandshakeEnded(isStranger ? 'client-certificate' : 'no session of before')
  }
  return { stream, wasCut: () => watched?.wasCut === true }
}
