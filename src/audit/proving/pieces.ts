import { suiteByCode } from '../../registry/index.ts'
import { OLD_SUITES } from '../candidates.ts'
import type { Question } from './scene.ts'

/** Hellos of this many suites are answered by every server that is known. */
export const SHORT_HELLO = 64

/**
 * What part of an offer a question is, which decides what it means when the handshake breaks down. `ordinary`: AES suites of one key
 * exchange. `dhe`: other DHE suites. `strange`: other suites of the other usual key exchanges. `lost`: those of key exchanges that break
 * down with AES too.
 */
export type PieceKind = 'whole' | 'ordinary' | 'dhe' | 'strange' | 'lost' | 'any'

export interface Piece {
  readonly kind: PieceKind
  readonly question: Question
}

/** What a key exchange needs of the server: where that is missing, it breaks down with every cipher. */
type Exchange = 'RSA' | 'DHE' | 'ECDHE, RSA' | 'ECDHE, other key' | 'rare'

function exchangeOf(code: number): Exchange {
  const suite = suiteByCode(code)
  if (suite?.kx === 'DHE') return 'DHE'
  if (suite?.kx === 'RSA' && !suite.exportGrade) return 'RSA'
  if (suite?.kx !== 'ECDHE' || suite.au === 'anon') return 'rare'
  return suite.au === 'RSA' ? 'ECDHE, RSA' : 'ECDHE, other key'
}

function isOrdinary(code: number): boolean {
  const suite = suiteByCode(code)
  return suite !== undefined && suite.au !== 'anon' && suite.enc.startsWith('AES_') && (suite.mode === 'CBC' || suite.mode === 'GCM')
}

/** DHE breaks down on servers that have no parameters for it, whatever else they would take. */
export function isDhe(code: number): boolean {
  return suiteByCode(code)?.kx === 'DHE'
}

/** What signs the key exchange is chosen by more than the suite. */
export function isSigned(code: number): boolean {
  const suite = suiteByCode(code)
  return (suite?.kx === 'ECDHE' || suite?.kx === 'DHE') && suite.au !== 'anon'
}

/** It does not make a client out to be one that can read certificates with ECDSA. */
export function isForAll(code: number): boolean {
  return suiteByCode(code)?.au !== 'ECDSA'
}

/** Servers that choose by themselves let a client have ChaCha20 that likes it best, or that does not begin with AES. */
export function isForPhones(code: number): boolean {
  return suiteByCode(code)?.enc.startsWith('CHACHA20') === true
}

export function withoutDhe(suites: readonly number[]): readonly number[] {
  return suites.filter((code) => !isDhe(code))
}

/**
 * What is left of an offer without what may have broken down and hidden the rest: DHE, unless it is among `working` suites. Where
 * everything that is signed may break down, also that with the server's RSA key alone (`apart`), which needs neither signature nor
 * parameters nor group. Nothing where that would be the same offer.
 */
export function sureOnes(question: Question, working: readonly number[], apart: boolean): readonly Question[] {
  const { suites } = question
  const rest = working.some(isDhe) ? suites : withoutDhe(suites)
  const lists = apart ? [rest, suites.filter((code) => exchangeOf(code) === 'RSA')] : [rest]
  return lists.filter((some) => some.length > 0 && some.length < suites.length).map((some) => ({ ...question, suites: some }))
}

/** The offer so divided that what breaks down stands alone: each key exchange with AES, then all that is less usual. */
export function inPieces(question: Question): readonly Piece[] {
  const some = (kind: PieceKind, fits: (code: number) => boolean): Piece => piece(kind, question, question.suites.filter(fits))
  const isUsual = (code: number): boolean => exchangeOf(code) !== 'rare' && exchangeOf(code) !== 'DHE'
  const ordinary = Map.groupBy(
    question.suites.filter((code) => isOrdinary(code) && exchangeOf(code) !== 'rare'),
    exchangeOf,
  )
  const pieces = [
    ...[...ordinary.values()].map((suites) => piece('ordinary', question, suites)),
    some('dhe', (code) => isDhe(code) && !isOrdinary(code)),
    some('strange', (code) => isUsual(code) && !isOrdinary(code)),
    some('any', (code) => exchangeOf(code) === 'rare'),
  ].filter((one) => one.question.suites.length > 0)
  return pieces.length > 1 ? pieces : inHalves(question)
}

/** Strange suites: those whose key exchange broke down with AES too, and the others. */
export function byLoss(question: Question, broken: readonly number[]): readonly Piece[] {
  const exchanges = new Set(broken.map(exchangeOf))
  const lost = question.suites.filter((code) => exchanges.has(exchangeOf(code)))
  const others = question.suites.filter((code) => !exchanges.has(exchangeOf(code)))
  if (lost.length === 0) return inHalves(question)
  return [piece('lost', question, lost), ...(others.length === 0 ? [] : [piece('any', question, others)])]
}

/** No more than so many, those that servers have, in the same order. */
export function commonest(suites: readonly number[], most: number): readonly number[] {
  if (suites.length <= most) return suites
  const kept = new Set(OLD_SUITES.filter((code) => suites.includes(code)).slice(0, most))
  return suites.filter((code) => kept.has(code))
}

export function inHalves(question: Question, kind: PieceKind = 'any'): readonly Piece[] {
  const { suites } = question
  const middle = Math.ceil(suites.length / 2)
  return [suites.slice(0, middle), suites.slice(middle)].filter((half) => half.length > 0).map((half) => piece(kind, question, half))
}

/** In the same order, as long as every server stands. */
export function inShortHellos(question: Question): readonly Piece[] {
  const count = Math.ceil(question.suites.length / SHORT_HELLO)
  return [...Array(count).keys()].map((at) => piece('any', question, question.suites.slice(at * SHORT_HELLO, (at + 1) * SHORT_HELLO)))
}

function piece(kind: PieceKind, question: Question, suites: readonly number[]): Piece {
  return { kind, question: { ...question, suites } }
}
