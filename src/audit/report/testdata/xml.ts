/** A strict little reader of XML without DTDs, for tests that ask whether something is well-formed and what is in it. */
export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly Element[]
  /** Of this element and all in it. */
  readonly text: string
}

const TOKEN = /<(\/?)([A-Za-z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|<!--(?:(?!--)[^])*-->|([^<]+)/y

interface Open {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: Element[]
  text: string
}

/** The root element. Throws where the text is not well-formed. */
export function parseXml(xml: string): Element {
  const body = xml.replace(/^<\?xml [^?]*\?>\n?|^<!doctype html>\n?/i, '')
  const stack: Open[] = [{ name: '', attributes: {}, children: [], text: '' }]
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < body.length) {
    const at = TOKEN.lastIndex
    const token = TOKEN.exec(body)
    if (token === null) throw new Error(`Not well-formed at ${at}: ${body.slice(at, at + 80)}`)
    const [, slash, name, attributes = '', empty, text] = token
    if (text !== undefined) for (const open of stack) open.text += unescape(text)
    if (name === undefined) continue
    if (slash !== '/') stack.push({ name, attributes: readAttributes(attributes), children: [], text: '' })
    if (slash === '/' || empty === '/') close(stack, name)
  }
  const [root] = stack
  const [only] = root?.children ?? []
  if (stack.length !== 1 || only === undefined || root?.children.length !== 1)
    throw new Error(`Not closed: ${stack.map(({ name }) => name).join(' ')}`)
  return only
}

function close(stack: Open[], name: string): void {
  const open = stack.pop()
  if (open?.name !== name) throw new Error(`</${name}> closes <${open?.name}>`)
  stack.at(-1)?.children.push(open)
}

function readAttributes(text: string): Readonly<Record<string, string>> {
  const pairs = [...text.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, unescape(value)] as const)
  if (new Set(pairs.map(([key]) => key)).size !== pairs.length) throw new Error(`An attribute stands twice: ${text}`)
  return Object.fromEntries(pairs)
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescape(text: string): string {
  return text.replace(/&([a-z]*;?)/g, (whole, entity: string) => {
    const character = ENTITIES[entity.replace(';', '')]
    if (character === undefined || !entity.endsWith(';')) throw new Error(`Not an entity: ${whole}`)
    return character
  })
}

/** Every element of that name, in document order. */
export function all(root: Element, name: string): readonly Element[] {
  return [...(root.name === name ? [root] : []), ...root.children.flatMap((child) => all(child, name))]
}
