import type { CipherSuite } from '../registry/index.ts'
import { opensslName, type Idle, type OpensslGeneration, type TermExplanation, type UnknownWord } from '../policy/index.ts'

/** What a term did, in a few words. */
export function whatItDid(term: TermExplanation, generation: OpensslGeneration): string {
  const lost = term.lost === '' ? '' : `; ${JSON.stringify(term.lost)} behind it goes unread`
  return `${effect(term, generation)}${lost}`
}

function effect({ effect: kind, suites, idle, text }: TermExplanation, generation: OpensslGeneration): string {
  const some = `${suites.length}: ${names(suites, generation)}`
  switch (kind) {
    case 'added':
      return `adds ${some}`
    case 'removed':
      return `removes ${some}`
    case 'banned':
      return suites.length === 0 ? 'bans suites in advance' : `bans ${some}`
    case 'moved':
      return `moves to the end ${some}`
    case 'sorted':
      return 'sorts by strength'
    case 'level':
      return `sets security level ${text.slice(-1)}`
    case 'refused':
      return 'makes OpenSSL refuse the whole list'
    case 'nothing':
      return `nothing: ${idle === undefined ? '' : whyIdle(idle)}`
  }
}

const SHOWN = 3

function names(suites: readonly CipherSuite[], generation: OpensslGeneration): string {
  const shown = suites.slice(0, SHOWN).map((suite) => opensslName(suite, generation) ?? suite.iana)
  return suites.length > SHOWN ? `${shown.join(', ')}, …` : shown.join(', ')
}

/** Why a term did nothing, in a few words. */
export function whyIdle(idle: Idle): string {
  switch (idle.reason) {
    case 'unknown':
      return whyUnknown(idle.word)
    case 'contradiction':
      return `${idle.culprit} and what stands before it exclude each other`
    case 'not-compiled-in':
      return 'this build has no such suite'
    case 'banned-before':
      return 'all its suites are banned already'
    case 'already-there':
      return 'all its suites are there already and keep their place'
    case 'not-there':
      return 'none of its suites is there'
    case 'same-order':
      return 'the order is so already'
  }
}

function whyUnknown(unknown: UnknownWord): string {
  switch (unknown.kind) {
    case 'not-at-start':
      return `${unknown.word} counts at the very start only`
    case 'wrong-case':
      return `${unknown.word} is unknown; ${unknown.known} is a word`
    case 'tls13':
      return 'TLS 1.3 suites are not set here'
    case 'foreign-name':
      return `OpenSSL calls it ${unknown.known}`
    case 'no-such-suite':
      return 'this build has no such suite'
    case 'other-generation':
      return `a word of OpenSSL ${unknown.generations.join(' and ')} only`
    case 'needs-engine':
      return 'this build lacks its algorithms'
    case 'nonsense':
      return `${unknown.word} is unknown`
  }
}
