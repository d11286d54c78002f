import { dirname } from 'node:path'
import type { Adapter, ReadOptions } from '../adapter.ts'
import { settingsFinding } from '../finding.ts'
import { opensslRunning } from '../installed/openssl-named.ts'
import { oldVersions } from '../openssl/old-versions.ts'
import { postureOfWords } from '../posture-of-words.ts'
import { lookUp, type ScopedLeg } from '../scopes.ts'
import type { SettingsFile } from '../settings-file.ts'
import type { SettingsFinding } from '../words.ts'
import { secretsOfLines } from '../secrets.ts'
import { listedWords } from './crt-list.ts'
import { doorsOf } from './doors.ts'
import { hasVariable, listOf, meaningOf, NEWEST, valueOf, wordsOf, type Setup } from './words.ts'
import { writeHaproxy } from './write.ts'
import { haproxyProduct } from './product.ts'

/** HAProxy: bind lines as servers and server lines as clients, with the defaults of `global`. */
export const haproxyAdapter: Adapter = {
  ...haproxyProduct,
  read: (file, options) => {
    const setup = setupOf(file, options)
    const doors = doorsOf(file)
    return {
      product: 'haproxy',
      version:
        options.version === undefined
          ? { text: `HAProxy ${NEWEST}`, from: 'assumed' }
          : { text: `HAProxy ${options.version}`, from: 'told' },
      files: [file],
      legs: doors.map((leg) => {
        const words = wordsOf(leg, setup)
        return { door: leg.door, role: leg.role, words, posture: postureOfWords(leg.role, words), listens: leg.listens }
      }),
      findings: doors.flatMap((leg) => findingsOf(leg, setup)),
    }
  },
  write: (reading, wanted, options) => {
    const [main] = reading.files
    return main === undefined ? { changes: [], inexpressible: [] } : writeHaproxy(doorsOf(main), setupOf(main, options), wanted)
  },
  secrets: secretsOfLines(),
  service: { check: (path) => ['haproxy', '-c', '-f', path], source: 'haproxy(1)' },
  installed: (_path, ask) => {
    const answer = ask.run('haproxy', '-vv')
    const version = /^HA-?Proxy version (\d+\.\d+(?:\.\d+)?)/m.exec(answer?.text ?? '')?.[1]
    if (answer === undefined || version === undefined) return undefined
    const openssl = opensslRunning(answer.text)
    return { version, by: answer.by, ...(openssl === undefined ? {} : { openssl }) }
  },
}

function setupOf({ path }: SettingsFile, { version = NEWEST, openssl = '3.5', more }: ReadOptions): Setup {
  return { version, openssl, more, folder: dirname(path) }
}

function findingsOf(leg: ScopedLeg, setup: Setup): readonly SettingsFinding[] {
  const place = lookUp(leg, 'ssl-min-ver')?.place
  return [
    ...refusals(leg, setup),
    ...undecided(leg, setup),
    ...nothingLeft(leg, setup),
    // What a client has by default nobody asked for.
    ...(leg.role === 'client' && place === undefined
      ? []
      : oldVersions(leg.door, wordsOf(leg, setup), { list: listOf(leg, setup), generation: setup.openssl, place })),
  ]
}

function refusals(leg: ScopedLeg, setup: Setup): readonly SettingsFinding[] {
  const { refused } = meaningOf(leg, setup)
  if (refused === undefined || hasVariable(listOf(leg, setup))) return []
  const { found } = valueOf(leg, 'ciphers', setup)
  const fact = `${leg.door}: OpenSSL refuses the ciphers, so that HAProxy does not start: ${refused.why}.`
  return [
    settingsFinding({
      id: 'settings-value-refused',
      verdict: 'bad',
      fact,
      subjects: ['ciphers'],
      remedy: refused.remedy,
      place: found?.place,
    }),
  ]
}

/** What only the running program knows, or another file says. */
function undecided(leg: ScopedLeg, setup: Setup): readonly SettingsFinding[] {
  const listed = listedWords(leg, setup)
  const finding = (setting: string, why: string, remedy: string): SettingsFinding =>
    settingsFinding({
      id: 'settings-undecided',
      verdict: 'unknown',
      fact: `${leg.door}: ${why}.`,
      subjects: [setting],
      remedy,
      place: lookUp(leg, setting)?.place,
    })
  return [
    ...(listed.length === 0
      ? []
      : [
          finding(
            'crt-list',
            `the crt-list ${lookUp(leg, 'crt-list')?.value ?? ''} says ${listed.join(', ')} for names of its own, or cannot be read`,
            'Take what stands in brackets out of the list, so that the bind line says it for all names.',
          ),
        ]),
    ...['ssl-min-ver', 'ssl-max-ver', 'ciphers', 'ciphersuites', 'curves'].flatMap((setting) => {
      const value = lookUp(leg, setting)?.value ?? ''
      return hasVariable(value)
        ? [finding(setting, `${setting} depends on a variable of the environment: ${value}`, 'Write the value itself.')]
        : []
    }),
  ]
}

/** A lowest version above the highest one, which HAProxy refuses. */
function nothingLeft(leg: ScopedLeg, setup: Setup): readonly SettingsFinding[] {
  const { protocols } = wordsOf(leg, setup)
  if (protocols.value === 'unknown' || protocols.value.length > 0) return []
  return [
    settingsFinding({
      id: 'settings-stops-start',
      verdict: 'bad',
      fact: `${leg.door}: no version of TLS is left, so that HAProxy does not start.`,
      subjects: ['ssl-min-ver', 'ssl-max-ver'],
      remedy: 'Set ssl-min-ver no higher than ssl-max-ver.',
      place: (lookUp(leg, 'ssl-max-ver') ?? lookUp(leg, 'ssl-min-ver'))?.place,
    }),
  ]
}
