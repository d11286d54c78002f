import type { Adapter, ReadOptions } from '../adapter.ts'
import { postureOfWords } from '../posture-of-words.ts'
import type { SettingsFile } from '../settings-file.ts'
import { findingsOf } from './findings.ts'
import { courierOf, type Courier, type CourierDoor } from './services.ts'
import { courierVersion, libraryOf, NEWEST, wordsOf, type Setup } from './words.ts'
import { writeCourier } from './write.ts'
import { withFiles } from '../with-files.ts'
import { secretsOfLines } from '../secrets.ts'
import { courierProduct } from './product.ts'

/** Courier and Courier-IMAP: the files that its start scripts read as sh does, every service beside the one that is named. */
export const courierAdapter: Adapter = {
  ...courierProduct,
  read: (file, options) => {
    const { courier, setup } = readFiles(file, options)
    const { library, version } = setup
    const told = options.version === undefined ? `Courier ${NEWEST}` : `Courier ${options.version}`
    const text = `${told} with ${library.name}${library.name === 'OpenSSL' ? ` ${library.openssl}` : ''} (${library.how})`
    return {
      product: 'courier',
      version: { text, from: options.version === undefined ? 'assumed' : 'told' },
      files: courier.files,
      legs: courier.doors.map((door) => {
        const words = wordsOf(door, { ...setup, version })
        return {
          door: door.door,
          role: door.role,
          words,
          posture: postureOfWords(door.role, words),
          listens: door.listens,
          ...opportunism(door),
        }
      }),
      findings: findingsOf(courier, setup),
    }
  },
  write: (reading, wanted, options) => {
    const [main] = reading.files
    if (main === undefined) return { changes: [], inexpressible: [] }
    const { courier, setup } = readFiles(main, withFiles(reading, options))
    return writeCourier(courier, setup, wanted)
  },
  secrets: secretsOfLines(),
}

function readFiles(file: SettingsFile, options: ReadOptions): { readonly courier: Courier; readonly setup: Setup } {
  const courier = courierOf(file, options.more ?? (() => undefined))
  return {
    courier,
    setup: { version: courierVersion(options.version ?? NEWEST), library: libraryOf(courier, options), more: options.more },
  }
}

/** Port 25 in both directions, unless TLS is asked for. */
function opportunism({ door, value }: CourierDoor): { readonly opportunistic?: true } {
  const asked = door === 'SMTP' ? value('ESMTP_TLS_REQUIRED') : value('ESMTP_TLS_VERIFY_DOMAIN')
  const port25 = door === 'SMTP' || door === 'outgoing SMTP'
  return port25 && !/^[1-9]/.test(asked?.value ?? '') ? { opportunistic: true } : {}
}
