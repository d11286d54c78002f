import { PosternError } from '../errors.ts'
import {
  explainCipherList,
  looksLikeGnutls,
  OPENSSL_GENERATIONS,
  parseGnutlsPriority,
  parseJsse,
  suitesInForce,
  type Explanation,
  type OpensslGeneration,
} from '../policy/index.ts'
import { ALL, LATEST, type CiphersValues } from './ciphers.ts'
import { cipherListJson, gnutlsJson, namesJson } from './ciphers-json.ts'
import { comparison, explanation, gnutlsReport, namesReport, suiteReport } from './ciphers-report.ts'
import { translation } from './ciphers-translation.ts'
import type { Terminal } from './terminal.ts'

/** `postern ciphers`: what a list means, in whichever language it is written. Errors: those of what cannot be read, `input`. */
export function ciphers(list: string, options: CiphersValues, terminal: Terminal): void {
  const { gnutls, names, openssl } = options
  const free = openssl === undefined
  if (gnutls === true || (free && names !== true && looksLikeGnutls(list))) return showGnutls(list, options, terminal)
  if (names === true || (free && looksLikeNames(list))) return showNames(list, options, terminal)
  if (openssl === ALL) return showAll(list, options, terminal)
  showOpenssl(list, openssl ?? LATEST, options, terminal)
}

/** Nothing but IANA or JSSE names, as Java's settings have them. */
function looksLikeNames(list: string): boolean {
  return /^\s*(?:TLS|SSL)_\w+(?:\s*[,:;\s]\s*(?:TLS|SSL)_\w+)*\s*$/.test(list)
}

function showOpenssl(list: string, generation: OpensslGeneration, options: CiphersValues, terminal: Terminal): void {
  checkLevel(generation, options)
  const explained = explainCipherList(list, { generation, securityLevel: options.seclevel })
  if (options.json === true) terminal.out(json(cipherListJson(explained, options.explain === true)))
  else if (explained.resolution.refused === undefined) terminal.out(openssl(explained, options, terminal))
  else if (options.explain === true) terminal.out(explanation(explained, terminal))
  refuse(explained)
}

function openssl(explained: Explanation, options: CiphersValues, terminal: Terminal): string {
  if (options.as !== undefined) return translation(explained.resolution.suites, options.as, explained.resolution.generation, terminal)
  return options.explain === true ? explanation(explained, terminal) : suiteReport(explained, terminal)
}

function showAll(list: string, options: CiphersValues, terminal: Terminal): void {
  const explained = OPENSSL_GENERATIONS.map((generation) =>
    explainCipherList(list, { generation, securityLevel: generation === '1.0.2' ? undefined : options.seclevel }),
  )
  if (options.json === true) {
    terminal.out(json({ list, generations: explained.map((one) => cipherListJson(one, options.explain === true)) }))
  } else if (options.explain === true) for (const one of explained) terminal.out(`${explanation(one, terminal)}\n`)
  else terminal.out(comparison(explained, terminal))
  const taken = explained.find(({ resolution }) => resolution.refused === undefined)
  const latest = explained.at(-1)
  if (taken === undefined && latest !== undefined) refuse(latest)
}

function showGnutls(list: string, options: CiphersValues, terminal: Terminal): void {
  const priority = parseGnutlsPriority(list)
  if (options.json === true) terminal.out(json(gnutlsJson(priority)))
  const { refused } = priority
  if (refused !== undefined) {
    const message = `Cannot read the GnuTLS priority string: ${refused.why}\n${underlined(list, refused.at, refused.length)}`
    throw new PosternError('input', 'GNUTLS_PRIORITY', message, { remedy: refused.remedy })
  }
  if (options.json === true) return
  if (options.as === undefined) terminal.out(gnutlsReport(priority, terminal))
  else terminal.out(translation(priority.suites, options.as, generationOf(options), terminal))
}

function showNames(list: string, options: CiphersValues, terminal: Terminal): void {
  const named = parseJsse(list)
  if (options.json === true) terminal.out(json(namesJson(list, named)))
  const [unknown] = named.unknown
  if (unknown !== undefined) {
    const message = `Cannot read the suite names: nobody has registered ${JSON.stringify(unknown.name)}`
    const remedy = 'Correct the name; case counts. postern ciphers ALL --json lists names.'
    throw new PosternError('input', 'SUITE_NAME', `${message}\n${underlined(list, unknown.at, unknown.name.length)}`, { remedy })
  }
  if (options.json === true) return
  if (options.as === undefined) terminal.out(namesReport(named, terminal))
  else terminal.out(translation(named.suites, options.as, generationOf(options), terminal))
}

function generationOf({ openssl }: CiphersValues): OpensslGeneration {
  return openssl === undefined || openssl === ALL ? LATEST : openssl
}

function checkLevel(generation: OpensslGeneration, { seclevel }: CiphersValues): void {
  if (generation !== '1.0.2' || seclevel === undefined) return
  const message = 'Cannot apply a security level with OpenSSL 1.0.2: levels came with 1.1.0'
  throw new PosternError('input', 'CIPHER_LEVEL', message, { remedy: 'Leave --seclevel out, or choose a newer generation.' })
}

/** What OpenSSL refuses, we refuse: with the place, and with what happens in a program that does not look. */
function refuse({ resolution }: Explanation): void {
  const { refused, generation, list } = resolution
  if (refused === undefined) return
  const cannot = `Cannot use the cipher list with OpenSSL ${generation}: ${refused.why} (${refused.reason})`
  const left = suitesInForce(resolution).length
  const after = `A program that does not look at the result goes on with ${left === 0 ? 'no suite at all' : `${left} others`}.`
  throw new PosternError('input', refused.code, `${cannot}\n${underlined(list, refused.at, refused.length)}`, {
    remedy: `${refused.remedy} ${after}`,
  })
}

/** The text, and carets below the culprit. */
function underlined(text: string, at: number, length: number): string {
  const shown = text.replace(/\p{Cc}/gu, '\u{fffd}')
  return `  ${shown}\n  ${' '.repeat(at)}${'^'.repeat(Math.max(1, length))}`
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
