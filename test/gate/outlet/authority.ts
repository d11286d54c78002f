import { execFileSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** Files in PEM. */
export interface Made {
  readonly key: string
  /** With the authority behind it, as RFC 7672 §3.1.2 wants it for usage 2. */
  readonly chain: string
}

/** An authority of a test, for names of its own. */
export interface Authority {
  readonly folder: string
  /** Its certificate in PEM. */
  readonly root: string
  /** `days`: from now, to where it holds. */
  readonly make: (name: string, names: readonly string[], days?: number) => Made
  /** Nobody vouches for it. */
  readonly makeAlone: (name: string, names: readonly string[]) => Made
}

const DAY = 86_400_000

/** An authority that ends with the test. */
export function makeAuthority(t: Pick<TestContext, 'after'>): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'postern-authority-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = (name: string): string => join(folder, name)
  const openssl = (...words: readonly string[]): void =>
    void execFileSync('openssl', words, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  const request = (name: string): readonly string[] => [...NEW_KEY, '-keyout', `${name}.key`, '-subj', `/CN=${name}`]
  writeFileSync(file('request.cnf'), '[req]\ndistinguished_name = dn\n[dn]\n')
  writeFileSync(file('index.txt'), '')
  openssl(...request('root'), '-x509', '-days', '10', '-addext', 'basicConstraints=critical,CA:TRUE', '-out', 'root.pem')
  const root = readFileSync(file('root.pem'), 'utf8')
  return {
    folder,
    root,
    make: (name, names, days = 10) => {
      const extensions = `[ext]\nsubjectAltName = ${names.map((one) => `DNS:${one}`).join(',')}\n`
      writeFileSync(file('ca.cnf'), `${AUTHORITY}${extensions}`)
      openssl(...request(name), '-new', '-out', `${name}.csr`)
      const dates = ['-startdate', generalized(Date.now() - 100 * DAY), '-enddate', generalized(Date.now() + days * DAY)]
      openssl('ca', '-batch', '-notext', '-config', 'ca.cnf', ...dates, '-in', `${name}.csr`, '-out', `${name}.pem`)
      writeFileSync(file(`${name}.chain`), readFileSync(file(`${name}.pem`), 'utf8') + root)
      return { key: file(`${name}.key`), chain: file(`${name}.chain`) }
    },
    makeAlone: (name, names) => {
      const extension = `subjectAltName=${names.map((one) => `DNS:${one}`).join(',')}`
      openssl(...request(name), '-x509', '-days', '10', '-addext', extension, '-out', `${name}.chain`)
      return { key: file(`${name}.key`), chain: file(`${name}.chain`) }
    },
  }
}

const NEW_KEY = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-config', 'request.cnf'] as const

const AUTHORITY = `[ca]
default_ca = one
[one]
database = index.txt
new_certs_dir = .
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
x509_extensions = ext
certificate = root.pem
private_key = root.key
[any]
commonName = supplied
`

/** As `openssl ca` has it. */
function generalized(time: number): string {
  return new Date(time).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
}

/** The data of a TLSA record that is for the first certificate of a chain in PEM, RFC 6698 §2.1: `3 1 1 ab…`. */
export function tlsa(usage: number, selector: 0 | 1, matching: 0 | 1 | 2, pem: string): string {
  const certificate = new X509Certificate(pem)
  const data = selector === 0 ? certificate.raw : certificate.publicKey.export({ type: 'spki', format: 'der' })
  const shown =
    matching === 0
      ? data.toString('hex')
      : createHash(matching === 1 ? 'sha256' : 'sha512')
          .update(data)
          .digest('hex')
  return `${usage} ${selector} ${matching} ${shown}`
}
