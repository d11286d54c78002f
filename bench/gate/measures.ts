import type { ContenderName } from './contenders.ts'

/** One row of the table. */
export interface Measure {
  readonly id: string
  readonly title: string
  readonly unit: string
  readonly on: readonly ContenderName[]
  readonly door: 'tls' | 'imap'
  /** Words of the load generator, without where and how long. */
  readonly load: readonly string[]
  readonly figure: (told: Told) => number
  /** Which of two is better. */
  readonly better: 'more' | 'less'
  readonly bars: readonly Bar[]
}

/** The gate's figure, divided by that of the other. */
export interface Bar {
  readonly of: ContenderName
  readonly against: ContenderName
  readonly least?: number
  readonly most?: number
}

/** What the load generator says when it is done. */
export interface Told {
  readonly secs: number
  readonly rate: number
  readonly MBps: number
  readonly p50us: number
  readonly p99us: number
  readonly errs: number
  readonly done: number
  readonly reused: number
  readonly establ: number
  /** Its own share of a processor. */
  readonly gen_cpu: number
}

const ALL: readonly ContenderName[] = ['gate', 'haproxy', 'nginx', 'stunnel']
/** Where a connection is most of the work: with what Node takes for it by itself. */
const WITH_BARE: readonly ContenderName[] = [...ALL, 'bare']
const gate = (against: ContenderName, least: number): Bar => ({ of: 'gate', against, least })
const HANDSHAKES = [gate('haproxy', 1), gate('nginx', 1), gate('stunnel', 2)]
const THROUGHPUT = [gate('haproxy', 1), gate('nginx', 1)]
const TLS12 = ['-V', '1.2', '-G', 'X25519:P-256']

function handshakes(id: string, title: string, words: readonly string[], on: readonly ContenderName[] = WITH_BARE): Measure {
  const bars = HANDSHAKES.filter(({ against }) => on.includes(against))
  const load = ['hs', '-c', '32', ...words]
  return { id, title, unit: '/s', on, door: 'tls', load, figure: ({ rate }) => rate, better: 'more', bars }
}

function bulk(id: string, title: string, words: readonly string[]): Measure {
  const load = ['bulk', ...words]
  return { id, title, unit: 'MB/s', on: ALL, door: 'tls', load, figure: ({ MBps }) => MBps, better: 'more', bars: THROUGHPUT }
}

function imap(id: string, title: string, words: readonly string[]): Measure {
  const load = ['imap', '-c', '32', ...words]
  return {
    id,
    title,
    unit: '/s',
    on: ['gate', 'nginx'],
    door: 'imap',
    load,
    figure: ({ rate }) => rate,
    better: 'more',
    bars: [gate('nginx', 2)],
  }
}

function latency(id: string, title: string, figure: Measure['figure'], bars: readonly Bar[]): Measure {
  const load = ['lat', '-c', '20', '-r', '2000', '-s', '200', '-w', '0.8']
  return { id, title, unit: 'µs', on: ALL, door: 'tls', load, figure, better: 'less', bars }
}

/** Two of one load are taken in one run. */
export const MEASURES: readonly Measure[] = [
  handshakes('full13', 'full handshakes, TLS 1.3, ECDSA P-256', []),
  handshakes(
    'full13rsa',
    'full handshakes, TLS 1.3, RSA 2048',
    ['-A', 'rsa_pss_rsae_sha256:rsa_pkcs1_sha256'],
    ['gate', 'haproxy', 'nginx', 'bare'],
  ),
  handshakes('resumed13', 'resumed handshakes, TLS 1.3', ['-R']),
  handshakes('full12', 'full handshakes, TLS 1.2, ECDSA P-256', TLS12),
  handshakes('resumed12', 'resumed handshakes, TLS 1.2', [...TLS12, '-R']),
  bulk('down1', 'download, 1 connection', ['-c', '1']),
  bulk('down50', 'download, 50 connections', ['-c', '50']),
  bulk('up1', 'upload, 1 connection', ['-c', '1', '-b', 'U']),
  bulk('up50', 'upload, 50 connections', ['-c', '50', '-b', 'U']),
  latency('p50', 'latency at 2,000 requests/s, median', ({ p50us }) => p50us, []),
  latency('p99', 'latency at 2,000 requests/s, 99 %', ({ p99us }) => p99us, [{ of: 'gate', against: 'haproxy', most: 1.2 }]),
  imap('imap', 'IMAP with STARTTLS, full handshakes', []),
  imap('imapResumed', 'IMAP with STARTTLS, resumed handshakes', ['-R']),
  {
    ...handshakes(
      'look',
      'full handshakes, TLS 1.3, over handles, without and with a look into the hello',
      [],
      ['handles', 'handles, looking'],
    ),
    bars: [{ of: 'handles, looking', against: 'handles', least: 0.95 }],
  },
]
