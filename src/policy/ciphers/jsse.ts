import { suiteByName, type CipherSuite } from '../../registry/index.ts'

/** A list of suite names as Java's settings have it, such as Tomcat's `ciphers` or `jdk.tls.client.cipherSuites`. */
export interface JsseList {
  /** In order. */
  readonly suites: readonly CipherSuite[]
  /** Names that belong to no suite, with their place in the list. The renegotiation SCSV is none. */
  readonly unknown: readonly { readonly at: number; readonly name: string }[]
}

/** Reads names between commas, colons or blanks: JSSE and IANA names, those of Java by IBM, and OpenSSL and GnuTLS names. Never throws. */
export function parseJsse(list: string): JsseList {
  const suites: CipherSuite[] = []
  const unknown: { at: number; name: string }[] = []
  for (const match of list.matchAll(/[^\s,:;]+/g)) {
    const name = match[0]
    const suite = suiteByName(name)
    if (suite !== undefined) suites.push(suite)
    else if (name !== 'TLS_EMPTY_RENEGOTIATION_INFO_SCSV') unknown.push({ at: match.index, name })
  }
  return { suites, unknown }
}

/** The list for a Java setting, and the IANA names of suites that Java does not have. */
export interface JssePrint {
  readonly list: string
  readonly missing: readonly string[]
}

/** Writes suites as Java names them, between commas. */
export function printJsse(suites: readonly CipherSuite[]): JssePrint {
  return {
    list: suites.flatMap((suite) => suite.jsse ?? []).join(','),
    missing: suites.filter((suite) => suite.jsse === undefined).map((suite) => suite.iana),
  }
}
