import { unknownPosture, type Posture } from '../../policy/index.ts'
import type { Reading, ReadOptions } from '../adapter.ts'
import { postureOfWords } from '../posture-of-words.ts'
import type { SettingsFile } from '../settings-file.ts'
import type { Leg } from '../words.ts'
import { findingsOf } from './findings.ts'
import { tablesOf } from './tables.ts'
import { matchNames } from './variables.ts'
import { abilitiesOf, versionOf } from './versions.ts'
import { purposeValue, switchValue, wordsOf, type Source } from './words.ts'

/** Both tables in both roles. Errors: `SETTINGS_MALFORMED`, `SETTINGS_VERSION`, `SETTINGS_NAME`. */
export function readKerio(file: SettingsFile, options: ReadOptions): Reading {
  const version = versionOf(options)
  const tables = tablesOf(file)
  const abilities = abilitiesOf(version.text, options.openssl)
  const matches = matchNames([...new Set(tables.flatMap(({ variables }) => variables.map(({ name }) => name)))], options)
  const legs = tables.flatMap((table) => (['server', 'client'] as const).map((role) => legOf({ table, role, abilities, matches })))
  return { product: 'kerio-connect', version, files: [file], legs, findings: findingsOf({ tables, abilities, matches }) }
}

function legOf(source: Source): Leg {
  const { table, role } = source
  const words = wordsOf(source)
  const posture = {
    ...postureOfWords(role, words),
    features: { ...unknownPosture(role).features, recordSplitting: splitting(source, words) },
  }
  return { door: table.door, role, words, posture, ...(table.name === 'SmtpSecurity' ? { opportunistic: true } : {}) }
}

/** The workaround that the variable turns off splits records, which matters up to TLS 1.0 only. */
function splitting(source: Source, { protocols }: Leg['words']): Posture['features']['recordSplitting'] {
  if (source.role === 'client' || protocols.value === 'unknown') return 'unknown'
  if (!protocols.value.includes('SSLv3') && !protocols.value.includes('TLSv1')) return 'not-applicable'
  const off = switchValue(purposeValue(source, 'beast', '1')).value
  return off === 'unknown' ? off : !off
}
