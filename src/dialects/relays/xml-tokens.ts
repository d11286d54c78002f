/** A piece of a stream of XML, as it came. */
export type XmlToken =
  /** A tag, RFC 6120 §4.2: `open` without its end, `empty` with it in itself. Names are those behind the prefix. */
  | {
      readonly kind: 'open' | 'close' | 'empty'
      readonly name: string
      readonly prefix: string
      readonly attributes: ReadonlyMap<string, string>
      readonly raw: string
    }
  | { readonly kind: 'text'; readonly raw: string }
  /** `<?xml …?>`, which may stand at the beginning of a stream: RFC 6120 §11.5. */
  | { readonly kind: 'declaration'; readonly raw: string }

/** Why a stream cannot be read on, as stream errors are named: RFC 6120 §4.9.3. */
export type XmlFlaw = 'not-well-formed' | 'restricted-xml' | 'policy-violation'

/** A name with its prefix, in ASCII: the protocol has no others where anybody looks. */
const NAME = /^(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)/

/** RFC 6120 §4.6: what no quotation mark ends is no value; a `<` in one is not well-formed. */
const ATTRIBUTE = /\s+([A-Za-z_][\w.:-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y

/**
 * Cuts a stream of XML into tags and text, however TCP has cut it before, a character for each octet. RFC 6120 §11.1 leaves so little of XML that this is all:
 * comments, instructions, entities of one's own and their definitions end the stream, so that nothing grows that is read here. No tag is longer than `longest`.
 */
export class XmlTokens {
  readonly #longest: number
  #text = ''
  #scanned = 0
  #quote = ''
  #begun = false

  constructor(longest: number) {
    this.#longest = longest
  }

  /** What has come and was not taken. */
  get left(): number {
    return this.#text.length
  }

  push(text: string): void {
    this.#text += text
  }

  /** All that has come, as it came. */
  take(): string {
    return this.#cut(this.#text.length)
  }

  /** Undefined as long as more has to come. */
  next(): XmlToken | XmlFlaw | undefined {
    if (this.#text === '') return undefined
    if (!this.#text.startsWith('<')) return this.#textToken()
    // A definition may have tags within it: it is known by its second octet.
    if (this.#text.startsWith('<!')) return 'restricted-xml'
    const end = this.#endOfTag()
    if ((end ?? this.#text.length + 1) > this.#longest) return 'policy-violation'
    if (end === undefined) return undefined
    const isFirst = !this.#begun
    this.#begun = true
    const raw = this.#cut(end)
    if (raw.startsWith('<?')) return isFirst && /^<\?xml\s[^<]*\?>$/.test(raw) ? { kind: 'declaration', raw } : 'restricted-xml'
    return tagIn(raw)
  }

  #textToken(): XmlToken | XmlFlaw {
    const at = this.#text.indexOf('<')
    const raw = this.#cut(at < 0 ? this.#text.length : at)
    if (/\S/.test(raw)) this.#begun = true
    return { kind: 'text', raw }
  }

  /** Behind the `>` that no quotation mark hides. */
  #endOfTag(): number | undefined {
    for (; this.#scanned < this.#text.length; this.#scanned += 1) {
      const character = this.#text.charAt(this.#scanned)
      if (this.#quote !== '') this.#quote = character === this.#quote ? '' : this.#quote
      else if (character === '"' || character === "'") this.#quote = character
      else if (character === '>') return this.#scanned + 1
    }
    return undefined
  }

  #cut(length: number): string {
    const raw = this.#text.slice(0, length)
    this.#text = this.#text.slice(length)
    this.#scanned = 0
    this.#quote = ''
    return raw
  }
}

export function isXmlFlaw(token: XmlToken | XmlFlaw): token is XmlFlaw {
  return typeof token === 'string'
}

function tagIn(raw: string): XmlToken | XmlFlaw {
  const isClose = raw.startsWith('</')
  const isEmpty = raw.endsWith('/>')
  const inside = raw.slice(isClose ? 2 : 1, isEmpty ? -2 : -1)
  const [whole, prefix = '', name] = NAME.exec(inside) ?? []
  if (name === undefined || whole === undefined || (isClose && isEmpty)) return 'not-well-formed'
  const attributes = attributesIn(inside.slice(whole.length))
  if (attributes === undefined || (isClose && attributes.size > 0)) return 'not-well-formed'
  return { kind: isClose ? 'close' : isEmpty ? 'empty' : 'open', name, prefix, attributes, raw }
}

/** Undefined where they cannot be read, or one stands twice: XML 1.0 §3.1. */
function attributesIn(text: string): ReadonlyMap<string, string> | undefined {
  const attributes = new Map<string, string>()
  let at = 0
  for (;;) {
    ATTRIBUTE.lastIndex = at
    const [whole, name = '', double = '', single = ''] = ATTRIBUTE.exec(text) ?? []
    if (whole === undefined) break
    if (attributes.has(name)) return undefined
    attributes.set(name, double + single)
    at += whole.length
  }
  return /^\s*$/.test(text.slice(at)) ? attributes : undefined
}
