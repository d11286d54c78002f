import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { RelayOptions } from '../relay.ts'
import { ftpRelay } from './ftp.ts'
import { describeRelay, type Conversation } from './relay-laws.test.ts'

const GREETING = `
  S: 220 ready
  c: 220 ready`

const LOGIN = `${GREETING}
  C: USER u
  s: USER u
  S: 331 password
  c: 331 password
  C: PASS p
  s: PASS p
  S: 230 in
  c: 230 in`

const IN_TLS = `${LOGIN}
  C: PBSZ 0
  c: 200 PBSZ=0
  C: PROT P
  c: 200 Data goes in TLS`

const at = (address: string): Pick<RelayOptions, 'client'> => ({ client: { address, port: 40_000, localPort: 21 } })
const client = at('192.0.2.7')

const CONVERSATIONS: readonly Conversation[] = [
  {
    why: 'our features take the place of the server’s, RFC 4217 §6, and the others stay as they are',
    talk: `
      S: 220-two
      S: 220 lines
      c: 220-two
      c: 220 lines
      C: FEAT
      s: FEAT
      S: 211-Features:
      S:  AUTH TLS;SSL
      S:  EPSV
      S:  PBSZ
      S:  PROT
      S:  SSCN
      S:  UTF8
      S: 211 End
      c: 211-Features:
      c:  EPSV
      c:  UTF8
      c:  AUTH TLS
      c:  PBSZ
      c:  PROT
      c: 211 End`,
  },
  {
    why: 'a server that has never heard of FEAT is in front of TLS all the same',
    talk: `${GREETING}
      C: FEAT
      s: FEAT
      S: 500 What?
      c: 211-Features:
      c:  AUTH TLS
      c:  PBSZ
      c:  PROT
      c: 211 End`,
  },
  {
    why: 'within TLS there is no AUTH to be had, and without TLS none of the three',
    options: { tls: 'begun' },
    talk: `${GREETING}
      C: FEAT
      s: FEAT
      S: 211 no features
      c: 211-Features:
      c:  PBSZ
      c:  PROT
      c: 211 End
      C: AUTH TLS
      c: 503 TLS has begun already`,
  },
  {
    why: 'a server’s own TLS is nobody’s where the gate has none',
    options: { tls: 'none' },
    talk: `${GREETING}
      C: FEAT
      s: FEAT
      S: 211-Features:
      S:  AUTH TLS
      S: 211 End
      c: 211 No features
      C: AUTH TLS
      c: 502 There is no TLS here
      C: PROT P
      c: 503 Say AUTH TLS first`,
  },
  {
    why: 'TLS by RFC 4217 §4, in a hurry or not, and what was agreed on before it is forgotten',
    talk: `${GREETING}
      C: AUTH
      c: 501 AUTH needs a mechanism
      C: AUTH GSSAPI
      c: 504 Say AUTH TLS
      C: auth tls
      c: 234 Begin TLS
      => tls
      TLS
      C: USER u
      s: USER u`,
  },
  {
    why: 'a hello right behind AUTH belongs to TLS',
    talk: `${GREETING}
      C= AUTH SSL
      C;
      C< 16 03 01
      c: 234 Begin TLS
      => tls 16 03 01`,
  },
  {
    why: 'plain text behind AUTH is nobody’s word, CVE-2011-0411',
    talk: `${GREETING}
      C: AUTH TLS
      C: USER evil
      c: 500 Nothing may follow the request for TLS before TLS
      => end starttls-injection`,
  },
  {
    why: 'what was said in the clear must not be somebody’s in TLS',
    talk: `${LOGIN}
      C: AUTH TLS
      c: 503 Say AUTH TLS before anything else`,
  },
  {
    why: 'what leaves nothing behind may come before AUTH',
    talk: `${GREETING}
      C: SYST
      s: SYST
      S: 215 UNIX Type: L8
      c: 215 UNIX Type: L8
      C: AUTH TLS
      c: 234 Begin TLS
      => tls`,
  },
  {
    why: 'nobody shows a password before TLS where logins are hidden',
    options: { hidesLogin: true },
    talk: `${GREETING}
      C: USER u
      c: 530 Say AUTH TLS first
      C: PASS p
      c: 530 Say AUTH TLS first
      C: NOOP
      s: NOOP
      S: 200 ok
      c: 200 ok`,
  },
  {
    why: 'where there is no TLS, policy alone says so: RFC 2228 §5',
    options: { hidesLogin: true, tls: 'none' },
    talk: `${GREETING}
      C: USER u
      c: 534 Nobody can log in here without TLS`,
  },
  {
    why: 'nothing that matters goes before TLS where it is required',
    options: { tls: 'required' },
    talk: `${GREETING}
      C: PASV
      c: 530 Say AUTH TLS first
      C: STAT
      c: 530 Say AUTH TLS first
      C: QUIT
      s: QUIT
      S: 221 bye
      c: 221 bye
      LOST
      => end quit`,
  },
  {
    why: 'PBSZ and PROT by RFC 4217 §9, CCC by RFC 4217 §5: the gate answers, the server hears nothing',
    options: { tls: 'begun' },
    talk: `${GREETING}
      C: PROT P
      c: 503 Say PBSZ 0 first
      C: PBSZ x
      c: 501 PBSZ needs a number
      C: PBSZ 16384
      c: 200 PBSZ=0
      C: PROT S
      c: 536 TLS has the levels C and P
      C: PROT X
      c: 504 There is no such level
      C: PROT C
      c: 534 Data goes in TLS here
      C: PROT p
      c: 200 Data goes in TLS
      C: CCC
      c: 533 TLS goes on to the end
      C: REIN
      c: 502 REIN is not for here`,
  },
  {
    why: 'data in the clear where it may be, RFC 4217 §9: TLS is offered and not required',
    options: client,
    talk: `${GREETING}
      C: AUTH TLS
      c: 234 Begin TLS
      => tls
      TLS
      C: PBSZ 0
      c: 200 PBSZ=0
      C: PROT C
      c: 200 Data goes in the clear
      C: NLST
      => data transfer down in the clear
      s: NLST
      S: 425 no
      c: 425 no`,
  },
  {
    why: 'data in the clear where TLS is due has a code of its own, RFC 4217 §10.2',
    options: { tls: 'begun', ...client },
    talk: `${LOGIN}
      C: LIST
      c: 521 Data goes in TLS here, say PROT P`,
  },
  {
    why: 'PASV: the gate’s own port in place of the server’s, and the server is asked in the way that knows no addresses',
    options: { tls: 'begun', ...client },
    talk: `${IN_TLS}
      C: PASV
      s: EPSV
      S: 229 Extended Passive Mode Entered (|||40001|)
      => data listen 40001
      C: RETR file
      DATA 198.51.100.1 50001
      c: 227 Entering Passive Mode (198,51,100,1,195,81)
      s: RETR file
      => data transfer down in TLS
      S: 150 here
      c: 150 here
      C: NOOP
      s: NOOP
      C: PASV
      C: NOOP
      S: 226 done
      c: 226 done
      S: 200 ok
      c: 200 ok
      s: EPSV`,
  },
  {
    why: 'EPSV, and a server that knows PASV alone: its address is of no interest',
    options: { tls: 'begun', ...client },
    talk: `${IN_TLS}
      C: EPSV
      s: EPSV
      S: 500 EPSV not understood
      s: PASV
      S: 227 Entering Passive Mode (10,0,0,1,156,65)
      => data listen 40001
      DATA 198.51.100.1 50001
      c: 229 Entering Extended Passive Mode (|||50001|)
      C: APPE file
      s: APPE file
      => data transfer up in TLS
      S: 550 no
      c: 550 no
      C: PASV
      s: PASV
      S: 227 =10,0,0,1,156,66
      => data listen 40002
      NODATA
      c: 425 Cannot open a port for you`,
  },
  {
    why: 'what the server says against a port is for the client, RFC 959 §5.4',
    options: { tls: 'begun', ...client },
    talk: `${GREETING}
      C: PASV
      s: EPSV
      S: 530 Please login with USER and PASS.
      c: 530 Please login with USER and PASS.
      C: EPSV
      s: EPSV
      S: 229 (|||0|)
      c: 425 The server has said no port
      C: EPSV
      s: EPSV
      S: 229 (|||65536|)
      c: 425 The server has said no port`,
  },
  {
    why: 'EPSV by RFC 2428 §3 and §4',
    options: { tls: 'begun', ...client },
    talk: `${GREETING}
      C: EPSV 2
      c: 522 Say EPSV 1, (1)
      C: EPSV ALL
      c: 200 Nothing but EPSV from now on
      C: PASV
      c: 503 You have said EPSV ALL
      C: PORT 192,0,2,7,195,81
      c: 503 You have said EPSV ALL
      C: EPSV 1
      s: EPSV
      S: 229 (|||40001|)
      => data listen 40001`,
  },
  {
    why: 'PORT: the server is asked for a port, and the client is reached before it begins',
    options: { tls: 'begun', ...client },
    talk: `${IN_TLS}
      C: PORT 192,0,2,7,195,81
      s: EPSV
      S: 229 (|||40001|)
      c: 200 Fine
      C: TYPE I
      s: TYPE I
      S: 200 binary
      c: 200 binary
      C: STOR file
      => data connect 50001 40001
      DATA 192.0.2.7 50001
      s: STOR file
      => data transfer up in TLS
      S: 150 go on
      S: 226 done
      c: 150 go on
      c: 226 done`,
  },
  {
    why: 'a server behind that is in TLS gets its data so too, and is asked for it before anybody logs in',
    options: { tls: 'begun', ...client },
    talk: `
      BEHIND
      S: 220 ready
      c: 220 ready
      s: PBSZ 0
      C: USER u
      S: 200 PBSZ=0
      s: PROT P
      S: 200 Protection set
      s: USER u
      S: 230 in
      c: 230 in
      C: PBSZ 0
      c: 200 PBSZ=0
      C: PROT P
      c: 200 Data goes in TLS
      C: LIST
      s: LIST
      => data transfer down in TLS, to the server in TLS`,
  },
  {
    why: 'a server behind that would send its data in the clear, although it is in TLS, sends none',
    options: { tls: 'offered', ...client },
    talk: `
      BEHIND
      S: 220 ready
      c: 220 ready
      s: PBSZ 0
      S: 503 no
      s: PROT P
      S: 534 no
      C: LIST
      c: 425 The server behind takes no data in TLS`,
  },
  {
    why: 'a client that cannot be reached hears so, and the server has not begun',
    options: { tls: 'begun', ...client },
    talk: `${IN_TLS}
      C: EPRT |1|192.0.2.7|50001|
      s: EPSV
      S: 229 (|||40001|)
      c: 200 Fine
      C: LIST
      => data connect 50001 40001
      NODATA
      c: 425 Cannot open a data connection to you`,
  },
  {
    why: 'bounce, RFC 2577 §3: nobody but the client itself, and no port of a service',
    options: { tls: 'begun', ...client },
    talk: `${LOGIN}
      C: PORT 198,51,100,9,195,81
      c: 504 Data goes to your own address alone
      C: EPRT |1|127.0.0.1|50001|
      c: 504 Data goes to your own address alone
      C: PORT 192,0,2,7,0,25
      c: 504 Data goes to no port below 1024
      C: PORT 192,0,2,7,256,1
      c: 501 This is not an address with a port
      C: PORT 192,0,2,7
      c: 501 This is not an address with a port
      C: EPRT |2|::1|50001|
      c: 522 This connection is of another family, (1)
      C: EPRT |3|x|50001|
      c: 501 This is not an address with a port
      C: EPRT |3|10|50001|
      c: 522 This connection is of another family, (1)
      C: EPRT |1|192.0.2.7|99999|
      c: 501 This is not an address with a port
      C: LPRT 4,4,192,0,2,7,2,195,81
      c: 502 LPRT is not for here`,
  },
  {
    why: 'IPv6: however the address is abbreviated, and nothing that has no place for it',
    options: { tls: 'begun', ...at('2001:db8::7') },
    talk: `${LOGIN}
      C: PASV
      c: 502 PASV has no place for IPv6, say EPSV
      C: EPRT |2|2001:db8::8|50001|
      c: 504 Data goes to your own address alone
      C: EPRT |2|2001:0DB8:0:0::7|50001|
      s: EPSV
      S: 229 (|||40001|)
      c: 200 Fine`,
  },
  {
    why: 'no address, as lftp says it, is that of the client',
    options: { tls: 'begun', ...at('2001:db8::7') },
    talk: `${LOGIN}
      C: EPRT |2|::|50001|
      s: EPSV
      S: 229 (|||40001|)
      c: 200 Fine`,
  },
  {
    why: 'without the client’s address nothing is opened towards it',
    options: { tls: 'begun' },
    talk: `${LOGIN}
      C: PORT 192,0,2,7,195,81
      c: 504 Data goes to your own address alone`,
  },
  {
    why: 'ABOR while something is carried, with and without the words of telnet before it, RFC 959 §4.1.3',
    options: { hidesLogin: false, ...client },
    talk: `${LOGIN}
      C: RETR file
      s: RETR file
      => data transfer down in the clear
      S: 150 here
      c: 150 here
      C< ff f4 ff f2 41 42 4f 52 0d 0a
      s: ABOR
      => data abort
      S: 426 broken off
      S: 226 fine
      c: 426 broken off
      c: 226 fine
      C: PWD
      s: PWD`,
  },
  {
    why: 'a command waits for the answer to the one before it, and no more than a few go while something is carried',
    options: client,
    talk: `${LOGIN}
      C: CWD a
      C: CWD b
      s: CWD a
      S: 250 a
      c: 250 a
      s: CWD b
      S: 250 b
      c: 250 b
      C: LIST
      s: LIST
      => data transfer down in the clear
      S: 125 go
      c: 125 go
      ${'C: NOOP\n'.repeat(9)}
      ${'s: NOOP\n'.repeat(7)}
      S: 226 done
      c: 226 done
      s: NOOP
      S: 200 ok
      c: 200 ok
      s: NOOP`,
  },
  {
    why: 'lines inside a reply may look like its end, RFC 959 §4.2',
    talk: `${LOGIN}
      C: STAT .
      s: STAT .
      S: 213-begin
      S: 213-not the end
      S: 200 nor this
      S: 213x
      S: 213 end
      c: 213-begin
      c: 213-not the end
      c: 200 nor this
      c: 213x
      c: 213 end
      C: PWD
      s: PWD`,
  },
  {
    why: '120 is no greeting yet, and the service that has none says good-bye',
    talk: `
      S: 120 in a minute
      S: 421 not today
      c: 120 in a minute
      c: 421 not today
      LOST
      => end quit`,
  },
  {
    why: 'a server that is lost is 421, in the middle of a reply too',
    talk: `${LOGIN}
      C: STAT
      s: STAT
      S: 211-begin
      c: 211-begin
      LOST
      c: 211 Incomplete
      c: 421 The server cannot be reached, try again later
      => end server-lost`,
  },
  {
    why: 'a server that was never there',
    talk: `
      LOST
      c: 421 The server cannot be reached, try again later
      => end server-lost`,
  },
  {
    why: 'what is no reply, RFC 959 §4.2',
    talk: `${LOGIN}
      C: PWD
      s: PWD
      S: hello
      c: 421 The server cannot be understood, try again later
      => end server-misbehaves`,
  },
  {
    why: 'protected replies (RFC 2228 §8) are for whom they are made',
    talk: `
      S: 631 abc
      c: 421 The server cannot be understood, try again later
      => end server-misbehaves`,
  },
  {
    why: 'whose TLS is too weak hears so before it shows a password, in words',
    talk: `${GREETING}
      C: AUTH TLS
      c: 234 Begin TLS
      => tls
      AWAY TLS 1.2 is needed here
      TLS
      C: FEAT
      c: 530 TLS 1.2 is needed here
      C: PBSZ 0
      c: 200 PBSZ=0
      C: USER u
      c: 530 TLS 1.2 is needed here
      C: QUIT
      c: 221 Good-bye
      => end turned-away`,
  },
  {
    why: 'with TLS from the start the first word says so',
    options: { tls: 'begun' },
    talk: `
      AWAY TLS 1.2 is needed here
      c: 530 TLS 1.2 is needed here
      => end turned-away`,
  },
  {
    why: 'who comes when there are too many may come again',
    talk: `
      AWAY? Too many
      c: 421 Too many
      => end turned-away`,
  },
  {
    why: 'an HTTP request is none of ours',
    talk: `${GREETING}
      C: GET / HTTP/1.1
      c: 500 This is another protocol
      => end not-the-protocol`,
  },
  {
    why: 'a hello where none is due would take words for a broken record',
    talk: `${GREETING}
      C< 16 03 01 00
      => end not-the-protocol`,
  },
  {
    why: 'who says what cannot be read hears so, and not for ever',
    talk: `${GREETING}
      C< 55 53 45 52 20 00 0d 0a
      c: 501 This is not a command
      C: U
      c: 501 This is not a command
      ${'C: PASV-\n'.repeat(18)}
      ${'c: 501 This is not a command\n'.repeat(18)}
      c: 500 Too many errors
      => end too-many-errors`,
  },
  {
    why: 'a line beyond the limit ends the connection',
    options: { longestLine: 20 },
    talk: `${GREETING}
      C: STOR a-name-that-is-long
      c: 500 The line is too long
      => end line-too-long`,
  },
]

describeRelay('ftp', ftpRelay, CONVERSATIONS, {
  floods: [
    'a',
    'FEAT\r\n',
    'NOOP\r\n',
    'PASV\r\n',
    'RETR x\r\n',
    '220 x\r\n',
    '211-x\r\n',
    ' y\r\n',
    '150 x\r\n',
    '229 (|||4000|)\r\n',
    '\r\n',
    '\x16',
  ],
  beforeTls: /^(?:(?:FEAT|HELP|NOOP|SYST|QUIT)(?: |$)|PBSZ 0$|PROT P$)/i,
})

describe('a relay of FTP', () => {
  test('says nothing of a data connection that nobody waits for', () => {
    const relay = ftpRelay({ tls: 'begun', hidesLogin: false, longestLine: 1000, gateName: 'gate.example' })
    assert.deepEqual(relay.dataReady?.({ address: '192.0.2.1', port: 1 }), {})
  })
})
