/** `name="value"` in a start tag. All numbers are offsets in the text of the file. */
export interface XmlAttribute {
  readonly name: string
  /** As it stands there, references unresolved. */
  readonly raw: string
  readonly start: number
  /** Behind the closing quote. */
  readonly end: number
  readonly valueStart: number
  readonly valueEnd: number
  readonly quote: '"' | "'"
}

/** An element with the places of all that an edit may touch. */
export interface XmlElement {
  readonly name: string
  readonly attributes: readonly XmlAttribute[]
  readonly children: readonly XmlElement[]
  /** Of the `<`. */
  readonly start: number
  /** Behind the `>` of the start tag. */
  readonly contentStart: number
  /** Of the `</`; where the element is `<empty/>`, the same as `contentStart`. */
  readonly contentEnd: number
  /** Behind the last `>`. */
  readonly end: number
  /** `<empty/>` */
  readonly selfClosing: boolean
}

/** A piece of text between the tags of an element. */
export interface XmlText {
  readonly start: number
  readonly end: number
  readonly cdata: boolean
}

const PIECE = /<!--[^]*?-->|<\?[^]*?\?>|<!\[CDATA\[[^]*?\]\]>|[^<]+/y

/** Text and CDATA of an element, without the comments, instructions and elements among them. */
export function textsOf(text: string, { children, contentStart, contentEnd }: XmlElement): readonly XmlText[] {
  const texts: XmlText[] = []
  let start = contentStart
  for (const child of [...children, { start: contentEnd, end: contentEnd }]) {
    while (start < child.start) {
      PIECE.lastIndex = start
      PIECE.test(text)
      const end = Math.min(Math.max(PIECE.lastIndex, start + 1), child.start)
      const cdata = text.startsWith('<![CDATA[', start)
      if (cdata || text[start] !== '<') texts.push({ start, end, cdata })
      start = end
    }
    start = child.end
  }
  return texts
}

/** An element and everything below it, in the order of the file. */
export function withDescendants(element: XmlElement): readonly XmlElement[] {
  const all: XmlElement[] = []
  // Not by recursion: a hostile file may nest deeper than any stack.
  const left = [element]
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    all.push(one)
    for (let index = one.children.length - 1; index >= 0; index--) {
      const child = one.children[index]
      if (child !== undefined) left.push(child)
    }
  }
  return all
}

export function attributeOf(element: XmlElement, name: string): XmlAttribute | undefined {
  return element.attributes.find((attribute) => attribute.name === name)
}
