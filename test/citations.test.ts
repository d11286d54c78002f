import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'

const SOURCE = new URL('../src/', import.meta.url).pathname

const sources: readonly (readonly [file: string, text: string])[] = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => [file, readFileSync(join(SOURCE, file), 'utf8')] as const)

/** What is shipped: tests may cite what nothing else needs. */
const shipped = sources.filter(([file]) => !file.endsWith('.test.ts') && !file.includes('testdata/'))

/** Primes and groups have an RFC in their name. */
const NAMES = /^RFC (?:2409|3526|5114) group (?:\d+|\$\{)|^RFC 7919\b/

/** Citations that name an RFC but not the place in it: a title, not a reference. */
export function looseCitations(text: string): string[] {
  return [...text.matchAll(/\bRFC \d{3,5}\b(?!,? §[\dA-Z])/g)]
    .filter(({ index }) => !NAMES.test(text.slice(index)))
    .map(({ index }) => `line ${text.slice(0, index).split('\n').length}: ${text.slice(index, index + 40).split('\n', 1)[0] ?? ''}`)
}

/** Every RFC that a text cites. */
function cited(text: string): number[] {
  return [...text.matchAll(/\bRFC (\d{3,5})\b/g)].map(([, number]) => Number(number))
}

interface Listed {
  readonly number: number
  readonly extent: string
  readonly where: readonly string[]
}

/** The rows of docs/rfc.md. */
function listed(): Listed[] {
  const page = readFileSync(new URL('../docs/rfc.md', import.meta.url), 'utf8')
  return [...page.matchAll(/^\| *(\d+) *\| *[^|]+? *\| *(\w+) *\| *([^|]*?) *\|/gm)].map(([, number, extent = '', where = '']) => ({
    number: Number(number),
    extent,
    where: where.split(/, */).filter((folder) => folder !== ''),
  }))
}

describe('citations', () => {
  test('name the section', () => {
    const loose = sources.flatMap(([file, text]) => looseCitations(text).map((line) => `${file}, ${line}`))
    assert.deepEqual(loose, [])
  })

  test('a title is found, a reference and a name are not', () => {
    assert.deepEqual(looseCitations('as in RFC 3207\nand RFC 3207 §4.2, RFC 8446, §4.1.2, RFC 2409 group 2'), ['line 1: RFC 3207'])
  })
})

describe('docs/rfc.md', () => {
  const rows = listed()
  const numbers = new Set(rows.map(({ number }) => number))

  test('lists every RFC that the source cites, once, in order', () => {
    const missing = new Set(shipped.flatMap(([, text]) => cited(text)).filter((number) => !numbers.has(number)))
    assert.deepEqual([...missing], [])
    assert.deepEqual(
      rows.map(({ number }) => number),
      [...numbers].toSorted((a, b) => a - b),
    )
  })

  test('lists none that is cited nowhere, and no folder that does not cite it', () => {
    for (const { number, where, extent } of rows) {
      assert.match(extent, /^(?:yes|part|no|never)$/)
      assert.notEqual(where.length, 0, `RFC ${number} is cited nowhere`)
      for (const folder of where) {
        const texts = shipped.filter(([file]) => file.startsWith(`${folder}/`)).map(([, text]) => text)
        assert.ok(
          texts.some((text) => cited(text).includes(number)),
          `${folder} does not cite RFC ${number}`,
        )
      }
    }
  })
})
