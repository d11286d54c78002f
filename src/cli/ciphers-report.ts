import { styleText } from 'node:util'
import type { CipherSuite } from '../registry/index.ts'
import {
  describeSuite,
  type CipherWarning,
  type Explanation,
  type GnutlsPriority,
  type JsseList,
  type ListedSuite,
  type OpensslGeneration,
} from '../policy/index.ts'
import { whatItDid } from './ciphers-words.ts'
import type { Terminal } from './terminal.ts'

/** The suites of a list as a table, and what is worth saying about the list. */
export function suiteReport({ resolution, warnings }: Explanation, terminal: Terminal): string {
  const { generation, suites } = resolution
  return [
    ...suiteTable(suites, generation, terminal),
    '',
    `${plural(suites.length, 'suite')} in OpenSSL ${generation}${levelNote(resolution.securityLevel)}.`,
    ...warningLines(warnings, terminal),
    '',
  ].join('\n')
}

/** What each term of a list did. */
export function explanation({ resolution, terms, warnings }: Explanation, terminal: Terminal): string {
  const { generation, refused } = resolution
  const rows = terms.flatMap((term) => [
    [term.text, whatItDid(term, generation), String(term.count)],
    ...term.standsFor.map((inner) => [`  ${inner.text}`, whatItDid(inner, generation), String(inner.count)]),
  ])
  const total = refused === undefined ? plural(resolution.suites.length, 'suite') : 'refused'
  const tls13 = resolution.suites.filter((suite) => suite.protocol === 'TLSv1.3').length
  return [
    ...table([['Term', 'What it does', 'Suites'], ...rows], terminal, [2]),
    '',
    `OpenSSL ${generation}: ${total}${tls13 > 0 ? `, ${tls13} of them of TLS 1.3, which stand before every list` : ''}.`,
    ...warningLines(warnings, terminal),
    '',
  ].join('\n')
}

/** One list in several generations: the place of each suite in each. */
export function comparison(explained: readonly Explanation[], terminal: Terminal): string {
  const columns = explained.map(({ resolution }) => resolution.suites)
  const union = [...new Set(columns.toReversed().flat())]
  const rows = union.map((suite) => [
    hex(suite),
    suite.openssl ?? suite.iana,
    ...columns.map((suites) => (suites.includes(suite) ? String(suites.indexOf(suite) + 1) : '-')),
  ])
  const heads = explained.map(({ resolution }) => resolution.generation)
  const refused = explained.flatMap(({ resolution: { refused, generation } }) =>
    refused === undefined ? [] : [`OpenSSL ${generation} refuses the list: ${refused.why}.`],
  )
  const counts = explained.map(({ resolution }) => String(resolution.suites.length))
  const right = heads.map((_, index) => index + 2)
  return [...table([['Code', 'OpenSSL', ...heads], ...rows, ['', 'in all', ...counts]], terminal, right), '', ...refused, ''].join('\n')
}

/** What a GnuTLS priority string means. */
export function gnutlsReport(priority: GnutlsPriority, terminal: Terminal): string {
  const { protocols, dtls, suites, groups, signatureSchemes, options } = priority
  const rows = suites.map((suite) => [hex(suite), suite.gnutls ?? '', suite.iana, suite.protocol, String(suite.bits)])
  return [
    ...table([['Code', 'GnuTLS', 'IANA', 'Protocol', 'Bits'], ...rows], terminal, [4]),
    '',
    `Protocols:  ${[...protocols, ...dtls].join(', ')}`,
    `Groups:     ${groups.join(', ') || 'none'}`,
    `Signatures: ${signatureSchemes.join(', ') || 'none'}`,
    ...(options.length === 0 ? [] : [`Options:    ${options.join(', ')}`]),
    `${plural(suites.length, 'suite')} in GnuTLS 3.7 and later.`,
    '',
  ].join('\n')
}

/** Suites that were named one by one. */
export function namesReport({ suites }: JsseList, terminal: Terminal): string {
  return [...suiteTable(suites, '3.5', terminal), '', `${plural(suites.length, 'suite')}.`, ''].join('\n')
}

type Column = readonly [head: string, cell: (suite: ListedSuite) => string]

const COLUMNS: readonly Column[] = [
  ['Code', (suite) => suite.code],
  ['OpenSSL', (suite) => suite.openssl ?? '-'],
  ['IANA', (suite) => suite.iana],
  ['Protocol', (suite) => suite.protocol],
  ['Kx', (suite) => suite.kx],
  ['Au', (suite) => suite.au],
  ['Enc', (suite) => suite.enc],
  ['Mac', (suite) => suite.mac],
  ['Bits', (suite) => String(suite.bits)],
]

function suiteTable(suites: readonly CipherSuite[], generation: OpensslGeneration, terminal: Terminal): string[] {
  const listed = suites.map((suite) => describeSuite(suite, generation))
  const draw = (columns: readonly Column[]): string[] =>
    table([columns.map(([head]) => head), ...listed.map((suite) => columns.map(([, cell]) => cell(suite)))], terminal, [columns.length - 1])
  const whole = draw(COLUMNS)
  const widest = Math.max(...whole.map((line) => line.length))
  // In a narrow window the longest column goes: whoever needs IANA names has --json and --as iana.
  return terminal.interactive && widest > terminal.columns ? draw(COLUMNS.filter(([head]) => head !== 'IANA')) : whole
}

function table(rows: readonly (readonly string[])[], terminal: Terminal, right: readonly number[]): string[] {
  const widths = rows.reduce<number[]>((widest, row) => row.map((cell, index) => Math.max(widest[index] ?? 0, cell.length)), [])
  return rows.map((row, index) => {
    const cells = row.map((cell, column) =>
      right.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
    )
    const line = cells.join('  ').trimEnd()
    return index === 0 ? styled('bold', line, terminal) : line
  })
}

function warningLines(warnings: readonly CipherWarning[], terminal: Terminal): string[] {
  return warnings.flatMap(({ message, remedy }) => [
    '',
    `${styled('yellow', 'Mind:', terminal)} ${message}`,
    ...(remedy === undefined ? [] : [`      ${remedy}`]),
  ])
}

function styled(style: 'bold' | 'yellow', text: string, terminal: Terminal): string {
  return terminal.colour ? styleText(style, text, { validateStream: false }) : text
}

function levelNote(level: number | undefined): string {
  return level === undefined ? '' : `, whose security level is ${level} with this list`
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function hex(suite: CipherSuite): string {
  return describeSuite(suite, '3.5').code
}
