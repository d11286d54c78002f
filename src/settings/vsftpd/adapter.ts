import type { Adapter } from '../adapter.ts'
import { packageInstalled } from '../installed/package-version.ts'
import { postureOfWords } from '../posture-of-words.ts'
import { findingsOf } from './findings.ts'
import { mendVsftpd } from './mend.ts'
import { listensAt, sceneOf, wordsOf } from './words.ts'
import { writeVsftpd } from './write.ts'

const TYPICAL = /^(?:anonymous_enable|local_enable|write_enable|pasv_enable|pam_service_name|ssl_enable|implicit_ssl|chroot_local_user)=/gm

/** vsftpd: one door, with TLS at once or after AUTH. */
export const vsftpdAdapter: Adapter = {
  product: 'vsftpd',
  title: 'vsftpd',
  places: ['/etc/vsftpd.conf', '/etc/vsftpd/vsftpd.conf', '/usr/local/etc/vsftpd.conf'],
  recognises: ({ path, text }) => {
    if (/(?:^|[/\\])vsftpd\.conf$/.test(path)) return 1
    return (text.match(TYPICAL)?.length ?? 0) > 1 ? 0.9 : 0
  },
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
