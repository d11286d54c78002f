import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseXml as parseByOther } from '@rgrove/parse-xml'
import fc from 'fast-check'
import { PosternError } from '../../errors.ts'
import { fileOf, withEdits, type SettingsFile } from '../settings-file.ts'
import { addAttribute, addElement, setAttribute, setText, textOf, valueOf } from './edits.ts'
import { attributeOf, withDescendants, type XmlElement } from './element.ts'
import { elementsNamed, parseXml } from './parse-xml.ts'

function xml(text: string): SettingsFile {
  return fileOf('server.xml', Buffer.from(text))
}

function refusal(file: SettingsFile): PosternError | undefined {
  try {
    parseXml(file)
    return undefined
  } catch (error) {
    assert.ok(error instanceof PosternError, String(error))
    return error
  }
}

/** All that is told of elements and of those below them. */
function essence(found: readonly XmlElement[]): unknown {
  return found.map((one) =>
    withDescendants(one).map(({ name, attributes, start, contentStart, contentEnd, end }) => [
      name,
      attributes,
      start,
      contentStart,
      contentEnd,
      end,
    ]),
  )
}

function acceptedByOther(text: string): boolean {
  try {
    parseByOther(text)
    return true
  } catch {
    return false
  }
}

describe('parseXml()', () => {
  const bad: readonly (readonly [why: string, text: string, line: number, column: number, what: RegExp, remedy: RegExp])[] = [
    ['curly quotes of a web page', '<S>\n <C SSLProtocol=”TLSv1”/>\n</S>', 2, 17, /SSLProtocol stands in curly quotes/, /settings mend/],
    ['a curly quote at the end', '<S a="b”/>', 1, 6, /the value of a has no closing quote/, /closing quote/],
    [
      'the example of a manual',
      '<c>\r\n\t<variablename="A">1</variable></c>',
      2,
      2,
      /blank is missing in <variablename=/,
      /<variable name=/,
    ],
    ['an ampersand in text', '<a>\n<b>x & y</b></a>', 2, 6, /& stands there without/, /&amp;/],
    ['an ampersand in a value', '<a b="x&y"/>', 1, 8, /& stands there without/, /&amp;/],
    ['an entity of its own', '<a b="&include;"/>', 1, 7, /&include; is a name of this file's own/, /Put|Write/],
    ['a missing end tag', '<a>\n<b>\n</a>', 3, 1, /<\/a> ends <b> of line 2/, /<\/b>/],
    ['no end at all', '<a>\n <b></b>\n', 1, 1, /<a> has no end tag/, /<\/a>/],
    ['an end without start', '<a></a></b>', 1, 8, /<\/b> has no start tag/, /Remove/],
    ['two roots', '<a/><b/>', 1, 5, /<b> stands behind the end of <a>/, /outermost/],
    ['text behind', '<a/>\nx', 2, 1, /text stands behind/, /Remove/],
    ['another format', 'smtpd_tls_protocols = x', 1, 1, /not XML, which begins with </, /Name/],
    ['nothing', '<!-- x -->', 1, 11, /there is no element/, /Name/],
    ['no quotes', '<a b=1/>', 1, 6, /the value of b stands without quotes/, /straight/],
    ['no value', '<a b/>', 1, 5, /b has no value/, /b="…"/],
    ['no blank', '<a b="1"c="2"/>', 1, 9, /blank is missing before c/, /blank/],
    ['the same twice', '<a b="1" b="2"/>', 1, 10, /b is given twice/, /Remove/],
    ['a tag without end', '<a><b c="1"</a>', 1, 4, /<b has no end/, />/],
    ['a second declaration', '\n<?xml version="1.0"?><a/>', 2, 1, /very start/, /before/],
    ['curly quotes in the declaration', '<?xml version=“1.0”?><a/>', 1, 1, /declaration is broken/, /straight/],
    ['-- in a comment', '<a><!-- b -- c --></a>', 1, 11, /-- stands in a comment/, /-->/],
    ['an open comment', '<a><!-- b </a>', 1, 4, /comment has no end/, /-->/],
    ['open CDATA', '<a><![CDATA[ b </a>', 1, 4, /CDATA section has no end/, /\]\]>/],
    [']]> in text', '<a>]]></a>', 1, 4, /outside of CDATA/, /&gt;/],
    ['a control character', '<a>\x01</a>', 1, 4, /byte 0x01/, /backup/],
    ['a character reference to nothing', '<a>&#0;</a>', 1, 4, /&#0; is no character/, /&amp;/],
    ['an encoding that nobody reads', '<?xml version="1.0" encoding="EBCDIC"?><a/>', 1, 31, /EBCDIC/, /UTF-8/],
    ['an encoding that it does not have', '<?xml version="1.0" encoding="UTF-16"?><a/>', 1, 31, /UTF-16/, /UTF-8/],
  ]
  test('refuses the same with the same words, whichever elements are wanted', () => {
    for (const [, text] of bad) {
      const refused = refusal(xml(text))
      for (const wanted of ['variable', 'nothing']) {
        assert.throws(() => elementsNamed(xml(text), wanted), { message: refused?.message ?? '' }, text)
      }
    }
  })

  for (const [why, text, line, column, what, remedy] of bad) {
    test(`refuses ${why}`, () => {
      const error = refusal(xml(text))
      assert.equal(error?.code, 'SETTINGS_MALFORMED')
      assert.match(error.message, new RegExp(`^Cannot read settings server\\.xml: line ${line}, column ${column}: `))
      assert.match(error.message, what)
      assert.match(error.message, /\n\d+ \| .*\n +\s*\^$/)
      assert.match(error.remedy ?? '', remedy)
    })
  }

  const bytes: readonly (readonly [why: string, bytes: Uint8Array, what: RegExp])[] = [
    ['UTF-16 with a mark, as Notepad calls Unicode', Buffer.from('\uFEFF<a/>', 'utf16le'), /UTF-16/],
    ['UTF-16 without one', Buffer.from('<a/>', 'utf16le'), /UTF-16/],
    ['a byte of Windows-1252 in UTF-8', Buffer.from('<a>caf\xe9</a>', 'latin1'), /column 7: byte 0xe9 is not UTF-8/],
    ['half a surrogate', Buffer.from('<a>\xed\xa0\x80</a>', 'latin1'), /column 4: byte 0xed/],
    ['curly quotes of Windows-1252', Buffer.from('<?xml version="1.0" encoding="windows-1252"?><a b=\x93c\x94/>', 'latin1'), /curly/],
  ]
  for (const [why, content, what] of bytes) {
    test(`refuses ${why}`, () => {
      assert.match(refusal(fileOf('mailserver.cfg', content))?.message ?? '', what)
    })
  }

  test('shows no password of a line that is wrong', () => {
    const message = refusal(xml('<a><variable name="Password">D3S:0123abcdef</variable><b keystorePass="hunter2" x=1></a>'))?.message ?? ''
    assert.match(message, /x stands without quotes/)
    assert.doesNotMatch(message, /0123|hunter2/)
  })

  test('takes what XML allows', () => {
    const text =
      '<?xml version="1.0" encoding="ISO-8859-1"?>\r\n<!DOCTYPE a [<!ENTITY b "]>">]>\r\n<!-- x --><?pi y?><a b = \'"\'\n\tc="&#x41;&apos;"\t>t<b/>é<![CDATA[<&]]></a >\n<!-- z -->\n'
    const root = parseXml(fileOf('x', Buffer.from(text, 'latin1')))
    assert.deepEqual([valueOf(root, 'b'), valueOf(root, 'c')], ['"', "A'"])
    assert.equal(textOf(fileOf('x', Buffer.from(text, 'latin1')), root), 't\xe9<&')
  })

  test('no file takes long or breaks the stack: deep nesting, and a DOCTYPE that almost ends', () => {
    const deep = `${'<a>'.repeat(200_000)}${'</a>'.repeat(200_000)}`
    assert.equal(withDescendants(parseXml(xml(deep))).length, 200_000)
    assert.match(refusal(xml(`<!DOCTYPE a [${'<!-- -->'.repeat(5000)}<a/>`))?.message ?? '', /DOCTYPE is broken/)
  })

  test('reads behind a byte order mark', () => {
    assert.equal(parseXml(xml('\uFEFF<a/>')).start, 3)
  })
})

