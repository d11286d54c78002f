/**
 * How long one cipher list takes to resolve and to explain, as a library call: `node bench/ciphers.ts`.
 * The lists are those that OpenSSL itself was asked about.
 */
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { performance } from 'node:perf_hooks'
import { gunzipSync } from 'node:zlib'
import { explainCipherList, OPENSSL_GENERATIONS, parseGnutlsPriority, resolveCipherList } from '../src/policy/index.ts'

const ROUNDS = 10

const url = new URL('../src/policy/ciphers/testdata/cipher-lists.jsonl.gz', import.meta.url)
const lists = gunzipSync(readFileSync(url))
  .toString()
  .trim()
  .split('\n')
  .map((line): unknown => JSON.parse(line))
  .flatMap((vector) => (typeof vector === 'object' && vector !== null && 'list' in vector ? [String(vector.list)] : []))

/** Microseconds of each call, sorted; the first call of all is told apart, for it builds the tables. */
function measure(
  inputs: readonly string[],
  work: (input: string) => unknown,
): { readonly first: number; readonly sorted: readonly number[] } {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    for (const input of inputs) {
      const start = performance.now()
      work(input)
      times.push((performance.now() - start) * 1000)
    }
  }
  return { first: times[0] ?? 0, sorted: times.toSorted((left, right) => left - right) }
}

function row(what: string, inputs: readonly string[], work: (input: string) => unknown): string {
  const { first, sorted } = measure(inputs, work)
  const at = (share: number): string => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0).padStart(8)
  return `${what.padEnd(28)}${first.toFixed(0).padStart(8)}${at(0.5)}${at(0.99)}${at(1)}`
}

console.log(
  `Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown processor'}; ${lists.length} lists, ${ROUNDS} rounds, microseconds`,
)
console.log(`${''.padEnd(28)}${['first', 'median', '99 %', 'slowest'].map((head) => head.padStart(8)).join('')}`)
for (const generation of OPENSSL_GENERATIONS) {
  console.log(row(`resolve, OpenSSL ${generation}`, lists, (list) => resolveCipherList(list, { generation })))
}
console.log(row('explain, OpenSSL 3.5', lists, (list) => explainCipherList(list, { generation: '3.5' })))
console.log(row('GnuTLS priority', ['NORMAL', 'SECURE192:-VERS-ALL:+VERS-TLS1.3', 'NORMAL:-VERS-TLS1.0:-AES-128-CBC'], parseGnutlsPriority))
