import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { dialectByName, doorOfScheme, guessByBanner, guessDialect, guessDoor, schemes } from './guess.ts'

describe('guessDoor()', () => {
  const doors: readonly (readonly [port: number, dialect: string, scheme: string, tls: string])[] = [
    [25, 'smtp', 'smtp', 'starttls'],
    [24, 'lmtp', 'lmtp', 'starttls'],
    [465, 'smtp', 'smtps', 'implicit'],
    [587, 'submission', 'submission', 'starttls'],
    [143, 'imap', 'imap', 'starttls'],
    [993, 'imap', 'imaps', 'implicit'],
    [110, 'pop3', 'pop3', 'starttls'],
    [995, 'pop3', 'pop3s', 'implicit'],
    [4190, 'sieve', 'sieve', 'starttls'],
    [21, 'ftp', 'ftp', 'starttls'],
    [990, 'ftp', 'ftps', 'implicit'],
    [119, 'nntp', 'nntp', 'starttls'],
    [563, 'nntp', 'nntps', 'implicit'],
    [389, 'ldap', 'ldap', 'starttls'],
    [3268, 'ldap', 'ldap', 'starttls'],
    [636, 'ldap', 'ldaps', 'implicit'],
    [3269, 'ldap', 'ldaps', 'implicit'],
    [5222, 'xmpp', 'xmpp', 'starttls'],
    [5223, 'xmpp', 'xmpps', 'implicit'],
    [5269, 'xmpp-server', 'xmpp-server', 'starttls'],
    [5270, 'xmpp-server', 'xmpps-server', 'implicit'],
    [5432, 'postgres', 'postgres', 'starttls'],
    [3306, 'mysql', 'mysql', 'starttls'],
    [6667, 'irc', 'irc', 'starttls'],
    [6697, 'irc', 'ircs', 'implicit'],
    [443, 'tls', 'https', 'implicit'],
    [8443, 'tls', 'https', 'implicit'],
    [853, 'tls', 'tls', 'implicit'],
  ]
  for (const [port, dialect, scheme, tls] of doors) {
    test(`port ${port} is ${scheme}`, () => {
      const guess = guessDoor(port)
      assert.deepEqual([guess?.dialect.name, guess?.door.scheme, guess?.door.tls], [dialect, scheme, tls])
      assert.equal(guessDialect(port)?.name, dialect)
    })
  }

  test('a port that means nothing is not guessed', () => assert.equal(guessDoor(12345), undefined))
})

describe('doorOfScheme()', () => {
  test('the default port of a scheme is the first of its doors', () => {
    assert.equal(doorOfScheme('https')?.door.port, 443)
    assert.equal(doorOfScheme('tls')?.door.port, 443)
    assert.equal(doorOfScheme('ldaps')?.door.port, 636)
    assert.equal(doorOfScheme('submissions')?.dialect.name, 'submission')
    assert.equal(doorOfScheme('postgresql')?.door.port, 5432)
    assert.equal(doorOfScheme('gopher'), undefined)
  })

  test('every scheme has a door', () => {
    for (const scheme of schemes()) assert.equal(doorOfScheme(scheme)?.door.scheme, scheme)
    assert.equal(new Set(schemes()).size, schemes().length)
  })
})

test('dialectByName() finds by name only', () => {
  assert.equal(dialectByName('xmpp-server')?.title, 'XMPP between servers')
  assert.equal(dialectByName('SMTP'), undefined)
})

describe('guessByBanner()', () => {
  const banners: readonly (readonly [banner: string, dialect: string | undefined])[] = [
    ['220 mail.example.test ESMTP Postfix\r\n', 'smtp'],
    ['220-mail.example.test ESMTP please wait\r\n', 'smtp'],
    ['220 sftp.example.net SMTP\r\n', 'smtp'],
    ['220 mail.example.net ready\r\n', 'smtp'],
    ['220 mail.example.net ready\r\nWe have no FTP here\r\n', 'smtp'],
    ['421 too many connections\r\n', 'smtp'],
    ['554 no\r\n', 'smtp'],
    ['220 foo.edu LMTP server ready\r\n', 'lmtp'],
    ['220 (vsFTPd 3.0.3)\r\n', 'ftp'],
    ['220---------- Welcome to Pure-FTPd [privsep] [TLS] ----------\r\n', 'ftp'],
    ['421 FTP server is full\r\n', 'ftp'],
    ['201 mail.example.test InterNetNews NNRP server\r\n', 'nntp'],
    ['* OK [CAPABILITY IMAP4rev1] Dovecot ready.\r\n', 'imap'],
    ['* BYE busy\r\n', 'imap'],
    ['+OK Dovecot ready.\r\n', 'pop3'],
    ['-ERR busy\r\n', 'pop3'],
    ['"IMPLEMENTATION" "Dovecot Pigeonhole"\r\n', 'sieve'],
    [':irc.example.net NOTICE * :*** Looking up your hostname...\r\n', 'irc'],
    ['NOTICE AUTH :*** Looking up your hostname...\r\n', 'irc'],
    ['d\0\0\0\n5.5.5-10.11.19-MariaDB\0', 'mysql'],
    ['\x17\0\0\0\xff\x10\x04Too many connections', 'mysql'],
    ['SSH-2.0-OpenSSH_9.2\r\n', undefined],
    ['HTTP/1.1 400 Bad Request\r\n', undefined],
    ['', undefined],
  ]
  for (const [banner, dialect] of banners) {
    test(`${JSON.stringify(banner)} is ${dialect ?? 'nothing that we know'}`, () => assert.equal(guessByBanner(banner)?.name, dialect))
  }
})
