import type { Adapter, ReadOptions, ReadVersion } from '../adapter.ts'
import { settingsFinding } from '../finding.ts'
import { packageInstalled } from '../installed/package-version.ts'
import { postureOfWords } from '../posture-of-words.ts'
import { placeIn, type SettingsFile } from '../settings-file.ts'
import { doorsOf, type SmtpdDoors } from './doors.ts'
import { findingsOf } from './findings.ts'
import { parseSmtpd } from './statements.ts'
import { NEWEST } from './versions.ts'
import { wordsOf, type Setup } from './words.ts'
import { writeSmtpd } from './write.ts'
import { opensmtpdProduct } from './product.ts'

/** OpenSMTPD: listeners with TLS as servers, and actions that relay as clients. */
export const opensmtpdAdapter: Adapter = {
  ...opensmtpdProduct,
  read: (file, options) => {
    const { found, setup, version } = setUp(file, options)
    return {
      product: 'opensmtpd',
      version,
      files: found.files,
      legs: found.doors.map((door) => {
        const { role, opportunistic, listens } = door
        const words = wordsOf(door, setup)
        return { door: door.door, role, words, posture: postureOfWords(role, words), listens, ...(opportunistic ? { opportunistic } : {}) }
      }),
      findings: [...findingsOf(found, setup), ...(version.from === 'assumed' && found.doors.length > 0 ? [whichVersion(version)] : [])],
    }
  },
  write: (reading, wanted, options) => {
    const [main] = reading.files
    if (main === undefined) return { changes: [], inexpressible: [] }
    const more = (path: string): SettingsFile | undefined => reading.files.find((file) => file.path === path) ?? options.more?.(path)
    const { found, setup } = setUp(main, { ...options, more })
    return writeSmtpd(found.doors, setup, wanted)
  },
  secrets: (file) =>
    parseSmtpd(file, {}).statements.flatMap(({ tokens }) => {
      const [first, second, ...rest] = tokens
      const key = second?.value === 'key' && first.value === 'srs' ? rest.at(-1) : second?.value === 'encryption' ? rest.at(-1) : undefined
      return key === undefined ? [] : [placeIn(file, key.start, key.end)]
    }),
  service: { check: (path) => ['smtpd', '-n', '-f', path], source: 'smtpd(8)' },
  // smtpd -h says it and fails, which is no answer.
  installed: (_path, ask) => packageInstalled(ask, 'opensmtpd'),
}

interface SetUp {
  readonly found: SmtpdDoors
  readonly setup: Setup
  readonly version: ReadVersion
}

/** Words that only newer versions know tell the version. */
function setUp(main: SettingsFile, { version, openssl = '3.5', more, list }: ReadOptions): SetUp {
  const options = { ...(more === undefined ? {} : { more }), ...(list === undefined ? {} : { list }) }
  const found = doorsOf(main, version ?? NEWEST, options)
  const named = found.doors.some(({ statement: { tokens } }) =>
    tokens.some(({ kind, value }) => kind === 'word' && (value === 'ciphers' || value === 'protocols')),
  )
  return {
    found,
    setup: { version: version ?? NEWEST, openssl, options, statements: found.statements },
    version: { text: `OpenSMTPD ${version ?? NEWEST}`, from: version !== undefined ? 'told' : named ? 'file' : 'assumed' },
  }
}

function whichVersion({ text }: ReadVersion): ReturnType<typeof settingsFinding> {
  return settingsFinding({
    id: 'settings-version',
    verdict: 'unknown',
    fact: `The file does not tell which OpenSMTPD reads it; before 7 TLS 1.0 and 1.1 are on and cannot be turned off, and ${text} is taken.`,
    remedy: 'smtpd -h says which it is: say it with --product-version.',
  })
}
