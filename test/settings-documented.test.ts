import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { PRODUCTS, type ProductName } from '../src/settings/index.ts'

const root = new URL('../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const overview = read('docs/settings.md')
const readme = read('README.md')
/** Mail Express is a Tomcat, and shares its page. */
const SHARED: Partial<Record<ProductName, ProductName>> = { 'mail-express': 'tomcat' }

for (const { adapter, ...known } of PRODUCTS) {
  const { product, title, service, mend, ...own } = await adapter()

  test(`${title} is known as its adapter says`, () => {
    const { places, recognises, mends } = own
    assert.deepEqual({ product, title, places, recognises, ...(mends === undefined ? {} : { mends }) }, known)
    assert.equal(mends === true, mend !== undefined)
  })

  test(`${title} has its page, which the overview leads to and which says what cannot be set`, () => {
    const page = `settings-${SHARED[product] ?? product}.md`
    assert.ok(existsSync(new URL(`docs/${page}`, root)), page)
    const text = read(`docs/${page}`)
    assert.match(text, new RegExp(`by name[^.]*\`${product}\``, 'i'), `${page} gives no name for --product`)
    assert.match(text, /not (?:known, and not )?set|cannot/i)
    assert.ok(overview.includes(`(${page})`), `docs/settings.md does not lead to ${page}`)
    const [program = ''] = service?.check?.('FILE') ?? []
    assert.ok(text.includes(program.replace(/^.*\//, '')), `${page} does not name its check, ${program}`)
    assert.ok(readme.includes(title.replace(' IMAP', '')), `README.md does not name ${title}`)
  })
}

test('docs/settings.md has every finding about settings, and no other', () => {
  const files = globSync('src/settings/**/*.ts', { cwd: root, exclude: ['**/*.test.ts', '**/testdata/**'] })
  const used = new Set(files.flatMap((file) => [...read(file).matchAll(/'(settings-[a-z\d-]+)'/g)].map(([, id = '']) => id)))
  const told = [...overview.matchAll(/^\| `(settings-[a-z\d-]+)`/gm)].map(([, id = '']) => id)
  assert.deepEqual(told, [...used].toSorted())
})