const name = fc.constantFrom('Connector', 'variable', 'x:y', 'a.b-c', '_', 'é')
const blank = fc.constantFrom(' ', '\t', '\n', '\r\n   ', '  ')
const value = fc.array(fc.constantFrom('a', 'TLSv1', ',', ' ', '&amp;', '&#65;', '>', 'é', '\t')).map((parts) => parts.join(''))
const attribute = fc
  .tuple(blank, fc.constantFrom('p', 'q', 'r', 'ssl:s'), fc.constantFrom('', ' '), value, fc.constantFrom('"', "'"))
  .map(([gap, key, around, text, quote]) => ({ key, text: `${gap}${key}${around}=${around}${quote}${text}${quote}` }))
const attributes = fc
  .uniqueArray(attribute, { maxLength: 3, selector: ({ key }) => key })
  .map((all) => all.map(({ text }) => text).join(''))
const { element } = fc.letrec<{ element: string; content: string }>((tie) => ({
  element: fc.oneof(
    { maxDepth: 4 },
    fc.tuple(name, attributes).map(([tag, all]) => `<${tag}${all}/>`),
    fc.tuple(name, attributes, tie('content')).map(([tag, all, inside]) => `<${tag}${all}>${inside}</${tag}>`),
  ),
  content: fc
    .array(fc.oneof(tie('element'), value, fc.constantFrom('<!-- & < -->', '<![CDATA[ <& ]]>', '<?p i?>', '\r\n')), { maxLength: 4 })
    .map((parts) => parts.join('')),
}))
const document = fc
  .tuple(fc.constantFrom('', '\uFEFF', '<?xml version="1.0"?>\r\n'), element, fc.constantFrom('', '\n', '\r\n<!-- end -->'))
  .map((parts) => parts.join(''))

