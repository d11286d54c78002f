import { withFiles } from '../with-files.ts'
import type { Adapter, ReadOptions } from '../adapter.ts'
import { opensslOfSystem } from '../installed/openssl-named.ts'
import { postureOfWords } from '../posture-of-words.ts'
import { placeIn } from '../settings-file.ts'
import { secretsOfLines } from '../secrets.ts'
import { doorsOf } from './doors.ts'
import { findingsOf } from './findings.ts'
import { linesOf } from './lines.ts'
import { NEWEST } from './versions.ts'
import { wordsOf, type Setup } from './words.ts'
import { writeProftpd } from './write.ts'
import { proftpdProduct } from './product.ts'

/** ProFTPD with mod_tls: the main server and its virtual hosts, with what they include and get from `<Global>`. */
export const proftpdAdapter: Adapter = {
  ...proftpdProduct,
  read: (file, options) => {
    const setup = setupOf(options)
    const { doors, files } = doorsOf(file, setup.version, setup.options)
    return {
      product: 'proftpd',
      version: { text: `ProFTPD ${setup.version}`, from: options.version === undefined ? 'assumed' : 'told' },
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
    const setup = setupOf(withFiles(reading, options))
    return writeProftpd(doorsOf(main, setup.version, setup.options).doors, setup, wanted)
  },
  secrets: (file) => {
    const own = linesOf(file).flatMap(({ name, args }) => {
      const from = SECRET_FROM[name.value.toLowerCase()]
      return from === undefined ? [] : args.slice(from).map(({ start, end }) => placeIn(file, start, end))
    })
    const others = secretsByName(file).filter((one) => !own.some(({ start }) => start >= one.start && start < one.end))
    return [...own, ...others]
  },
  service: {
    check: (path) => ['proftpd', '-t', '-c', path],
    source: 'proftpd(8)',
  },
  installed: (_path, ask) => {
    const answer = ask.run('proftpd', '-v')
    const version = /ProFTPD Version (\d+(?:\.\d+)+\w*)/.exec(answer?.text ?? '')?.[1]
    if (answer === undefined || version === undefined) return undefined
    const openssl = opensslOfSystem(ask, answer.by)
    return { version, by: answer.by, ...(openssl === undefined ? {} : { openssl }) }
  },
}

const secretsByName = secretsOfLines()

/** Directives with passwords, and the first argument that may be one. */
const SECRET_FROM: Readonly<Record<string, number>> = {
  sqlconnectinfo: 1,
  sqlnamedconnectinfo: 2,
  ldapbinddn: 1,
  radiusacctserver: 1,
  radiusauthserver: 1,
  redisserver: 1,
  userpassword: 1,
}

function setupOf({ version = NEWEST, openssl = '3.5', more, list }: ReadOptions): Setup {
  return { version, openssl, options: { ...(more === undefined ? {} : { more }), ...(list === undefined ? {} : { list }) } }
}
