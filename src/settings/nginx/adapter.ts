import { dirname } from 'node:path'
import { withFiles } from '../with-files.ts'
import type { Adapter, ReadOptions } from '../adapter.ts'
import { settingsFinding } from '../finding.ts'
import { opensslRunning } from '../installed/openssl-named.ts'
import { oldVersions } from '../openssl/old-versions.ts'
import { postureOfWords } from '../posture-of-words.ts'
import type { SettingsFile } from '../settings-file.ts'
import type { SettingsFinding } from '../words.ts'
import { secretsOfLines } from '../secrets.ts'
import { NEWEST } from './defaults.ts'
import { doorsOf, type Door } from './doors.ts'
import { holdersOf, listOf, ownWord, settingOf, SHARED, wordsOf, type Setup } from './words.ts'
import { writeNginx } from './write.ts'
import { nginxProduct } from './product.ts'

/** nginx: the servers of http, mail and stream, with what they inherit and include. */
export const nginxAdapter: Adapter = {
  ...nginxProduct,
  read: (file, options) => {
    const setup = setupOf(file, options)
    const { doors, files } = doorsOf(file, options)
    return {
      product: 'nginx',
      version:
        options.version === undefined ? { text: `nginx ${NEWEST}`, from: 'assumed' } : { text: `nginx ${options.version}`, from: 'told' },
      files,
      legs: doors.map((door) => {
        const words = wordsOf(door, setup)
        return { door: door.door, role: door.role, words, posture: postureOfWords(door.role, words), listens: door.listens }
      }),
      findings: doors.flatMap((door) => findingsOf(door, setup)),
    }
  },
  write: (reading, wanted, options) => {
    const [main] = reading.files
    if (main === undefined) return { changes: [], inexpressible: [] }
    const given = withFiles(reading, options)
    return writeNginx(doorsOf(main, given).doors, setupOf(main, given), wanted)
  },
  secrets: secretsOfLines(),
  service: { check: (path) => ['nginx', '-t', '-c', path], source: 'https://nginx.org/en/docs/switches.html' },
  installed: (_path, ask) => {
    const answer = ask.run('nginx', '-V')
    const version = /^nginx version: nginx\/(\d[\d.]*)/m.exec(answer?.text ?? '')?.[1]
    if (answer === undefined || version === undefined) return undefined
    const openssl = opensslRunning(answer.text)
    return { version, by: answer.by, ...(openssl === undefined ? {} : { openssl }) }
  },
}

function setupOf(file: SettingsFile, { version = NEWEST, openssl = '3.5', more, list }: ReadOptions): Setup {
  return {
    version,
    openssl,
    options: { ...(more === undefined ? {} : { more }), ...(list === undefined ? {} : { list }) },
    root: dirname(file.path),
  }
}

function findingsOf(door: Door, setup: Setup): readonly SettingsFinding[] {
  const { meaning } = listOf(door, setup)
  const protocols = settingOf(door, 'ssl_protocols', setup)
  const refused = meaning.refused
  return [
    ...ignored(door, setup),
    ...oldVersions(door.door, wordsOf(door, setup), {
      list: listOf(door, setup).list,
      generation: setup.openssl,
      place: protocols.found?.place,
    }),
    ...(refused === undefined
      ? []
      : [
          settingsFinding({
            id: 'settings-value-refused',
            verdict: 'bad',
            fact: `${door.door}: OpenSSL refuses ssl_ciphers, so that nginx does not start: ${refused.why}.`,
            subjects: ['ssl_ciphers'],
            remedy: refused.remedy,
            place: settingOf(door, 'ssl_ciphers', setup).found?.place,
          }),
        ]),
    ...(wordsOf(door, setup).protocols.value !== 'unknown' || protocols.found === undefined
      ? []
      : [
          settingsFinding({
            id: 'settings-value-refused',
            verdict: 'bad',
            fact: `${door.door}: nginx does not take all of ssl_protocols: ${protocols.value}`,
            subjects: ['ssl_protocols'],
            remedy: 'Write SSLv2, SSLv3, TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3, with blanks between.',
            place: protocols.found.place,
          }),
        ]),
  ]
}

/** Settings of TLS that do nothing, since another server comes first at the address and has others. */
function ignored(door: Door, setup: Setup): readonly SettingsFinding[] {
  return (['protocols', 'groups', 'tls13'] as const).flatMap((word) => {
    const holders = holdersOf(door, word, setup)
    const [own, ...theirs] = [door, ...holders].map((one) => String(ownWord(one, word, setup).value))
    if (holders.some((one) => one.door === door.door) || theirs.every((value) => value === own)) return []
    const name = SHARED[word]
    return [
      settingsFinding({
        id: 'settings-ignored',
        verdict: 'weak',
        fact: `${door.door}: ${name} does nothing here: ${holders.map((one) => one.door).join(', ')} is the first server at this address, and has another one.`,
        subjects: [name],
        remedy: `Set ${name} alike in all servers at this address.`,
        place: settingOf(door, name, setup).found?.place,
      }),
    ]
  })
}
