import type { CipherSuite, ProtocolName } from '../registry/index.ts'
import { opensslName, printGnutlsPriority, printJsse, type OpensslGeneration } from '../policy/index.ts'
import type { Language } from './ciphers.ts'
import type { Terminal } from './terminal.ts'

/** The suites in another language, on one line; what cannot be said in it goes to standard error. */
export function translation(suites: readonly CipherSuite[], language: Language, generation: OpensslGeneration, terminal: Terminal): string {
  const { text, missing, notes } = TRANSLATORS[language](suites, generation)
  if (missing.length > 0) terminal.err(`postern: note: left out, having no name there: ${missing.join(', ')}\n`)
  for (const note of notes) terminal.err(`postern: note: ${note}\n`)
  return `${text}\n`
}

interface Translated {
  readonly text: string
  readonly missing: readonly string[]
  readonly notes: readonly string[]
}

const TRANSLATORS: Readonly<Record<Language, (suites: readonly CipherSuite[], generation: OpensslGeneration) => Translated>> = {
  iana: (suites) => ({ text: suites.map((suite) => suite.iana).join(':'), missing: [], notes: [] }),
  jsse: (suites) => {
    const { list, missing } = printJsse(suites)
    return { text: list, missing, notes: [] }
  },
  openssl: toOpenssl,
  gnutls: toGnutls,
}

function toOpenssl(suites: readonly CipherSuite[], generation: OpensslGeneration): Translated {
  const old = suites.filter((suite) => suite.protocol !== 'TLSv1.3')
  const tls13 = suites.filter((suite) => suite.protocol === 'TLSv1.3').map((suite) => suite.iana)
  const named = old.flatMap((suite) => opensslName(suite, generation) ?? [])
  return {
    text: named.join(':'),
    missing: old.filter((suite) => opensslName(suite, generation) === undefined).map((suite) => suite.iana),
    notes: tls13.length === 0 ? [] : [`TLS 1.3 suites are set elsewhere (ciphersuites): ${tls13.join(':')}`],
  }
}

function toGnutls(suites: readonly CipherSuite[]): Translated {
  const tls13 = suites.some((suite) => suite.protocol === 'TLSv1.3')
  const tls12 = suites.some((suite) => suite.protocol !== 'TLSv1.3')
  const protocols: ProtocolName[] = [...(tls13 ? ['TLSv1.3' as const] : []), ...(tls12 ? ['TLSv1.2' as const] : [])]
  const { priority, missing, extra, ordered } = printGnutlsPriority({ protocols, suites })
  return {
    text: priority,
    missing,
    notes: [
      ...(extra.length === 0 ? [] : [`GnuTLS cannot leave these out: ${extra.join(', ')}`]),
      ...(ordered ? [] : ['GnuTLS cannot keep this order: it goes by key exchange, then cipher, then MAC']),
    ],
  }
}
