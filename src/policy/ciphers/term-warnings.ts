import type { TermExplanation } from './explain.ts'
import { isSince } from './generation.ts'
import type { Resolution } from './resolve.ts'
import type { UnknownWord } from './unknown-word.ts'
import type { CipherWarning, WarningId } from './warnings.ts'

type Remark = Pick<CipherWarning, 'id' | 'message' | 'remedy'>

/** What is worth saying about one term of a list. */
export function termWarnings(term: TermExplanation, resolution: Resolution): CipherWarning[] {
  return [protocolWord, emptyTerm, unknownTerm, lostText, gluedDefault].flatMap((check) => {
    const remark = check(term, resolution)
    return remark === undefined ? [] : [{ ...remark, at: term.at, text: term.text }]
  })
}

function remark(id: WarningId, message: string, remedy: string): Remark {
  return { id, message, remedy }
}

function protocolWord(term: TermExplanation, { generation }: Resolution): Remark | undefined {
  if (!/^[-!](?:SSLv3|TLSv1(?:\.0)?)$/.test(term.text)) return undefined
  const aes = term.suites.filter((suite) => suite.enc.startsWith('AES')).length
  if (aes === 0) return undefined
  const blind = isSince(generation, '1.1.1') ? '' : '; 1.0.2 does not even tell TLSv1 from SSLv3'
  const count = term.suites.length
  return remark(
    'protocol-word',
    `${term.text} switches no protocol version off: it removes ${count} ${count === 1 ? 'suite' : 'suites'} for having come with ${term.text.slice(1)}, ` +
      `${aes} of them with AES, which TLS 1.2 uses too${blind}.`,
    'Set the lowest protocol version in the setting that the program has for it, and drop this term.',
  )
}

function emptyTerm({ idle, text }: TermExplanation, { generation }: Resolution): Remark | undefined {
  if (idle?.reason !== 'not-compiled-in' || bans(text)) return undefined
  if (/3DES|DES-CBC3/.test(text)) return emptyTripleDes(text)
  return remark('not-compiled-in', `${text} matches nothing: a default build of OpenSSL ${generation} has no such suite.`, 'Drop the term.')
}

function emptyTripleDes(text: string): Remark {
  return remark('empty-3des', `${text} matches nothing: since 1.1.0 a default build of OpenSSL has no 3DES suites.`, 'Drop the term.')
}

/** Taking away what is not there does no harm, and many lists do it on purpose. */
function bans(text: string): boolean {
  return text.startsWith('!') || text.startsWith('-')
}

function unknownTerm({ idle, text }: TermExplanation, resolution: Resolution): Remark | undefined {
  if (idle?.reason !== 'unknown') return undefined
  return misunderstood(idle.word, text, resolution) ?? absent(idle.word, text, resolution)
}

/** The word means something, but not so or not here. */
function misunderstood(unknown: UnknownWord, text: string, { generation }: Resolution): Remark | undefined {
  const { kind, word } = unknown
  if (kind === 'not-at-start') {
    return remark(
      'default-not-first',
      `${word} does nothing here: it counts at the very start of a list only.`,
      'Move it to the start, or drop it.',
    )
  }
  if (kind === 'wrong-case') {
    return remark('wrong-case', `${word} is unknown: words are case-sensitive.`, `Write ${text.replace(word, unknown.known)}.`)
  }
  if (kind === 'tls13') {
    return remark(
      'tls13-name',
      `${word} does nothing here: TLS 1.3 suites stand before every list and are not set by it.`,
      'Use the setting for TLS 1.3 suites (ciphersuites), where the program has one.',
    )
  }
  if (kind !== 'foreign-name') return undefined
  const iana = word === unknown.suite.iana
  return remark(
    iana ? 'iana-name' : 'foreign-name',
    iana ? `OpenSSL ${generation} does not know the IANA name ${word}; 3.2 and later do.` : `OpenSSL does not know the name ${word}.`,
    `Write ${text.replace(word, unknown.known)}.`,
  )
}

/** The word means nothing to this build. */
function absent(unknown: UnknownWord, text: string, { generation }: Resolution): Remark | undefined {
  const { kind, word } = unknown
  if (kind === 'nonsense') {
    return remark(
      'unknown-word',
      `OpenSSL does not know ${word} and steps over it without complaint.`,
      'Correct the word, or drop the term.',
    )
  }
  if (bans(text)) return undefined
  if (kind === 'no-such-suite') {
    if (unknown.suite.enc.startsWith('3DES')) return emptyTripleDes(text)
    return remark('not-compiled-in', `A default build of OpenSSL ${generation} has no ${word}.`, 'Drop the term.')
  }
  const whose =
    kind === 'other-generation' ? `a word of OpenSSL ${unknown.generations.join(' and ')} only` : 'one for algorithms that it lacks'
  return remark('unknown-word', `${word} is no word of a default build of OpenSSL ${generation}, but ${whose}.`, 'Drop the term.')
}

function lostText({ lost, idle }: TermExplanation): Remark | undefined {
  if (lost === '') return undefined
  const behind = idle === undefined ? 'a command' : 'a name that is unknown or impossible here'
  return remark(
    'lost-text',
    `${JSON.stringify(lost)} stands behind ${behind}, and goes unread up to the next separator.`,
    'Put a : before it.',
  )
}

function gluedDefault(term: TermExplanation, { list }: Resolution): Remark | undefined {
  const rest = list.slice('DEFAULT'.length)
  if (term.text !== 'DEFAULT' || term.standsFor.length === 0 || /^(?:$|[: ;,])/.test(rest)) return undefined
  return remark(
    'default-glued',
    `DEFAULT is matched by its seven letters alone: ${JSON.stringify(rest)} is read as the terms behind it.`,
    'Put a : behind DEFAULT.',
  )
}
