import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The checkout, with a slash at its end. */
export const CHECKOUT: string = new URL('../../', import.meta.url).pathname

/** What tests make once and keep: certificates, unpacked packages, compiled Java. Ignored by git; deleting it is harmless. */
export const KEPT: string = join(CHECKOUT, '.peers')

/** Where Debian keeps the libraries of this processor. */
export const LIBRARIES: string = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`

/**
 * The Debian packages that peers come from, each with a file or library that is there when the package is. Those marked `unpacked`
 * conflict with another one when installed (Debian allows one MTA) or bring cron jobs: they are only unpacked, into `.peers/`, and the
 * libraries that they need stand behind them.
 */
const PACKAGES = {
  postfix: { proof: '/usr/lib/postfix/sbin/master' },
  'dovecot-imapd': { proof: '/usr/lib/dovecot/imap' },
  'dovecot-pop3d': { proof: '/usr/lib/dovecot/pop3' },
  'dovecot-lmtpd': { proof: '/usr/lib/dovecot/lmtp' },
  'dovecot-managesieved': { proof: '/usr/lib/dovecot/managesieve-login' },
  'exim4-daemon-light': { proof: '/usr/sbin/exim4', unpacked: true },
  'exim4-daemon-heavy': { proof: '/usr/sbin/exim4', unpacked: true },
  'libspf2-2': { proof: '/usr/lib/libspf2.so.2' },
  libnsl2: { proof: 'libnsl.so.2' },
  libidn12: { proof: 'libidn.so.12' },
  'libgnutls-dane0': { proof: 'libgnutls-dane.so.0' },
  opensmtpd: { proof: '/usr/sbin/smtpd', unpacked: true },
  'libevent-2.1-7': { proof: 'libevent-2.1.so.7' },
  nginx: { proof: '/usr/sbin/nginx' },
  'libnginx-mod-mail': { proof: '/usr/lib/nginx/modules/ngx_mail_module.so' },
  haproxy: { proof: '/usr/sbin/haproxy' },
  stunnel4: { proof: '/usr/bin/stunnel4' },
  lighttpd: { proof: '/usr/sbin/lighttpd' },
  'lighttpd-mod-openssl': { proof: '/usr/lib/lighttpd/mod_openssl.so' },
  'lighttpd-mod-gnutls': { proof: '/usr/lib/lighttpd/mod_gnutls.so' },
  'lighttpd-mod-mbedtls': { proof: '/usr/lib/lighttpd/mod_mbedtls.so' },
  'lighttpd-mod-nss': { proof: '/usr/lib/lighttpd/mod_nss.so' },
  'lighttpd-mod-wolfssl': { proof: '/usr/lib/lighttpd/mod_wolfssl.so' },
  'libnss3-tools': { proof: '/usr/bin/selfserv' },
  'openjdk-17-jdk-headless': { proof: '/usr/bin/javac' },
  tomcat10: { proof: '/usr/share/tomcat10/bin/bootstrap.jar' },
  'libtomcat9-java': { proof: '/usr/share/java/tomcat9-catalina.jar' },
  vsftpd: { proof: '/usr/sbin/vsftpd' },
  'proftpd-core': { proof: '/usr/sbin/proftpd', unpacked: true },
  'proftpd-mod-crypto': { proof: '/usr/lib/proftpd/mod_tls.so', unpacked: true },
  'libhiredis0.14': { proof: 'libhiredis.so.0.14' },
  libmemcached11: { proof: 'libmemcached.so.11' },
  libmemcachedutil2: { proof: 'libmemcachedutil.so.2' },
  'libpcre2-posix3': { proof: 'libpcre2-posix.so.3' },
  prosody: { proof: '/usr/bin/prosody' },
  acl: { proof: '/usr/bin/setfacl' },
  attr: { proof: '/usr/bin/setfattr' },
  knot: { proof: '/usr/sbin/knotd' },
  unbound: { proof: '/usr/sbin/unbound' },
  'openssh-server': { proof: '/usr/sbin/sshd' },
  slapd: { proof: '/usr/sbin/slapd' },
  postgresql: { proof: '/usr/lib/postgresql' },
  'mariadb-server-core': { proof: '/usr/sbin/mariadbd' },
  inn2: { proof: '/usr/lib/news/bin/nnrpd', unpacked: true },
  'inn2-inews': { proof: '/usr/lib/news/libinn.so.9', unpacked: true },
  'libperl5.36': { proof: 'libperl.so.5.36' },
  'libpython3.11': { proof: 'libpython3.11.so.1.0' },
  'libsasl2-2': { proof: 'libsasl2.so.2' },
  libcanlock3: { proof: 'libcanlock.so.3' },
  inspircd: { proof: '/usr/sbin/inspircd' },
  'courier-base': { proof: '/usr/sbin/couriertcpd', unpacked: true },
  'courier-imap': { proof: '/usr/lib/courier/courier/imaplogin', unpacked: true },
  'courier-pop': { proof: '/usr/lib/courier/courier/courierpop3login', unpacked: true },
  'courier-authlib': { proof: '/usr/lib/libcourierauth.so.0', unpacked: true },
  'libcourier-unicode4': { proof: '/usr/share/doc/libcourier-unicode4/copyright', unpacked: true },
  libgamin0: { proof: 'libfam.so.0' },
  'cyrus-common': { proof: '/usr/lib/cyrus/bin/master', unpacked: true },
  'cyrus-imapd': { proof: '/usr/lib/cyrus/bin/imapd', unpacked: true },
  'cyrus-pop3d': { proof: '/usr/lib/cyrus/bin/pop3d', unpacked: true },
  libical3: { proof: '/usr/share/doc/libical3/copyright', unpacked: true },
  libxapian30: { proof: '/usr/share/doc/libxapian30/copyright', unpacked: true },
  libjansson4: { proof: 'libjansson.so.4' },
  libpq5: { proof: 'libpq.so.5' },
  libwrap0: { proof: 'libwrap.so.0' },
  'sendmail-bin': { proof: '/usr/libexec/sendmail/sendmail', unpacked: true },
  'sendmail-cf': { proof: '/usr/share/sendmail/cf/m4/cf.m4', unpacked: true },
  m4: { proof: '/usr/bin/m4', unpacked: true },
  libsigsegv2: { proof: '/usr/share/doc/libsigsegv2/copyright', unpacked: true },
  'gnutls-bin': { proof: '/usr/bin/gnutls-serv' },
  openssl: { proof: '/usr/bin/openssl' },
  sslscan: { proof: '/usr/bin/sslscan' },
  nmap: { proof: '/usr/bin/nmap' },
  'testssl.sh': { proof: '/usr/bin/testssl' },
  tcpdump: { proof: '/usr/bin/tcpdump' },
  curl: { proof: '/usr/bin/curl' },
  swaks: { proof: '/usr/bin/swaks' },
  'libnet-ssleay-perl': { proof: '/usr/share/doc/libnet-ssleay-perl/copyright' },
  msmtp: { proof: '/usr/bin/msmtp' },
  fetchmail: { proof: '/usr/bin/fetchmail' },
  isync: { proof: '/usr/bin/mbsync' },
  mutt: { proof: '/usr/bin/mutt' },
  getmail6: { proof: '/usr/bin/getmail' },
  mpop: { proof: '/usr/bin/mpop' },
  'python3-imaplib2': { proof: '/usr/lib/python3/dist-packages/imaplib2.py' },
  offlineimap3: { proof: '/usr/bin/offlineimap' },
  's-nail': { proof: '/usr/bin/s-nail' },
  lftp: { proof: '/usr/bin/lftp' },
  'go-sendxmpp': { proof: '/usr/bin/go-sendxmpp' },
} as const

export type PackageName = keyof typeof PACKAGES

export interface PeerPackage {
  readonly name: PackageName
  /** The file that shows that the package is here. */
  readonly proof: string
  readonly unpacked: boolean
}

/** Every package, in the order above. */
export const packages: readonly PeerPackage[] = Object.entries(PACKAGES).map(([name, { proof, ...rest }]) => {
  const unpacked = 'unpacked' in rest
  const installed = proof.startsWith('/') ? proof : join(LIBRARIES, proof)
  return { name: name as PackageName, proof: unpacked ? join(KEPT, name, proof) : installed, unpacked }
})

/** Those of `names` (default: all) that are not on this machine. */
export function missingPackages(names?: readonly PackageName[]): readonly PeerPackage[] {
  return packages.filter(({ name, proof }) => (names === undefined || names.includes(name)) && !existsSync(proof))
}

/** A file of an unpacked package. */
export function unpackedFile(name: PackageName, file: string): string {
  return join(KEPT, name, file)
}
