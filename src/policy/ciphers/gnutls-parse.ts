import type { GnutlsRefusal } from './gnutls.ts'
import {
  GNUTLS_BUNDLES,
  GNUTLS_CIPHERS,
  GNUTLS_GONE,
  GNUTLS_GROUPS,
  GNUTLS_KEYWORDS,
  GNUTLS_KX,
  GNUTLS_MACS,
  GNUTLS_OPTIONS,
  GNUTLS_PROTOCOLS,
  GNUTLS_SIGNATURES,
  GNUTLS_START,
  type GnutlsLists,
} from './gnutls-items.ts'

/** The lists that the items of a string leave. */
export interface GnutlsSettings {
  readonly lists: GnutlsLists
  readonly options: readonly string[]
  readonly refused: GnutlsRefusal | undefined
}

type Name = keyof GnutlsLists

const LIST_NAMES: readonly Name[] = ['protocols', 'ciphers', 'kx', 'macs', 'signatures', 'groups']
const NOTHING: GnutlsLists = { protocols: [], ciphers: [], kx: [], macs: [], signatures: [], groups: [] }

/** Reads the items of a priority string from left to right. The first that GnuTLS does not know ends the reading. */
export function applyItems(priority: string): GnutlsSettings {
  const reader = new ItemReader(priority)
  for (const [index, item] of splitItems(priority).entries()) {
    const refused = reader.read(item, index)
    if (refused !== undefined) return { ...reader.settings(), refused }
  }
  return { ...reader.settings(), refused: undefined }
}

interface Item {
  readonly at: number
  readonly text: string
}

/** Items stand between colons; blanks before one are skipped. */
function splitItems(priority: string): Item[] {
  const items: Item[] = []
  let at = 0
  for (const part of priority.split(':')) {
    const text = part.trimStart()
    items.push({ at: at + part.length - text.length, text })
    at += part.length + 1
  }
  return items
}

class ItemReader {
  #lists: GnutlsLists
  readonly #options: string[] = []
  #keywordSeen = false

  constructor(priority: string) {
    this.#lists = /^\s*none(?::|$)/i.test(priority) ? NOTHING : GNUTLS_START
  }

  settings(): Omit<GnutlsSettings, 'refused'> {
    return { lists: this.#lists, options: this.#options }
  }

  read({ at, text }: Item, index: number): GnutlsRefusal | undefined {
    if (index === 0 && text.toUpperCase() === 'NONE') {
      this.#keywordSeen = true
      return undefined
    }
    if (text.startsWith('@')) return refuse(at, text, 'stands for a line of a file on the machine', 'Put that line in its place.')
    if (this.#keyword(text, this.#keywordSeen)) {
      this.#keywordSeen = true
      return undefined
    }
    const known = text.startsWith('%')
      ? this.#option(text.slice(1))
      : /^[!+-]/.test(text) && this.#item(text.slice(1), text.startsWith('+'))
    return known ? undefined : refuse(at, text, 'is nothing that GnuTLS knows', 'See gnutls-cli --list for what there is.')
  }

  #keyword(text: string, add: boolean): boolean {
    const keyword = GNUTLS_KEYWORDS.get(text.toUpperCase())
    if (keyword === undefined) return false
    if (add) this.#add(keyword)
    else this.#lists = { ...this.#lists, ...keyword }
    return true
  }

  #option(text: string): boolean {
    if (!GNUTLS_OPTIONS.includes(text)) return false
    this.#options.push(text)
    return true
  }

  /** The order in which GnuTLS looks: keyword, MAC, cipher, key exchange, then the prefixes. */
  #item(text: string, add: boolean): boolean {
    if (add && this.#keyword(text, true)) return true
    if (knownAs(text, GNUTLS_GONE) !== undefined) return true
    return (
      this.#change('macs', knownAs(text, GNUTLS_MACS), add) ||
      this.#change('ciphers', knownAs(text, GNUTLS_CIPHERS), add) ||
      this.#change('kx', knownAs(text, GNUTLS_KX), add) ||
      this.#bundle(text.toUpperCase(), add) ||
      this.#prefixed(text, add)
    )
  }

  #bundle(upper: string, add: boolean): boolean {
    const bundle = GNUTLS_BUNDLES.find(({ prefix }) => upper.startsWith(prefix))
    if (bundle === undefined) return false
    if (add) {
      this.#add(bundle.add)
      return true
    }
    for (const name of LIST_NAMES) {
      if (bundle.add[name] === undefined) continue
      const gone = bundle.prefix === 'GOST' && name === 'groups' ? bundle.add.groups : bundle.remove?.[name]
      this.#set(name, gone === undefined ? [] : this.#lists[name].filter((one) => !gone.includes(one)))
    }
    return true
  }

  #prefixed(text: string, add: boolean): boolean {
    const [, prefix = '', rest = ''] = /^(VERS|CURVE|GROUP|SIGN|COMP|CTYPE|MAC|CIPHER|KX)-(.*)$/i.exec(text) ?? []
    switch (prefix.toUpperCase()) {
      case 'VERS':
        return this.#change('protocols', knownAs(rest, GNUTLS_PROTOCOLS), add)
      case 'CURVE':
      case 'GROUP':
        return this.#change('groups', knownAs(rest, GNUTLS_GROUPS), add)
      case 'SIGN':
        return this.#change('signatures', knownAs(rest, SIGNATURE_NAMES), add)
      case 'CTYPE':
        return /^(?:(?:CLI-|SRV-)?(?:ALL|X\.?509|RAWPK)|OPENPGP)/i.test(rest)
      default:
        // Nothing is known behind these, and GnuTLS does not mind.
        return prefix !== ''
    }
  }

  #change(name: Name, item: string | undefined, add: boolean): boolean {
    if (item === undefined) return false
    const others = this.#lists[name].filter((one) => one !== item)
    if (!add) this.#set(name, others)
    else if (!this.#lists[name].includes(item)) this.#set(name, [...others, item])
    return true
  }

  #add(more: Partial<GnutlsLists>): void {
    for (const name of LIST_NAMES) this.#set(name, [...new Set([...this.#lists[name], ...(more[name] ?? [])])])
  }

  #set(name: Name, items: readonly string[]): void {
    this.#lists = { ...this.#lists, [name]: items }
  }
}

const SIGNATURE_NAMES: readonly string[] = GNUTLS_SIGNATURES.map(([name]) => name)

/** Names are compared without regard to case. */
function knownAs(text: string, names: readonly string[]): string | undefined {
  const lower = text.toLowerCase()
  return names.find((name) => name.toLowerCase() === lower)
}

function refuse(at: number, text: string, why: string, remedy: string): GnutlsRefusal {
  return { at, length: Math.max(text.length, 1), culprit: text, why: `${JSON.stringify(text)} ${why}`, remedy }
}
