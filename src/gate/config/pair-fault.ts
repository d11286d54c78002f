import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { certificatesIn } from '../tls/pem.ts'
import type { PairProblem } from './read-identity.ts'

/** A file of a configuration, as it is named there, and what is in it. */
interface PemFile {
  readonly file: string
  readonly pem: string
}

/** Why a certificate and a key cannot be used, or undefined where they can. */
export function pairFault({ certificate, key }: { readonly certificate: PemFile; readonly key: PemFile }): PairProblem | undefined {
  const chain = certificatesIn(certificate.pem)
  if (chain.length === 0) {
    const remedy = `Name a file with -----BEGIN CERTIFICATE-----. Out of DER: openssl x509 -inform DER -in ${certificate.file} -out …`
    return { word: 'certificate', what: `${certificate.file} has no certificate in PEM`, remedy }
  }
  const parsed = chain.map(parsedCertificate)
  const damaged = parsed.indexOf(undefined)
  if (damaged >= 0) {
    const what = `certificate ${damaged + 1} in ${certificate.file} is damaged`
    return { word: 'certificate', what, remedy: 'Fetch the file anew from whoever issued it.' }
  }
  const found = privateKey(key)
  if ('what' in found) return found
  return mismatch(
    certificate,
    key,
    parsed.findIndex((one) => one?.checkPrivateKey(found.key)),
  )
}

/** `owner`: the place of the certificate whose key it is; -1 for none of them. */
function mismatch({ file }: PemFile, key: PemFile, owner: number): PairProblem | undefined {
  if (owner === 0) return undefined
  if (owner > 0) {
    const what = `the certificates in ${file} stand in the wrong order: the key is for number ${owner + 1}`
    return { word: 'certificate', what, remedy: 'Put the own certificate first, and behind each the one that certifies it.' }
  }
  const remedy = `Compare: openssl x509 -in ${file} -noout -pubkey; openssl pkey -in ${key.file} -pubout`
  return { word: 'key', what: `the key in ${key.file} is not for the certificate in ${file}`, remedy }
}

function privateKey({ file, pem }: PemFile): { readonly key: KeyObject } | PairProblem {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem))
    return { word: 'key', what: `${file} has no private key in PEM`, remedy: 'Name its file with key: FILE.' }
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem)) {
    const remedy = `Nobody is there to type its passphrase. Type: (umask 077; openssl pkey -in ${file} -out open.key) and name that file.`
    return { word: 'key', what: `the private key in ${file} is encrypted`, remedy }
  }
  try {
    return { key: createPrivateKey(pem) }
  } catch {
    return { word: 'key', what: `the private key in ${file} is damaged`, remedy: `Look at it: openssl pkey -in ${file} -noout -check` }
  }
}

function parsedCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}
