import { alertDescription } from '../../registry/index.ts'
import { CONTENT_TYPE } from '../../wire/index.ts'
import { prove, type Heard } from '../proof.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'
import { sessionSuites, type Known } from '../server.ts'

/** What came back for a ChangeCipherSpec before there were keys, and for a second one behind it. */
export interface EarlyCcsAnswer {
  readonly kind: 'refused-at-once' | 'took-keys' | 'refused-later' | 'unclear'
  /** What it was answered with, if it came to be asked. */
  readonly heard?: Heard
}

/** A server that refuses does so at once: whoever is silent for so long has taken it, or is slow. */
const REFUSAL_PATIENCE_MS = 1000
/** The second record could not be read under the keys that the first one brought into force. */
const UNDER_KEYS: ReadonlySet<number> = new Set([alertDescription.code('bad_record_mac'), alertDescription.code('decryption_failed')])

function protocolOf(known: Known): Known['protocols'][number] | undefined {
  return known.protocols.find((protocol) => protocol !== 'TLSv1.3')
}

export const ccsInjectionProbe: Probe<EarlyCcsAnswer> = {
  name: 'ccs-injection',
  question: 'Does the server take a ChangeCipherSpec before there are keys?',
  reference: 'CVE-2014-0224, RFC 5246 §7.1',
  connections: 1,
  skip: (known) => (protocolOf(known) === undefined ? { flaws: { ccsInjection: 'not-applicable' } } : undefined),

  ask: (server) => {
    const protocol = protocolOf(server.known) ?? 'TLSv1.2'
    const options = { protocols: [protocol], cipherSuites: sessionSuites(server.known, protocol), pauseAfterServerHelloDone: true }
    return server.session(options, async (conversation): Promise<EarlyCcsAnswer> => {
      const ccs = (): void => conversation.send(conversation.session.sendRecord(CONTENT_TYPE.change_cipher_spec, Uint8Array.of(1)))
      conversation.send(conversation.session.start())
      await conversation.until((event) => event.kind === 'server-hello-done')
      if (conversation.find('server-hello-done') === undefined) return { kind: 'unclear' }
      ccs()
      const first = await conversation.until((event) => event.kind === 'alert', REFUSAL_PATIENCE_MS)
      if (first !== 'silent') return { kind: 'refused-at-once', heard: conversation.heard(first) }
      ccs()
      const heard = conversation.heard(await conversation.until((event) => event.kind === 'alert'))
      const alert = conversation.find('alert')
      // A close says nothing: OpenSSL of that time sent no alert for every record that it could not read.
      if (alert === undefined) return { kind: 'unclear', heard }
      return { kind: UNDER_KEYS.has(alert.description) ? 'took-keys' : 'refused-later', heard }
    })
  },

  judge({ kind, heard }) {
    const flaws = { ccsInjection: kind === 'unclear' ? 'unknown' : kind === 'took-keys' } as const
    if (heard === undefined) return { flaws }
    const asked = `ChangeCipherSpec behind ServerHelloDone, before there are keys${kind === 'refused-at-once' ? '' : ', sent twice'}`
    return { flaws, proofs: [prove('flaws.ccsInjection', asked, heard)] }
  },
}

export const ccsInjection: AnyProbe = probe(ccsInjectionProbe)
