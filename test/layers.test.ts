import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, test } from 'node:test'

const SOURCE = new URL('../src/', import.meta.url).pathname

/** The `layers` block of ARCHITECTURE.md: which folder may import which. */
export function readLayers(architecture: string): Map<string, Set<string>> {
  const block = /```layers\n([^`]*)```/.exec(architecture)?.[1] ?? ''
  const rows = block
    .trim()
    .split('\n')
    .map((row) => row.split(':'))
  return new Map(rows.map(([folder = '', allowed = '']) => [folder.trim(), new Set(allowed.split(' ').filter(Boolean))]))
}

/** The folder below src/, or the file's own name for a file directly in it. */
function unit(file: string): string {
  return file.split('/')[0]?.replace(/\.ts$/, '') ?? ''
}

/** Every import that breaks the layers, or goes around another folder's door. */
export function findViolations(files: Iterable<readonly [file: string, text: string]>, layers: Map<string, Set<string>>): string[] {
  const violations: string[] = []
  for (const [file, text] of files) {
    const from = unit(file)
    if (!layers.has(from)) violations.push(`${file}: folder ${from} is not in ARCHITECTURE.md`)
    for (const [, specifier = ''] of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
      const target = join(file, '..', specifier)
      const to = unit(target)
      if (to === from) continue
      if (!layers.get(from)?.has(to)) violations.push(`${file}: ${from} may not import ${to}`)
      if (target.includes('/') && !target.endsWith('/index.ts')) violations.push(`${file}: import ${to}/index.ts, not ${target}`)
    }
  }
  return violations
}

function* readTree(): Iterable<[string, string]> {
  for (const entry of readdirSync(SOURCE, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) continue
    const path = join(entry.parentPath, entry.name)
    yield [relative(SOURCE, path), readFileSync(path, 'utf8')]
  }
}

const PURE = ['registry', 'wire', 'policy', 'dialects']
const layers = readLayers(readFileSync(new URL('../ARCHITECTURE.md', import.meta.url), 'utf8'))

describe('layers', () => {
  test('every import keeps to the block in ARCHITECTURE.md', () => {
    assert.deepEqual(findViolations(readTree(), layers), [])
  })

  test('a forbidden import and a way around a door are found', () => {
    const files = [['audit/a.ts', "import { x } from '../gate/index.ts'\nimport { y } from '../policy/posture.ts'"]] as const
    assert.deepEqual(findViolations(files, layers), [
      'audit/a.ts: audit may not import gate',
      'audit/a.ts: import policy/index.ts, not policy/posture.ts',
    ])
  })

  test('the pure folders import no socket, file, clock or environment', () => {
    const impure: string[] = []
    for (const [file, text] of readTree()) {
      if (!PURE.includes(unit(file)) || file.endsWith('.test.ts')) continue
      for (const [, module = ''] of text.matchAll(/from '(node:[^']+)'/g))
        if (module !== 'node:crypto') impure.push(`${file} imports ${module}`)
      if (/\b(?:Date\.now|new Date\(\)|Math\.random|process\.)/.test(text)) impure.push(`${file} reads clock, randomness or environment`)
    }
    assert.deepEqual(impure, [])
  })
})
