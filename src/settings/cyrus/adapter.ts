import type { Adapter, ReadOptions } from '../adapter.ts'
import { postureOfWords } from '../posture-of-words.ts'
import { cyrusOf } from './doors.ts'
import { findingsOf } from './findings.ts'
import { NEWEST, wordsOf, type Setup } from './words.ts'
import { writeCyrus } from './write.ts'
import { withFiles } from '../with-files.ts'
import { secretsOfLines } from '../secrets.ts'
import { cyrusProduct } from './product.ts'

/** Also in files that are none of Cyrus, and in broken ones. */
/** Cyrus IMAP: imapd.conf with what it includes, and the services that cyrus.conf beside it has. */
export const cyrusAdapter: Adapter = {
  ...cyrusProduct,
  read: (file, options) => {
    const setup = setupOf(options)
    const cyrus = cyrusOf(file, options)
    return {
      product: 'cyrus',
      version: { text: `Cyrus IMAP ${setup.version}`, from: options.version === undefined ? 'assumed' : 'told' },
      files: cyrus.files,
      legs: cyrus.doors.map((leg) => {
        const words = wordsOf(leg, setup)
        return { door: leg.door, role: leg.role, words, posture: postureOfWords(leg.role, words), listens: leg.listens }
      }),
      findings: findingsOf(cyrus, setup),
    }
  },
  write: (reading, wanted, options) => {
    const [main] = reading.files
    if (main === undefined) return { changes: [], inexpressible: [] }
    return writeCyrus(cyrusOf(main, withFiles(reading, options)), setupOf(options), wanted)
  },
  secrets: secretsOfLines(),
  service: { check: (path) => ['cyr_info', '-C', path, 'conf'], source: 'cyr_info(8)' },
}

function setupOf({ version = NEWEST, openssl = '3.5', more }: ReadOptions): Setup {
  return { version, openssl, more }
}
