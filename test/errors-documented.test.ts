import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'

const SOURCE = new URL('../src/', import.meta.url).pathname
const page = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8')

/** The source without its tests, and what they share. */
const sources: readonly string[] = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.includes('testdata/'))
  .map((file) => readFileSync(join(SOURCE, file), 'utf8'))

/** Codes and faults of errors that are made with both spelled out. */
export function spelledOut(source: string): (readonly [fault: string, code: string])[] {
  return [...source.matchAll(/(?:new PosternError|\bsuper)\(\s*'(input|peer|world|bug)',\s*'([A-Z][A-Z0-9_]+)'/g)].map(
    ([, fault = '', code = '']) => [fault, code] as const,
  )
}

/** Words that are codes in a file that makes errors with a code that it chooses from several. */
export function chosen(source: string): string[] {
  if (!/new PosternError\(\s*'\w+',\s*code,/.test(source)) return []
  return [...source.matchAll(/'([A-Z]{3,}(?:_[A-Z]+)*)'/g)].flatMap(([, word = '']) => (/^E[A-Z]+$/.test(word) ? [] : [word]))
}

/** Headings of the page, by the fault under which they stand. */
function headings(): Map<string, string> {
  const found = new Map<string, string>()
  for (const part of page.split(/^## /m)) {
    const fault = /^Fault `(\w+)`/m.exec(part)?.[1]
    if (fault !== undefined) for (const [, code = ''] of part.matchAll(/^### (\w+)$/gm)) found.set(code, fault)
  }
  return found
}

describe('docs/errors.md', () => {
  const documented = headings()

  test('has a heading for every code, under the fault that it has in the source', () => {
    const missing = sources.flatMap(spelledOut).filter(([fault, code]) => documented.get(code) !== fault)
    assert.deepEqual(missing, [])
    const alsoMissing = sources.flatMap(chosen).filter((code) => !documented.has(code))
    assert.deepEqual(alsoMissing, [])
  })

  test('has no heading for a code that is gone', () => {
    const all = sources.join('\n')
    assert.deepEqual(
      [...documented.keys()].filter((code) => !all.includes(`'${code}'`)),
      [],
    )
  })

  test('says of everything but bugs what to do', () => {
    for (const [part = ''] of page.matchAll(/^### [^]*?(?=^##|(?![^]))/gm)) {
      const code = /^### (\w+)/.exec(part)?.[1] ?? ''
      if (documented.get(code) !== 'bug') assert.match(part, /\n\nTo do: .+\./, code)
    }
  })

  test('the search finds codes however they are spelled', () => {
    assert.deepEqual(spelledOut("throw new PosternError(\n  'world',\n  'NO_DOOR', `x`)"), [['world', 'NO_DOOR']])
    assert.deepEqual(chosen("const code = a ? 'THROTTLED' : 'STARTTLS_REFUSED'\nreturn new PosternError('peer', code, 'x')"), [
      'THROTTLED',
      'STARTTLS_REFUSED',
    ])
  })
})
