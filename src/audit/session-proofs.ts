import { protocolVersion, signatureScheme } from '../registry/index.ts'
import { EXTENSION_TYPE, findExtension, type SessionEvent, type SessionOptions } from '../wire/index.ts'
import type { Proof } from './proof.ts'

const TLS13 = protocolVersion.code('TLSv1.3')

/** What a session shows of tickets, resumption, application protocols and signatures: `options` are what it was asked with. */
export function sessionProofs(events: readonly SessionEvent[], options: Partial<SessionOptions>): readonly Proof[] {
  const hello = events.find((event) => event.kind === 'server-hello')
  if (hello === undefined) return []
  return [
    ...resumptionProofs(events, options, hello),
    ...ticketProofs(events),
    ...alpnProofs(events, options, hello),
    ...schemeProofs(events),
  ]
}

type Hello = Extract<SessionEvent, { kind: 'server-hello' }>

/** The ServerHello tells by its session id, or by pre_shared_key, whether an earlier session goes on. */
function resumptionProofs(events: readonly SessionEvent[], { resume, earlyData }: Partial<SessionOptions>, hello: Hello): readonly Proof[] {
  const connected = events.find((event) => event.kind === 'connected')
  if (resume === undefined || connected === undefined) return []
  const how = `${connected.resumed ? 'resumed' : 'not resumed'}, ServerHello`
  const proof = (fact: string, way: string): Proof => ({ fact, asked: `hello with ${way}: ${how}`, answer: hello.bytes })
  if (resume.version < TLS13) {
    if (resume.ticket === undefined) return [proof('features.sessionIdResumption', 'the id of an earlier session')]
    const way = 'the ticket of an earlier session and a session id of our own'
    return [proof('features.ticketResumption', way), proof('flaws.ticketbleed', way)]
  }
  const extensions = events.find((event) => event.kind === 'encrypted-extensions')
  const early = earlyData === undefined || extensions === undefined ? [] : [extensions]
  return [
    proof('features.pskResumption', 'the PSK of an earlier session'),
    ...early.map(({ bytes }) => ({
      fact: 'features.earlyData',
      asked: `hello with early data: ${connected.earlyData}, EncryptedExtensions`,
      answer: bytes,
    })),
  ]
}

function ticketProofs(events: readonly SessionEvent[]): readonly Proof[] {
  const tickets = events.filter((event) => event.kind === 'new-session-ticket')
  const [longest] = tickets.toSorted((one, other) => other.lifetime - one.lifetime)
  if (longest === undefined) return []
  const asked = `handshake: NewSessionTicket for ${longest.lifetime} s`
  const early = longest.maxEarlyData === undefined && longest.resumption !== undefined ? ['features.earlyData'] : []
  return ['features.ticketLifetime', ...early].map((fact) => ({ fact, asked, answer: longest.bytes }))
}

function alpnProofs(events: readonly SessionEvent[], { alpn = [] }: Partial<SessionOptions>, hello: Hello): readonly Proof[] {
  const told = hello.version === TLS13 ? events.find((event) => event.kind === 'encrypted-extensions') : hello
  if (alpn.length === 0 || told === undefined) return []
  const extensions = told.kind === 'server-hello' ? told.hello.extensions : told.extensions
  const took = findExtension(extensions, EXTENSION_TYPE.application_layer_protocol_negotiation) !== undefined
  const asked = `hello with ${alpn.length} protocol names: ${took ? 'one was taken' : 'none was taken'}`
  return [{ fact: 'features.alpn', asked, answer: told.bytes }]
}

function schemeProofs(events: readonly SessionEvent[]): readonly Proof[] {
  const signed = events.find((event) => event.kind === 'certificate-verify')
  if (signed?.scheme === undefined) return []
  const name = signatureScheme.name(signed.scheme)
  return [{ fact: `signatureSchemes.TLSv1.3.${name}`, asked: `handshake: CertificateVerify with ${name}`, answer: signed.bytes }]
}
