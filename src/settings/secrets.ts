import type { FindSecrets } from './diff.ts'
import { placeIn, type Place, type SettingsFile } from './settings-file.ts'

/** Names that tell of a secret, and what stands behind them. All is bounded: a file that is something else may have lines of megabytes. */
const NAME =
  '(?:passw(?:or)?d|passphrase|secret|api[-_]?key|credential|authorization|(?:dn|db|bind|user|client|ldap|sql)[-_]?pass\\b|bind[-_]?pw|[-_]pw\\b|[-_]token\\b)[\\w-]{0,64}["\'\\\\)\\]]{0,4}'
const NAMED = new RegExp(`${NAME}(?:[ \\t]{0,64}[=:,][ \\t]{0,64}|[ \\t]{1,64})(?<value>[^\\s;=:,][^\\r\\n]{0,4096})`, 'dgi')
/** The same where a value may begin on the next line, and goes on in all that begin with a blank. */
const FOLDED = new RegExp(
  `${NAME}[ \\t]{0,64}[=:,][ \\t]{0,64}(?:\\r?\\n[ \\t]{1,64})?(?<value>[^\\s;][^\\r\\n]{0,4096}(?:\\r?\\n(?:#[^\\n]{0,4096}|[ \\t][^\\r\\n]{0,4096})){0,256})`,
  'dgi',
)
const IN_URL = /:\/\/[^\s/:@"']{0,256}:(?<value>[^\s@/"']{1,256})@/dg
/** `stats auth` of HAProxy, AuthInfo of Sendmail. */
const IN_PAIR = /(?:\bauth[ \t]{1,64}[^\s:]{1,256}:|"P[:=])(?<value>[^\s"]{1,256})/dg
/** Dovecot takes a key's text itself where others take the name of its file. */
const IN_PEM = /-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----(?<value>[^-]{1,20000})/dg

/** What is no secret although its name sounds so: a switch, a file, a reference, the beginning of a block. */
const HARMLESS = /^["']?(?:yes|no|on|off|true|false|\d|<?[ \t]*(?:[a-z]+:)?\/[\w./-]*|\$\{?\w+\}?|\{)?["']?$/i

/**
 * Finds secrets in settings of which no more is known than that they are lines: passwords by their names, in URLs and in pairs, in
 * comments too. `folded`: lines that begin with a blank go on with a value.
 */
export function secretsOfLines({ folded = false }: { readonly folded?: boolean } = {}): Find {
  const patterns = [folded ? FOLDED : NAMED, IN_URL, IN_PAIR, IN_PEM]
  return (file, { start, end } = { start: 0, end: file.text.length }) => {
    const from = folded ? headBefore(file, start) : start
    const text = file.text.slice(from, end)
    return patterns.flatMap((pattern) => [...text.matchAll(pattern)].flatMap((match) => secretIn(file, from, match)))
  }
}

type Find = (file: SettingsFile, part?: Parameters<FindSecrets>[1]) => readonly Place[]

function secretIn(file: SettingsFile, from: number, { indices }: RegExpExecArray): readonly Place[] {
  const [start = 0, end = 0] = indices?.groups?.['value'] ?? []
  const value = file.text.slice(from + start, from + end).replace(/[\s;]{1,64}$/, '')
  return HARMLESS.test(value) ? [] : [placeIn(file, from + start, from + start + value.length)]
}

/** Where the value begins that a part may be in the middle of. */
function headBefore({ text }: SettingsFile, start: number): number {
  let at = start
  while (at > 0 && /[ \t#]/.test(text.charAt(at))) at = text.lastIndexOf('\n', at - 2) + 1
  return at
}

/** What commands have written, with the secrets of files taken out of it: their own checks quote whole lines. */
export function hiderOf(files: readonly SettingsFile[], secrets: FindSecrets, mask: string): (text: string) => string {
  const values = files.flatMap((file) =>
    secrets(file, { start: 0, end: file.text.length }).flatMap(({ start, end }) =>
      file.text.slice(start, end).split(/^["']|["']$|\s*\n\s*/),
    ),
  )
  const known = [...new Set(values.flatMap((value) => [value, Buffer.from(value, 'latin1').toString('utf8')]))]
    .filter((value) => value.length >= SHORTEST)
    .toSorted((one, other) => other.length - one.length)
  return (text) => known.reduce((rest, value) => rest.replaceAll(value, mask), text)
}

/** What is shorter stands in every word. */
const SHORTEST = 3
