import { basename, dirname } from 'node:path'
import { withFiles } from '../with-files.ts'
import type { Adapter, Ask, Installed } from '../adapter.ts'
import { opensslNamed } from '../installed/openssl-named.ts'
import { postureOfWords } from '../posture-of-words.ts'
import { setupOf } from './build.ts'
import { doorsOf } from './doors.ts'
import { findingsOf } from './findings.ts'
import { secretsOf } from './secrets.ts'
import { wordsOf } from './words.ts'
import { writeExim } from './write.ts'
import { eximProduct } from './product.ts'

/** Exim with GnuTLS or OpenSSL: its ports as servers and its smtp transports as clients, Debian's ways of configuring it included. */
export const eximAdapter: Adapter = {
  ...eximProduct,
  read: (file, options) => {
    const setup = setupOf(file, options)
    const doors = doorsOf(setup)
    const { build, version, config } = setup
    return {
      product: 'exim',
      version: {
        text: `Exim ${version} with ${build.library === 'gnutls' ? 'GnuTLS' : 'OpenSSL'}`,
        from: options.version === undefined ? 'assumed' : 'told',
      },
      files: [file, ...config.files.filter((one) => one.path !== file.path)],
      legs: doors.map((door) => {
        const words = wordsOf(door, setup)
        const { role, opportunistic, listens } = door
        return { door: door.door, role, words, posture: postureOfWords(role, words), listens, ...(opportunistic ? { opportunistic } : {}) }
      }),
      findings: findingsOf(setup, doors),
    }
  },
  write: (reading, wanted, options) => {
    const [file] = reading.files
    if (file === undefined) return { changes: [], inexpressible: [] }
    const setup = setupOf(file, withFiles(reading, options))
    return writeExim(setup, doorsOf(setup), wanted)
  },
  secrets: secretsOf,
  service: { check, source: 'exim(8), update-exim4.conf(8)' },
  installed: (_path, ask) => askExim(ask),
}

/** What Debian's file is made of is checked by making it. */
function check(path: string): readonly string[] {
  const made = /^(?:update-exim4\.conf\.conf|exim4\.conf\.template)$/.test(basename(path))
  return made ? ['update-exim4.conf', '--check', '--confdir', dirname(path)] : ['exim', '-bV', '-C', path]
}

function askExim(ask: Ask): Installed | undefined {
  const answer = ask.run('exim', '-bV') ?? ask.run('exim4', '-bV')
  const version = /^Exim version (\d+(?:\.\d+)+)/m.exec(answer?.text ?? '')?.[1]
  if (answer === undefined || version === undefined) return undefined
  const library = /^Support for:.*\b(GnuTLS|OpenSSL)\b/m.exec(answer.text)?.[1]
  const openssl = library === 'OpenSSL' ? opensslNamed(/Runtime: *(OpenSSL.*)/.exec(answer.text)?.[1] ?? '') : undefined
  return {
    version: library === undefined ? version : `${version} ${library}`,
    by: answer.by,
    ...(openssl === undefined ? {} : { openssl }),
  }
}
