import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { findingKind, type Verdict } from '../../policy/index.ts'
import { printHtml } from './html.ts'
import { markup, preformatted, prose } from './markup.ts'
import { DARK, LIGHT, type Palette } from './palette.ts'
import { finding, report, result } from './testdata/parts.ts'
import { SAMPLES } from './testdata/samples.ts'
import { all, parseXml, type Element } from './testdata/xml.ts'
import { SYMBOL } from './words.ts'

/** The page without its style, whose text is not XML. */
function page(sample: keyof typeof SAMPLES): Element {
  return parseXml(printHtml(SAMPLES[sample]).replace(/<style>[^<]*<\/style>/, ''))
}

function everything(root: Element): readonly Element[] {
  return [root, ...root.children.flatMap(everything)]
}

const classes = (element: Element): readonly string[] => (element.attributes['class'] ?? '').split(' ')

for (const sample of Object.keys(SAMPLES) as (keyof typeof SAMPLES)[]) {
  describe(`printHtml() of ${sample}`, () => {
    const root = page(sample)
    const elements = everything(root)

    test('is well-formed and made of known elements only, whatever the network said', () => {
      const known =
        'html head meta title style body a div header svg path h1 p time main section h2 table caption thead tbody tr th td span rect strong ul ol li h3 h4 article code dl dt dd details summary pre br footer'.split(
          ' ',
        )
      assert.deepEqual(
        [...new Set(elements.map(({ name }) => name))].filter((name) => !known.includes(name)),
        [],
      )
      for (const { attributes } of elements)
        assert.deepEqual(
          Object.keys(attributes).filter((name) => name.startsWith('on')),
          [],
        )
    })

    test('has no control or format characters', () => {
      assert.match(printHtml(SAMPLES[sample]), /^(?:\n|[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}])*$/u)
    })

    test('needs nothing from elsewhere', () => {
      for (const { name, attributes } of elements) {
        assert.equal(attributes['src'] ?? attributes['srcset'] ?? attributes['style'], undefined, name)
        if (attributes['href'] !== undefined) assert.match(attributes['href'], /^#/)
      }
      const [style = ''] = /<style>[^<]*/.exec(printHtml(SAMPLES[sample])) ?? []
      assert.doesNotMatch(style, /url\(|@import|@font-face|http/)
    })

    test('can be used with a screen reader: language, title, headings in order, tables with captions and scopes', () => {
      assert.equal(root.attributes['lang'], 'en')
      assert.match(all(root, 'title')[0]?.text ?? '', /^TLS audit of /)
      const levels = elements.flatMap(({ name }) => (/^h[1-4]$/.test(name) ? [Number(name[1])] : []))
      assert.equal(levels.filter((level) => level === 1).length, 1)
      levels.forEach((level, at) => assert.ok(at === 0 ? level === 1 : level <= levels[at - 1]! + 1, `h${level} after h${levels[at - 1]}`))
      for (const table of all(root, 'table')) assert.equal(all(table, 'caption').length, 1)
      for (const head of all(root, 'th')) assert.match(head.attributes['scope'] ?? '', /^(?:row|col)$/)
      for (const picture of all(root, 'svg'))
        assert.ok(picture.attributes['aria-hidden'] === 'true' || (picture.attributes['aria-label'] ?? '') !== '')
    })

    test('every link leads somewhere, and no id stands twice', () => {
      const ids = elements.flatMap(({ attributes }) => attributes['id'] ?? [])
      assert.equal(new Set(ids).size, ids.length)
      for (const { attributes } of elements) {
        const label = attributes['href']?.slice(1) ?? attributes['aria-labelledby']
        if (label !== undefined) assert.ok(ids.includes(label), label)
      }
    })

    test('every verdict is a word with its sign, not a colour alone', () => {
      for (const chip of elements.filter((one) => classes(one).includes('chip'))) {
        const verdict = (Object.keys(SYMBOL) as Verdict[]).find((one) => classes(chip).includes(one))!
        assert.match(chip.text, new RegExp(`\\${SYMBOL[verdict]}.*${verdict}`))
      }
    })

    test('has every door', () => {
      const doors = elements.filter((one) => classes(one).includes('door'))
      assert.deepEqual(
        doors.map((door) => all(door, 'h2')[0]?.text),
        SAMPLES[sample].targets.map(({ target }) => target),
      )
    })
  })
}

describe('printHtml()', () => {
  test('hostile text is shown as text', () => {
    const root = page('hostile')
    assert.deepEqual(all(root, 'script'), [])
    assert.match(root.text, /<\/script><script>alert\(1\)<\/script>"'&\\x1b\]0;owned\\x07/)
    assert.match(root.text, /\\u202egnp\.exe/)
  })

  test('a browser is told to load and run nothing', () => {
    const policy = all(page('hostile'), 'meta').find(({ attributes }) => attributes['http-equiv'] === 'Content-Security-Policy')
    assert.equal(policy?.attributes['content'], "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'")
  })

  test('what is unknown is nowhere good', () => {
    const root = page('silent')
    const [door] = everything(root).filter((one) => classes(one).includes('door'))
    const good = everything(door!).filter((one) => classes(one).includes('good'))
    assert.deepEqual(good, [])
    const tiles = everything(root).filter((one) => classes(one).includes('tile'))
    assert.deepEqual(
      tiles.map(({ text }) => text),
      ['TLSv1.3', 'TLSv1.2', 'TLSv1.1', 'TLSv1', 'SSLv3', 'SSLv2'].map((name) => `? ${name}unknown`),
    )
    assert.match(root.text, /Not audited to the end: this is not a pass/)
  })

  const overviews: readonly (readonly [sample: keyof typeof SAMPLES, words: RegExp])[] = [
    ['several', /5 doors: 2 with something bad; 2 not audited to the end, which is not a pass; 1 with nothing to do\./],
    ['nothing', /No door was audited\. That is not a pass\./],
  ]
  for (const [sample, words] of overviews)
    test(`the summary of ${sample} counts every door once`, () => assert.match(page(sample).text, words))

  test('the table of suites gives the place in the server’s order, and no place where the client chooses', () => {
    const row = (sample: keyof typeof SAMPLES, suite: string): readonly string[] => {
      const rows = all(page(sample), 'tr').filter((one) => one.children[0]?.text === suite)
      return rows[0]?.children.slice(1).map(({ text }) => text) ?? []
    }
    assert.deepEqual(row('wellKept', 'TLS_CHACHA20_POLY1305_SHA256'), ['', '2', '·not accepted'])
    assert.deepEqual(row('oldKerio', 'TLS_RSA_WITH_RC4_128_SHA'), ['✗ bad', '●accepted', '●accepted', '●accepted', '●accepted'])
  })

  test('steps come worst first, each once, and lead the door', () => {
    const [steps] = all(page('oldKerio'), 'ol')
    assert.equal(steps?.children.length, 8)
    assert.match(steps?.children[0]?.text ?? '', /^Update the mail server.*✗ bad$/)
    assert.match(steps?.children.at(-1)?.text ?? '', /^Let the server choose\. ! weak$/)
  })

  test('many steps are cut at ten, and the rest is counted', () => {
    const findings = [...Array(12).keys()].map((at) => finding(`f-${at}`, 'bad', 'F.', { remedy: `Do ${at}.` }))
    const root = parseXml(printHtml(report({ ...result, findings })).replace(/<style>[^<]*<\/style>/, ''))
    assert.equal(all(root, 'ol')[0]?.children.length, 10)
    assert.match(root.text, /2 more steps stand with the findings below/)
  })

  test('rulebooks that contradict each other are marked, with both in the row', () => {
    const row = all(page('oldKerio'), 'tr').find(({ text }) => text.includes('they contradict each other'))
    assert.match(row?.text ?? '', /forward-secrecy.*SHOULD NOT.*insufficient.*allowed in the transition appendix/s)
  })

  test('the rulebooks are named with edition and date', () => {
    assert.match(all(page('oldKerio'), 'footer')[0]?.text ?? '', /NCSC-NL guidelines for TLS, edition 2025-05\s*2025-05-01/)
  })

  test('says why a finding matters', () => {
    assert.ok(page('oldKerio').text.includes(findingKind('starttls-injection')!.why))
  })

  test('proofs can be opened', () => {
    const details = all(page('oldKerio'), 'details').map(({ text }) => text)
    assert.ok(details.some((text) => text.includes('SSL 2.0 CLIENT-HELLOsilence')))
    assert.ok(details.some((text) => text.includes('160300004a020000460300656c1f0a')))
    assert.ok(details.some((text) => text.includes('-----BEGIN CERTIFICATE-----\nMIIB')))
  })

  test('how much of a certificate’s life is gone is drawn, and never more than all', () => {
    const bars = everything(page('severalChains')).filter((one) => classes(one).includes('gone'))
    assert.deepEqual(
      bars.map(({ attributes }) => attributes['width']),
      ['36.0', '78.0', '0.0'],
    )
    const [expired] = everything(page('oldKerio')).filter((one) => classes(one).includes('gone'))
    assert.equal(expired?.attributes['width'], '100.0')
  })

  test('the reader is told who would be cut off', () => {
    const root = parseXml(
      printHtml(report({ ...result, findings: [finding('f', 'weak', 'F.', { neededBy: ['Java 6', 'Java 7'] })] })).replace(
        /<style>[^<]*<\/style>/,
        '',
      ),
    )
    assert.match(root.text, /Needed byJava 6; Java 7/)
  })
})

describe('markup', () => {
  const rows: readonly (readonly [why: string, html: string, want: string])[] = [
    ['values are text', markup`<p>${'<b>&"\''}</p>`.toString(), '<p>&lt;b&gt;&amp;&quot;&apos;</p>'],
    ['markup stays markup', markup`<p>${markup`<b/>`}</p>`.toString(), '<p><b/></p>'],
    ['lists are joined', markup`${['a', markup`<br/>`, ['b', 1]]}`.toString(), 'a<br/>b1'],
    [
      'what stands in backticks is code',
      markup`${prose('Add `!RC4 <b>`, and a ` alone.')}`.toString(),
      'Add <code>!RC4 &lt;b&gt;</code>, and a ` alone.',
    ],
    ['undefined is nothing', markup`a${undefined}b`.toString(), 'ab'],
    ['control characters are shown', markup`${'\u001b\n'}`.toString(), '\\x1b\\n'],
    ['preformatted text keeps its lines and nothing else', preformatted('<a>\r\nb\tc').toString(), '&lt;a&gt;\nb\\tc'],
  ]
  for (const [why, html, want] of rows) test(why, () => assert.equal(html, want))
})

/** Contrast of two colours, WCAG 2.2. */
function contrast(one: string, other: string): number {
  const luminance = (colour: string): number => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

describe('palette', () => {
  const palettes: readonly (readonly [string, Palette])[] = [
    ['light', LIGHT],
    ['dark', DARK],
  ]
  for (const [name, palette] of palettes) {
    test(`${name}: text has a contrast of 4.5 on all that it stands on`, () => {
      const texts = [palette.ink, palette.muted, palette.link, ...Object.values(palette.verdicts).map(([text]) => text)]
      for (const text of texts)
        for (const ground of [palette.page, palette.card]) assert.ok(contrast(text, ground) >= 4.5, `${text} on ${ground}`)
      for (const [text, tint] of Object.values(palette.verdicts)) {
        for (const on of [text, palette.ink]) assert.ok(contrast(on, tint) >= 4.5, `${on} on ${tint}`)
      }
    })
  }
  test('contrast() knows the two ends', () => assert.deepEqual([contrast('#000000', '#ffffff'), contrast('#777777', '#777777')], [21, 1]))
})
