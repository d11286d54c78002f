import { readFileSync } from 'node:fs'

/** The version of Postern, from the package.json that it was installed with. */
export function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const found = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : undefined
  return typeof found === 'string' ? found : 'unknown'
}

/** What a report of a bug needs: `0.1.0 (Node.js 24.21.0, OpenSSL 3.5.6, linux x64)`. */
export function versionWords(): string {
  const { node, openssl } = process.versions
  return `${version()} (Node.js ${node}, OpenSSL ${openssl}, ${process.platform} ${process.arch})`
}
