import { utf8 } from '../relays/lines.ts'

/** Where a message comes from, as MAIL says it: RFC 5321 §4.1.1.2. */
export interface Sender {
  /** With its angle brackets, empty for a report of failure: `<>`. */
  readonly path: string
  /** By their names in upper case, with what stands behind the sign; empty where there is none. */
  readonly parameters: ReadonlyMap<string, string>
}

/** To whom, as RCPT says it: RFC 5321 §4.1.1.3. */
export interface Recipient {
  /** With its angle brackets, without a route: RFC 5321 §4.1.2 wants that ignored. */
  readonly path: string
  /** In lower case, without a dot at the end, its letters read as UTF-8 (RFC 6531 §3.3); undefined for `<postmaster>`, RFC 5321 §4.1.1.3. */
  readonly domain: string | undefined
  readonly parameters: ReadonlyMap<string, string>
}

/** What is wrong with one of them, as a reply without the end of its line. */
export interface EnvelopeFault {
  readonly said: string
}

/** A local part with its quoted strings, and a domain or a literal: RFC 5321 §4.1.2. UTF-8 is looked at as octets, RFC 6531 §3.3: of them A0 is no blank. */
const MAILBOX = /^(?:"(?:[^"\\]|\\.)*"|[^ \t"<>@]+)@(\[[^ \t[\]<>@]+\]|[^ \t"<>@[\]]+)$/s

const LONGEST_PATH = 512

/** `rest`: what stands behind MAIL, latin1. */
export function parseSender(rest: string): Sender | EnvelopeFault {
  const cut = cutPath('FROM', rest)
  if ('said' in cut) return cut
  const { mailbox, parameters } = cut
  if (mailbox !== '' && !MAILBOX.test(mailbox)) return { said: '501 5.1.7 Bad address syntax of the sender' }
  return { path: `<${mailbox}>`, parameters }
}

/** `rest`: what stands behind RCPT, latin1. */
export function parseRecipient(rest: string): Recipient | EnvelopeFault {
  const cut = cutPath('TO', rest)
  if ('said' in cut) return cut
  const { mailbox, parameters } = cut
  if (mailbox.toLowerCase() === 'postmaster') return { path: `<${mailbox}>`, domain: undefined, parameters }
  const domain = domainIn(mailbox)
  if (domain === undefined) return { said: '501 5.1.3 Bad address syntax of the recipient' }
  return { path: `<${mailbox}>`, domain, parameters }
}

/** Undefined where there is none, or none in UTF-8. */
function domainIn(mailbox: string): string | undefined {
  const [, found = ''] = MAILBOX.exec(mailbox) ?? []
  const domain = utf8(found).toLowerCase().replace(/\.$/, '')
  return domain === '' || domain.includes('\ufffd') ? undefined : domain
}

interface Cut {
  readonly mailbox: string
  readonly parameters: ReadonlyMap<string, string>
}

/** Servers put up with blanks before the path, and so does everybody else. */
function cutPath(word: 'FROM' | 'TO', rest: string): Cut | EnvelopeFault {
  const found = new RegExp(`^${word}:[ \\t]*<((?:"(?:[^"\\\\]|\\\\.)*"|[^">])*)>(.*)$`, 'is').exec(rest)
  const [, path = '', behind = ''] = found ?? []
  if (found === null || path.length > LONGEST_PATH)
    return { said: `501 5.5.4 Syntax: ${word === 'FROM' ? 'MAIL FROM' : 'RCPT TO'}:<address>` }
  const parameters = parametersOf(behind)
  if (parameters === undefined) return { said: '501 5.5.4 Bad syntax of the parameters' }
  return { mailbox: path.replace(/^@[^:]*:/, ''), parameters }
}

/** RFC 5321 §4.1.2 Mail-parameters; each of them once. */
function parametersOf(text: string): ReadonlyMap<string, string> | undefined {
  if (text.trim() === '') return new Map()
  if (!/^[ \t]/.test(text)) return undefined
  const parameters = new Map<string, string>()
  for (const word of text.trim().split(/[ \t]+/)) {
    const [, name, value = ''] = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^\s=]+))?$/.exec(word) ?? []
    if (name === undefined || parameters.has(name.toUpperCase())) return undefined
    parameters.set(name.toUpperCase(), value)
  }
  return parameters
}
