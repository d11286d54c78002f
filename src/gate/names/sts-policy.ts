/** A policy of MTA-STS, RFC 8461 §3.2. */
export interface StsPolicy {
  readonly mode: 'enforce' | 'testing' | 'none'
  /** Names of hosts in lower case; `*.` at the beginning stands for one label. Empty only with the mode `none`. */
  readonly mx: readonly string[]
  /** Seconds. */
  readonly maxAge: number
}

/** A policy that cannot be used, and why, in a clause. */
export interface StsMistake {
  readonly words: string
}

/** The longest time a policy may hold, in seconds: about a year (RFC 8461 §3.2). */
const LONGEST = 31_557_600

const FIELD = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,31}):[ \t]*(.*?)[ \t]*$/
const HOST = /^(?:\*\.)?(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/

/**
 * The `id` of the record at `_mta-sts`, RFC 8461 §3.1; undefined where there is none, or not exactly one: then there is no policy.
 * `texts` are all TXT records there.
 */
export function readStsRecord(texts: readonly string[]): string | undefined {
  const ours = texts.filter((text) => /^v=STSv1[ \t]*(?:;|$)/.test(text))
  const [only] = ours
  if (only === undefined || ours.length > 1) return undefined
  const [, ...fields] = only.split(';').map((field) => field.trim())
  const ids = fields.flatMap((field) => /^id[ \t]*=[ \t]*([A-Za-z0-9]{1,32})$/.exec(field)?.[1] ?? [])
  return ids[0]
}

/** Reads a policy, RFC 8461 §3.2. Fields with unknown names are let pass; of a field that may come once, the first counts. */
export function parseStsPolicy(text: string): StsPolicy | StsMistake {
  const fields: (readonly [name: string, value: string])[] = []
  for (const line of text.split(/\r?\n/)) {
    const [, name, value] = FIELD.exec(line) ?? []
    if (name !== undefined && value !== undefined) fields.push([name, value])
    else if (line.trim() !== '') return { words: 'a line of it is not a name, a colon and a value' }
  }
  const first = (wanted: string): string | undefined => fields.find(([name]) => name === wanted)?.[1]
  if (first('version') !== 'STSv1') return { words: 'it does not say "version: STSv1"' }
  const mode = modeOf(first('mode'))
  if (mode === undefined) return { words: 'its mode is none of enforce, testing and none' }
  const age = first('max_age') ?? ''
  if (!/^\d{1,10}$/.test(age)) return { words: 'its max_age is not a number of seconds' }
  const mx = fields.flatMap(([name, value]) => (name === 'mx' ? [value.toLowerCase()] : []))
  if (!mx.every((pattern) => HOST.test(pattern))) return { words: 'an mx of it is not the name of a host' }
  if (mx.length === 0 && mode !== 'none') return { words: 'it names no mx' }
  return { mode, mx, maxAge: Math.min(Number(age), LONGEST) }
}

function modeOf(text: string | undefined): StsPolicy['mode'] | undefined {
  return text === 'enforce' || text === 'testing' || text === 'none' ? text : undefined
}

/** Whether mail may go to a host, RFC 8461 §4.1: a wildcard stands for exactly one label. */
export function stsAllows({ mx }: StsPolicy, host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '')
  const parent = name.slice(name.indexOf('.') + 1)
  return mx.some((pattern) => (pattern.startsWith('*.') ? name.includes('.') && pattern.slice('*.'.length) === parent : pattern === name))
}
