import type { Adapter } from '../adapter.ts'
import { packageInstalled } from '../installed/package-version.ts'
import { postureOfWords } from '../posture-of-words.ts'
import { findingsOf } from './findings.ts'
import { mendVsftpd } from './mend.ts'
import { listensAt, sceneOf, wordsOf } from './words.ts'
import { writeVsftpd } from './write.ts'
import { vsftpdProduct } from './product.ts'

/** vsftpd: one door, with TLS at once or after AUTH. */
export const vsftpdAdapter: Adapter = {
  ...vsftpdProduct,
  read: (file, options) => {
    const scene = sceneOf(file, options)
    const { door, role } = scene.leg
    const words = wordsOf(scene)
    return {
      product: 'vsftpd',
      version: scene.version.reading,
      files: [file],
      legs: [{ door, role, words, posture: postureOfWords(role, words), listens: listensAt(scene) }],
      findings: findingsOf(scene),
    }
  },
  write: ({ files: [file] }, wanted, options) =>
    file === undefined ? { changes: [], inexpressible: [] } : writeVsftpd(sceneOf(file, options), wanted),
  secrets: () => [],
  service: { source: 'vsftpd(8), which has no command that checks settings' },
  // vsftpd -v writes to its standard input, where nobody can read it.
  installed: (_path, ask) => packageInstalled(ask, 'vsftpd'),
  mend: mendVsftpd,
}
