import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { PosternError } from '../errors.ts'
import type { Adapter } from './adapter.ts'
import { PRODUCTS } from './adapters.ts'
import { installed, recognise, type RecogniseOptions } from './recognise.ts'
import { keyValueAdapter } from './testdata/key-value.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-recognise-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string): string => join(folder, name)

const TEXT = 'server.protocols = TLSv1.2\n'
const other: Adapter = {
  ...keyValueAdapter,
  product: 'vsftpd',
  title: 'vsftpd',
  places: ['C:\\Program Files\\vsftpd\\vsftpd.conf', at('installed.conf'), '/etc/vsftpd-tls.conf'],
  recognises: (file) => (file.text.startsWith('ssl_enable') ? 1 : 0),
}
const adapters = [keyValueAdapter, other]
const options: RecogniseOptions = { adapters }

writeFileSync(at('key-value.conf'), TEXT)
writeFileSync(at('renamed.txt'), TEXT)
writeFileSync(at('ftp.conf'), 'ssl_enable=YES\n')
writeFileSync(at('empty.conf'), ' \r\n')
writeFileSync(at('stranger.conf'), '\n  <html>\n')
writeFileSync(at('binary.conf'), 'ELF\0')
writeFileSync(at('wide.conf'), Buffer.from('\ufeffserver', 'utf16le'))
writeFileSync(at('huge.conf'), TEXT)
truncateSync(at('huge.conf'), 100 * 1024 * 1024)
symlinkSync('key-value.conf', at('link.conf'))
symlinkSync('nowhere', at('broken.conf'))
mkdirSync(at('nothing'))
mkdirSync(at('both'))
writeFileSync(join(at('both'), 'key-value.conf'), TEXT)
writeFileSync(join(at('both'), 'vsftpd.conf'), 'ssl_enable=YES\n')
mkdirSync(at('several'))
writeFileSync(join(at('several'), 'vsftpd-tls.conf'), 'ssl_enable=YES\n')
writeFileSync(join(at('several'), 'vsftpd.conf'), 'ssl_enable=YES\n')
spawnSync('mkfifo', [at('pipe.conf')])

describe('recognise()', () => {
  const found: readonly (readonly [why: string, path: string | undefined, product: string, more?: Partial<RecogniseOptions>])[] = [
    ['a file by its name and content', at('key-value.conf'), 'courier'],
    ['a file with another name by its content', at('renamed.txt'), 'courier'],
    ['another product', at('ftp.conf'), 'vsftpd'],
    ['the known names in a folder', folder, 'courier'],
    ['a product with several files once', at('several'), 'vsftpd'],
    ['one product of several in a folder', at('both'), 'vsftpd', { product: 'vsftpd' }],
    ['a link, when told to', at('link.conf'), 'courier', { follow: true }],
  ]
  for (const [why, path, product, more = {}] of found) {
    test(`finds ${why}`, () => assert.equal(recognise(path, { ...options, ...more }).adapter.product, product))
  }

  test('is through with a file of blank lines as fast as with any other', () => {
    for (const blank of ['\t \t\n', '\n', '\r', ' ', '\r\r\n'])
      for (const { product, recognises } of PRODUCTS) {
        const began = performance.now()
        recognises({ path: 'some.conf', text: `a${blank.repeat(200_000)}b` })
        assert.ok(performance.now() - began < 5000, `${product}, ${JSON.stringify(blank)}`)
      }
  })

  test('finds what is installed when nothing is named', () => {
    writeFileSync(at('installed.conf'), 'ssl_enable=YES\n')
    assert.equal(recognise(undefined, options).file.path, at('installed.conf'))
    const both = { adapters: [{ ...keyValueAdapter, places: [at('key-value.conf')] }, other] }
    assert.deepEqual(installed(both), [at('key-value.conf'), at('installed.conf')])
    assert.throws(() => recognise(undefined, both), { code: 'SETTINGS_SEVERAL' })
    rmSync(at('installed.conf'))
    assert.throws(() => recognise(undefined, options), { code: 'SETTINGS_NOT_FOUND' })
    assert.throws(() => installed(options), { code: 'SETTINGS_NOT_FOUND' })
  })

  const refused: readonly (readonly [why: string, path: string, code: string, said: RegExp, more?: Partial<RecogniseOptions>])[] = [
    ['what is not there', at('missing'), 'SETTINGS_UNREADABLE', /it is not there/],
    ['a pipe, without waiting for it', at('pipe.conf'), 'SETTINGS_UNREADABLE', /it is a pipe/],
    ['a device', '/dev/zero', 'SETTINGS_UNREADABLE', /it is a device/],
    ['a link to a device', at('zero.conf'), 'SETTINGS_UNREADABLE', /no file/, { follow: true }],
    ['a link', at('link.conf'), 'SETTINGS_SYMLINK', /symbolic link to .*key-value\.conf/],
    ['a link that leads nowhere', at('broken.conf'), 'SETTINGS_UNREADABLE', /leads nowhere/, { follow: true }],
    ['a folder without settings', at('nothing'), 'SETTINGS_NOT_FOUND', /none of key-value\.conf, vsftpd\.conf/],
    ['a folder with settings of several', at('both'), 'SETTINGS_SEVERAL', /key-value\.conf \(Key-value server\).*vsftpd/],
    ['100 MB', at('huge.conf'), 'SETTINGS_SIZE', /100 MB/],
    ['an empty file', at('empty.conf'), 'SETTINGS_EMPTY', /empty/],
    ['a binary', at('binary.conf'), 'SETTINGS_BINARY', /byte 4 is zero/],
    ['UTF-16', at('wide.conf'), 'SETTINGS_BINARY', /UTF-16/],
    [
      'what nobody writes, without showing what stands in it',
      at('stranger.conf'),
      'SETTINGS_PRODUCT',
      /no product that Postern knows writes such a file$/,
    ],
    ["another product's file", at('ftp.conf'), 'SETTINGS_PRODUCT', /settings of vsftpd, not of courier/, { product: 'courier' }],
    ['a product that there is not', at('ftp.conf'), 'SETTINGS_PRODUCT', /no such product/, { product: 'nosuch' }],
  ]
  symlinkSync('/dev/zero', at('zero.conf'))
  for (const [why, path, code, said, more = {}] of refused) {
    test(`refuses ${why}`, () => {
      const before = readdirSync(folder)
      assert.throws(
        () => recognise(path, { ...options, ...more }),
        (error) => {
          assert.ok(error instanceof PosternError)
          assert.equal(error.code, code, error.message)
          assert.match(error.message, said)
          assert.match(error.remedy ?? '', /\.$/)
          return true
        },
      )
      assert.deepEqual(readdirSync(folder), before)
    })
  }

  test('refuses what may not be read', { skip: process.getuid?.() === 0 && 'root may read everything' }, () => {
    writeFileSync(at('denied.conf'), TEXT)
    chmodSync(at('denied.conf'), 0)
    assert.throws(() => recognise(at('denied.conf'), options), { code: 'SETTINGS_UNREADABLE', message: /you may not read it/ })
  })
})
