import { plain } from './words.ts'

/** HTML that is what it should be. Only `markup` makes it, so that no text becomes a tag by mistake. */
export class Markup {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

export type Content = Markup | string | number | undefined | readonly Content[]

/**
 * A template for HTML: what stands in it literally is markup, every value is text and is escaped, lists are joined, and `undefined`
 * is nothing. Not called `html`, lest a formatter takes liberties with white space.
 */
export function markup(strings: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(strings.map((string, at) => `${string}${render(values[at])}`).join(''))
}

function render(content: Content): string {
  if (content === undefined) return ''
  if (content instanceof Markup) return content.toString()
  if (typeof content === 'string' || typeof content === 'number') return escape(String(content))
  return content.map(render).join('')
}

const ENTITY: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }

function escape(text: string): string {
  return plain(text).replace(/[&<>"']/g, (character) => ENTITY[character] ?? character)
}

/** Text of several lines, which stay lines: for `<pre>`. */
export function preformatted(text: string): Markup {
  return new Markup(text.split(/\r?\n/).map(escape).join('\n'))
}

/** A sentence in which `backticks` stand around what is typed or read by machines. */
export function prose(text: string): Content {
  return text.split(/`([^`]+)`/).map((part, at) => (at % 2 === 1 ? markup`<code>${part}</code>` : part))
}

/** The items with something between them. */
export function joined(items: readonly Content[], between: Content): readonly Content[] {
  return items.flatMap((item, at) => (at === 0 ? [item] : [between, item]))
}
