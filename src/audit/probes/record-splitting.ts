import type { Fact } from '../../policy/index.ts'
import { CONTENT_TYPE, type SessionEvent } from '../../wire/index.ts'
import { harmlessQuestion } from '../harmless-question.ts'
import { prove } from '../proof.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'
import { sessionSuites, type Known } from '../server.ts'

export interface RecordsOfAnswer {
  /** Lengths of the first application data records, without what protects them; empty when the server said nothing. */
  readonly lengths: readonly number[]
  /** The first of them, as they came. */
  readonly bytes: Uint8Array
}

/** Who speaks unasked, or ends the connection after one answer, has done so by then. */
const SECOND_PATIENCE_MS = 500
const NOTHING: Uint8Array = new Uint8Array(0)
/** So many records say enough. */
const MOST_SHOWN = 8

function cbcSuites(known: Known): readonly number[] {
  const cbc = new Set(
    known
      .suites('TLSv1')
      .filter((suite) => suite.mode === 'CBC')
      .map((suite) => suite.code),
  )
  return sessionSuites(known, 'TLSv1').filter((code) => cbc.has(code))
}

export const recordSplittingProbe: Probe<RecordsOfAnswer> = {
  name: 'record-splitting',
  question: 'Does the server split records of TLS 1.0 so that their IV cannot be foreseen?',
  reference: 'CVE-2011-3389 (BEAST), OpenSSL SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS',
  connections: 1,
  skip: (known) => (cbcSuites(known).length === 0 ? { features: { recordSplitting: 'not-applicable' } } : undefined),

  ask: (server) =>
    server.session({ protocols: ['TLSv1'], cipherSuites: cbcSuites(server.known), observeRecords: true }, async (conversation) => {
      if (!(await conversation.handshake())) return { lengths: [], bytes: NOTHING }
      const question = harmlessQuestion(server.known.dialect.name, server.known.serverName)
      if (question !== undefined) conversation.send(conversation.session.write(question))
      // A record with text in it, not the empty one that may come before it.
      await conversation.until((event) => isData(event) && event.innerLength > 1, question === undefined ? SECOND_PATIENCE_MS : undefined)
      const bytes = conversation.events.some(isData) ? conversation.last : NOTHING
      // JSSE splits all records but the first.
      if (question !== undefined && conversation.ended === undefined) {
        conversation.send(conversation.session.write(question))
        await conversation.until((event) => isData(event) && event.innerLength > 1, SECOND_PATIENCE_MS)
      }
      return { lengths: conversation.events.filter(isData).map((event) => event.innerLength), bytes }
    }),

  judge({ lengths, bytes }) {
    const features = { recordSplitting: splits(lengths) }
    if (lengths.length === 0) return { features }
    const how = `application data of ${lengths.slice(0, MOST_SHOWN).join(', ')} bytes under keys`
    return { features, proofs: [prove('features.recordSplitting', 'the same question twice in TLS 1.0', { how, bytes })] }
  },
}

export const recordSplitting: AnyProbe = probe(recordSplittingProbe)

/** An empty record (OpenSSL) or one of a single byte (1/n-1, NSS and Schannel) in front of a text. */
function splits(lengths: RecordsOfAnswer['lengths']): Fact {
  if (lengths.some((length, index) => length <= 1 && index < lengths.length - 1)) return true
  return lengths.filter((length) => length > 1).length >= 2 ? false : 'unknown'
}

function isData(event: SessionEvent): event is Extract<SessionEvent, { kind: 'record' }> {
  return event.kind === 'record' && event.innerType === CONTENT_TYPE.application_data
}