describe('parseXml(), laws', () => {
  test('takes every document that is well-formed, with the structure that another parser sees', () => {
    fc.assert(
      fc.property(document, (text) => {
        const file = xml(text)
        const seen = withDescendants(parseXml(file)).map((one) => Buffer.from(one.name, 'latin1').toString())
        const other: string[] = []
        const visit = (node: { children?: readonly unknown[]; name?: string }): void => {
          if (node.name !== undefined && 'attributes' in node) other.push(node.name)
          for (const child of node.children ?? []) visit(child as typeof node)
        }
        visit(parseByOther(text.replace('\uFEFF', '')))
        assert.deepEqual(seen, other)
      }),
    )
  })

  test('finds the elements with a name as they are found among all', () => {
    fc.assert(
      fc.property(document, name, (text, wanted) => {
        const expected = withDescendants(parseXml(xml(text))).filter((one) => one.name === Buffer.from(wanted).toString('latin1'))
        assert.deepEqual(essence(elementsNamed(xml(text), Buffer.from(wanted).toString('latin1'))), essence(expected))
      }),
      { numRuns: 500 },
    )
  })

  test('goes past plain elements only where they are well-formed', () => {
    const tags =
      '<a> </a> <ab> </ab> <a/> <w> </w> <w|b="1">x</w> <!----> <a|b="c"> <a|b="c"|> <a|b="&lt;"> <a|b="&x;"> <a|b="<"> <a|b="]]>">'
    const texts = 'text &amp; &nothing; ] ]]> > < </ / " é | \n'
    const part = fc.constantFrom(...`${tags} ${texts}`.split(' ').map((one) => one.replaceAll('|', ' ')))
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), fc.constantFrom('w', 'wide', 'a', 'ab'), (parts, wanted) => {
        const file = (): SettingsFile => xml(`<r>${parts.join('')}</r>`)
        const message = refusal(file())?.message
        if (message !== undefined) return assert.throws(() => elementsNamed(file(), wanted), { message })
        const expected = withDescendants(parseXml(file())).filter((one) => one.name === wanted)
        assert.deepEqual(essence(elementsNamed(file(), wanted)), essence(expected))
      }),
      { numRuns: 3000 },
    )
  })

  test('reads plain tags as it reads all others', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('variable', 'T'),
        fc.constantFrom('name', 'N'),
        value.filter((one) => !one.includes('&')),
        (tag, attribute, inside) => {
          const [plain, other] = [`<${tag} ${attribute}="${inside}"></${tag}>`, `<${tag}  ${attribute}="${inside}"></${tag} >`].map(
            (text) => parseXml(xml(text)),
          )
          assert.deepEqual(
            plain?.attributes.map(({ name, raw }) => [name, raw]),
            other?.attributes.map(({ name, raw }) => [name, raw]),
          )
          const [first] = plain?.attributes ?? []
          const { text } = xml(`<${tag} ${attribute}="${inside}"></${tag}>`)
          assert.equal(text.slice(first?.start, first?.end), `${attribute}="${xml(inside).text}"`)
          assert.equal(text.slice(first?.valueStart, first?.valueEnd), first?.raw)
        },
      ),
    )
  })

  test('refuses exactly what another parser refuses when a document is damaged', () => {
    const damage = fc.tuple(fc.nat(), fc.nat({ max: 3 }), fc.constantFrom('', '<', '>', '"', '&', '/', '=', ' ', '-', ']]>', '”', '!', '?'))
    fc.assert(
      fc.property(document, damage, (text, [where, cut, put]) => {
        const at = where % (text.length + 1)
        const damaged = text.slice(0, at) + put + text.slice(at + cut)
        // The other one takes a declaration of a version that is not, and reads no entities of a DOCTYPE.
        fc.pre(!/<\?xml/.test(damaged.slice(0, 8)) || damaged.startsWith('<?xml version="1.0"?>'))
        // It reads as much of a number as there is: `&#65-;` as `&#65;`.
        fc.pre(!/&#(?:\d+[^\d;]|x[\da-f]+[^\da-f;])/i.test(damaged))
        assert.equal(refusal(xml(damaged)) === undefined, acceptedByOther(damaged), damaged)
      }),
      { numRuns: 1000 },
    )
  })

  test('any bytes give an element or an error with a place', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (content) => {
        const error = refusal(fileOf('x', content))
        if (error !== undefined) assert.match(error.message, /: line \d+, column \d+: /)
      }),
    )
  })
})

