import { dirname, join } from 'node:path'
import type { Adapter, ReadOptions } from '../adapter.ts'
import { opensslNamed } from '../installed/openssl-named.ts'
import { postureOfWords } from '../posture-of-words.ts'
import type { SettingsFile } from '../settings-file.ts'
import { NEWEST } from './defaults.ts'
import { doorsOf, type Setup } from './doors.ts'
import { findingsOf } from './findings.ts'
import { wordsOf } from './words.ts'
import { writePostfix } from './write.ts'
import { withFiles } from '../with-files.ts'
import { secretsOfLines } from '../secrets.ts'
import { postfixProduct } from './product.ts'

/** Postfix: main.cf, what master.cf sets for single services, and the policy tables of its client. */
export const postfixAdapter: Adapter = {
  ...postfixProduct,
  read: (file, options) => {
    const setup = setupOf(file, options)
    const { doors, tables } = doorsOf(setup)
    const legs = doors.map((door) => {
      const words = wordsOf(door, setup)
      const { role, level, listens = [] } = door
      const leg = { door: door.door, role, words, posture: postureOfWords(role, words), listens }
      return level === 'may' ? { ...leg, opportunistic: true } : leg
    })
    return {
      product: 'postfix',
      version:
        options.version === undefined
          ? { text: `Postfix ${NEWEST}`, from: 'assumed' }
          : { text: `Postfix ${options.version}`, from: 'told' },
      files: [file, ...(setup.master === undefined ? [] : [setup.master]), ...tables],
      legs,
      findings: findingsOf(setup, doors),
    }
  },
  write: (reading, wanted, options) => {
    const [main] = reading.files
    return main === undefined ? { changes: [], inexpressible: [] } : writePostfix(setupOf(main, withFiles(reading, options)), wanted)
  },
  // Postfix reads the index of a table and not its text, postmap(1); texthash has none, and its text is read once.
  rebuild: (reading, paths, options) => {
    const [main] = reading.files
    if (main === undefined) return []
    const { maps } = doorsOf(setupOf(main, withFiles(reading, options)))
    return [...maps].flatMap(([path, map]) =>
      paths.has(path) && !map.startsWith('texthash:') ? [['postmap', '-c', dirname(main.path), map]] : [],
    )
  },
  secrets: secretsOfLines({ folded: true }),
  service: { check: (path) => ['postfix', '-c', dirname(path), 'check'], source: 'postfix(1)' },
  // Both answers are compiled in, so that no settings are read for them: postconf(1), -d and -T.
  installed: (_path, ask) => {
    const answer = ask.run('postconf', '-d', '-h', 'mail_version')
    const version = /^\d+\.\d+\S*/m.exec(answer?.text ?? '')?.[0]
    if (answer === undefined || version === undefined) return undefined
    const openssl = opensslNamed(ask.run('postconf', '-T', 'run-version')?.text ?? '')
    return { version, by: answer.by, ...(openssl === undefined ? {} : { openssl }) }
  },
}

function setupOf(file: SettingsFile, { version = NEWEST, openssl = '3.5', more = () => undefined }: ReadOptions): Setup {
  return { version, openssl, main: file, master: more(join(dirname(file.path), 'master.cf')), more }
}
