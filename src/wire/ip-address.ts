/** The octets of an IPv4 address in dotted form, or of an IPv6 address (RFC 4291 §2.2); undefined for anything else. Zones are left out. */
export function ipOctets(text: string): Uint8Array | undefined {
  if (!text.includes(':')) return dotted(text)
  const [bare = ''] = text.split('%', 1)
  const sides = bare.split('::')
  if (sides.length > 2) return undefined
  const [head, tail] = sides.map((side, index) => groupsIn(side, index === sides.length - 1))
  if (head === undefined || (sides.length === 2 && tail === undefined)) return undefined
  const given = [...head, ...(tail ?? [])]
  const missing = 8 - given.length
  if (sides.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = sides.length === 2 ? [...head, ...Array.from({ length: missing }, () => 0), ...(tail ?? [])] : head
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]))
}

function groupsIn(text: string, isLast: boolean): readonly number[] | undefined {
  if (text === '') return []
  const found: number[] = []
  const words = text.split(':')
  for (const [index, word] of words.entries()) {
    const ipv4 = isLast && index === words.length - 1 ? dotted(word) : undefined
    if (ipv4 !== undefined) {
      const [a = 0, b = 0, c = 0, d = 0] = ipv4
      found.push((a << 8) | b, (c << 8) | d)
    } else if (/^[0-9a-f]{1,4}$/i.test(word)) found.push(Number.parseInt(word, 16))
    else return undefined
  }
  return found
}

function dotted(text: string): Uint8Array | undefined {
  const words = text.split('.')
  // A number with a leading zero is octal for some.
  const fits = words.length === 4 && words.every((word) => /^(?:0|[1-9]\d{0,2})$/.test(word) && Number(word) < 256)
  return fits ? Uint8Array.from(words, Number) : undefined
}

/** RFC 4291 §2.5.5.2. */
const MAPPED: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

/** An address of 4 octets in dotted form, one of 16 as RFC 5952 §4 writes it. */
export function ipText(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.')
  // §5: so that an IPv4 address is seen to be one.
  if (MAPPED.every((octet, index) => octet === octets[index])) return `::ffff:${octets.slice(MAPPED.length).join('.')}`
  const groups = Array.from({ length: 8 }, (_, index) => (((octets[2 * index] ?? 0) << 8) | (octets[2 * index + 1] ?? 0)).toString(16))
  const whole = groups.join(':')
  // §4.2.2, §4.2.3: the longest run of two or more zeros, the first of several.
  const [longest = ''] = (whole.match(/\b0(?::0)+\b/g) ?? []).toSorted((one, other) => other.length - one.length)
  return longest === '' ? whole : whole.replace(new RegExp(`(?:^|:)\\b${longest}\\b(?::|$)`), '::')
}