/** All edits of one element at a time, and what has to come out. */
describe('edits', () => {
  function pick(text: string, index: number): { file: SettingsFile; one: XmlElement } {
    const file = xml(text)
    const all = withDescendants(parseXml(file))
    return { file, one: all[index % all.length]! }
  }

  test('a text that was set is read back, and all else stays', () => {
    fc.assert(
      fc.property(document, fc.nat(), fc.constantFrom('', 'TLSv1.2', 'a<b&c>"d'), (text, index, wanted) => {
        const { file, one } = pick(text, index)
        const changed = withEdits(file, setText(file, one, one.name, wanted))
        const again = withDescendants(parseXml(changed)).find((other) => other.start === one.start)!
        assert.equal(textOf(changed, again), wanted)
        assert.deepEqual(
          again.children.map((child) => changed.text.slice(child.start, child.end)),
          one.children.map((child) => file.text.slice(child.start, child.end)),
        )
        assert.ok(changed.text.startsWith(file.text.slice(0, one.selfClosing ? one.contentStart - 2 : one.contentStart)))
        assert.ok(changed.text.endsWith(file.text.slice(one.end)))
      }),
    )
  })

  test('an attribute that was set or added is read back, and all else stays', () => {
    fc.assert(
      fc.property(document, fc.nat(), fc.constantFrom('TLSv1.2', `a<b&c>"d'`), (text, index, wanted) => {
        const { file, one } = pick(text, index)
        const old = attributeOf(one, 'p')
        const edit = old === undefined ? addAttribute(file, one, 'p', wanted) : setAttribute(file, old, wanted)
        const changed = withEdits(file, [edit])
        const again = withDescendants(parseXml(changed)).find((other) => other.start === one.start)!
        assert.equal(valueOf(again, 'p'), wanted)
        assert.equal(again.attributes.length, one.attributes.length + (old === undefined ? 1 : 0))
        assert.ok(changed.text.endsWith(file.text.slice(edit.end)))
      }),
    )
  })

  const added: readonly (readonly [why: string, before: string, after: string])[] = [
    ['behind the last, indented as it is', '<t>\r\n\t<v/>\r\n</t>', '<t>\r\n\t<v/>\r\n\t<n/>\r\n</t>'],
    ['in one line where all is in one line', '<t><v/></t>', '<t><v/><n/></t>'],
    ['into an element with nothing in it', '<x>\n  <t>\n  </t>\n</x>', '<x>\n  <t>\n    <n/>\n  </t>\n</x>'],
    ['into one with no end tag', '<x>\n\t<t/>\n</x>', '<x>\n\t<t>\n\t\t<n/>\n\t</t>\n</x>'],
    ['into one with a comment', '<x>\n  <t><!-- c --></t>\n</x>', '<x>\n  <t>\n    <n/><!-- c --></t>\n</x>'],
  ]
  for (const [why, before, after] of added) {
    test(`an element is added ${why}`, () => {
      const file = xml(before)
      const parent = withDescendants(parseXml(file)).find((one) => one.name === 't')!
      assert.equal(withEdits(file, [addElement(file, parent, '<n/>')]).text, after)
    })
  }
})
