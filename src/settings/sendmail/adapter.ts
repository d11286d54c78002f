import type { Adapter, ReadOptions } from '../adapter.ts'
import { postureOfWords } from '../posture-of-words.ts'
import { sendmailOf, type SendmailDoor } from './doors.ts'
import { findingsOf } from './findings.ts'
import { NEWEST, wordsOf, type Setup } from './words.ts'
import { writeSendmail } from './write.ts'
import { withFiles } from '../with-files.ts'
import { secretsOfLines } from '../secrets.ts'
import { sendmailProduct } from './product.ts'

/** Sendmail: the .mc that its administrator writes, or the .cf that it reads. */
export const sendmailAdapter: Adapter = {
  ...sendmailProduct,
  read: (file, options) => {
    const setup = setupOf(options)
    const sendmail = sendmailOf(file, options)
    return {
      product: 'sendmail',
      version: { text: `Sendmail ${setup.version}`, from: options.version === undefined ? 'assumed' : 'told' },
      files: sendmail.files,
      legs: sendmail.doors.map((leg) => {
        const { door, role, listens } = leg
        const words = wordsOf(leg, setup)
        return { door, role, words, posture: postureOfWords(role, words), listens, ...opportunism(leg) }
      }),
      findings: findingsOf(sendmail, setup),
    }
  },
  write: (reading, wanted, options) => {
    const [main] = reading.files
    if (main === undefined) return { changes: [], inexpressible: [] }
    return writeSendmail(sendmailOf(main, withFiles(reading, options)), setupOf(options), wanted)
  },
  secrets: secretsOfLines(),
  service: {
    check: (path) => (path.endsWith('.cf') ? ['sendmail', '-C', path, '-bC'] : ['m4', path]),
    source: 'Sendmail 8.15.1 release notes; m4(1)',
  },
}

function opportunism({ isSmtp }: SendmailDoor): { readonly opportunistic?: true } {
  return isSmtp ? { opportunistic: true } : {}
}

function setupOf({ version = NEWEST, openssl = '3.5', more }: ReadOptions): Setup {
  return { version, openssl, more }
}
