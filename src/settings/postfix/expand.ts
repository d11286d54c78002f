const MOST_LEVELS = 20

/**
 * A value with `$name`, `${name}`, `$(name)`, `${name?text}` and `${name:text}` replaced, postconf(5). Undefined where it asks for
 * more than that, such as comparisons, or goes round in circles.
 */
export function expandValue(value: string, valueOf: (name: string) => string | undefined, level = 0): string | undefined {
  if (level > MOST_LEVELS) return undefined
  let text = ''
  let at = 0
  while (at < value.length) {
    if (value.charAt(at) !== '$') {
      text += value.charAt(at++)
      continue
    }
    const part = reference(value, at)
    const inner = part && resolve(part, valueOf, level + 1)
    if (part === undefined || inner === undefined) return undefined
    text += inner
    at = part.end
  }
  return text
}

interface Reference {
  readonly name: string
  readonly operator: string
  readonly text: string
  readonly end: number
}

function reference(value: string, at: number): Reference | undefined {
  if (value.startsWith('$$', at)) return { name: '', operator: '$', text: '', end: at + 2 }
  const plain = /^\$(\w+)|^\$\((\w+)\)/.exec(value.slice(at))
  if (plain !== null) return { name: plain[1] ?? plain[2] ?? '', operator: '', text: '', end: at + plain[0].length }
  const end = closing(value, at + 1)
  const match = /^\s*(\w+)\s*(?:([?:])\s*([^]*))?$/.exec(value.slice(at + 2, end))
  if (end === undefined || match === null) return undefined
  const [, name = '', operator = '', text = ''] = match
  return { name, operator, text, end: end + 1 }
}

/** Where the brace that opens at `at` is closed. */
function closing(value: string, at: number): number | undefined {
  if (value.charAt(at) !== '{') return undefined
  let depth = 0
  for (let index = at; index < value.length; index++) {
    if (value.charAt(index) === '{') depth++
    else if (value.charAt(index) === '}' && --depth === 0) return index
  }
  return undefined
}

function resolve({ name, operator, text }: Reference, valueOf: (name: string) => string | undefined, level: number): string | undefined {
  if (operator === '$') return '$'
  const own = valueOf(name) ?? ''
  const expanded = expandValue(own, valueOf, level)
  if (operator === '' || expanded === undefined) return expanded
  const choices = choicesOf(text)
  if (choices === undefined) return undefined
  const [first, second = ''] = choices
  const filled = expanded !== ''
  return expandValue(operator === '?' ? (filled ? first : second) : filled ? '' : first, valueOf, level)
}

/** `text`, `{text}`, or `{text}:{other}`. */
function choicesOf(text: string): readonly [string, string?] | undefined {
  const end = closing(text, 0)
  if (end === undefined) return [text]
  const rest = text.slice(end + 1).trim()
  const first = text.slice(1, end).trim()
  if (rest === '') return [first]
  const other = /^:\s*(?:\{([^{}]*)\}|([^{}]*))$/.exec(rest)
  return other === null ? undefined : [first, (other[1] ?? other[2] ?? '').trim()]
}
