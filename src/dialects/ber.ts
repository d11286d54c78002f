import type { Grammar } from './cutter.ts'

/** One BER element as LDAP sends them: a tag of one octet and a definite length, RFC 4511 §5.1. */
export interface Element {
  readonly tag: number
  readonly value: string
}

/** Four octets of length reach beyond everything that is ever accepted. */
const MOST_LENGTH_OCTETS = 4

/** Cuts one element out of a stream; undefined when the octets are no BER. The first octet decides as soon as it is there. */
export function* element(tag: number): Grammar<Element | undefined> {
  const first = yield { count: 1 }
  if (first.charCodeAt(0) !== tag) return undefined
  const short = (yield { count: 1 }).charCodeAt(0)
  const octets = short & 0x7f
  if (short < 0x80) return { tag, value: yield { count: short } }
  if (octets === 0 || octets > MOST_LENGTH_OCTETS) return undefined
  const length = bigEndian(yield { count: octets })
  return { tag, value: yield { count: length } }
}

/** The elements that fill a text exactly, or undefined when they do not. */
export function elements(text: string): Element[] | undefined {
  const found: Element[] = []
  for (let at = 0; at < text.length;) {
    const scan = element(text.charCodeAt(at))
    let step = scan.next('')
    while (step.done !== true) {
      const count = 'count' in step.value ? step.value.count : 0
      if (at + count > text.length) return undefined
      step = scan.next(text.slice(at, at + count))
      at += count
    }
    if (step.value === undefined) return undefined
    found.push(step.value)
  }
  return found
}

/** The octets of an element. */
export function encode(tag: number, value: string): string {
  if (value.length < 0x80) return String.fromCharCode(tag, value.length) + value
  return String.fromCharCode(tag, 0x82, value.length >> 8, value.length & 0xff) + value
}

/** An unsigned number of any width. */
export function bigEndian(text: string): number {
  let value = 0
  for (let at = 0; at < text.length; at++) value = value * 256 + text.charCodeAt(at)
  return value
}
