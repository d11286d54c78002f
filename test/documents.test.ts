import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { allCommands } from '../src/cli/commands.ts'
import { createProgram } from '../src/cli/main.ts'
import { parsePolicy } from '../src/policy/index.ts'

const ROOT = new URL('../', import.meta.url)

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8')
}

const pages: readonly string[] = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...['docs/', 'docs/in-front-of/'].flatMap((folder) =>
    readdirSync(new URL(folder, ROOT))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}${name}`),
  ),
]

const program = createProgram(
  { out: () => undefined, err: () => undefined, interactive: false, colour: false, columns: 100, cwd: '/', env: {} },
  () => undefined,
  await allCommands(),
)

describe('every page', () => {
  for (const page of pages) {
    test(`${page} links only to what is there`, () => {
      for (const [, link = ''] of read(page).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)/g)) {
        assert.ok(existsSync(new URL(link, new URL(page, ROOT))), link)
      }
    })

    test(`${page} shows only commands and options that there are`, () => {
      for (const [line, name = '', below = ''] of read(page).matchAll(
        /(?<=npx |\$ |`)postern ([a-z]+(?:-[a-z]+)*)\b(?: ([a-z]+)\b)?[^`\n]*/g,
      )) {
        const above = program.commands.find((one) => one.name() === name)
        assert.ok(above, line)
        const command = above.commands.find((one) => one.name() === below) ?? above
        for (const [option] of line.matchAll(/(?<=\s)--[a-z][\w-]*/g)) {
          assert.ok(option === '--help' || command.options.some(({ long }) => long === option), line)
        }
      }
    })

    test(`${page} names only scripts that there are`, () => {
      const manifest = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> }
      for (const [line, name = ''] of read(page).matchAll(/npm run (?:-s )?([\w:-]*\w)/g)) assert.ok(name in manifest.scripts, line)
    })
  }
})

describe('README.md', () => {
  const readme = read('README.md')

  test('can be read in one go', () => {
    assert.ok(readme.split('\n').length <= 150)
  })

  test('has a policy that Postern understands', async () => {
    const [text = ''] = /^ {4}base: .*\n(?: {4}.*\n)*/m.exec(readme) ?? []
    const policy = await parsePolicy(text.replaceAll(/^ {4}/gm, ''), 'tls.yaml', new Date())
    assert.equal(policy.dh.minBits, 3072)
  })
})

describe('ARCHITECTURE.md', () => {
  const page = read('ARCHITECTURE.md')

  test('has a paragraph for every folder of src', () => {
    const folders = new Set(
      readdirSync(new URL('src/', ROOT), { recursive: true, encoding: 'utf8' }).flatMap((file) => /^(\w+)\/.*\.ts$/.exec(file)?.[1] ?? []),
    )
    for (const folder of folders) assert.match(page, new RegExp(`^- \\*\\*\`${folder}/\`\\*\\*`, 'm'), folder)
  })

  test('names only files that there are', () => {
    for (const [, path = ''] of page.matchAll(/`((?:src|test|docs|schemas|bin|bench)\/[\w./-]+)`/g))
      assert.ok(existsSync(new URL(path, ROOT)), path)
  })
})
