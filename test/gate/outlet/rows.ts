import type { Site } from './policy-sites.ts'
import { tlsa } from './authority.ts'
import { ownLoopback } from './own-loopback.ts'

/** A mail host by what it shows; each has an address of its own. */
export type Kind = 'good' | 'expired' | 'selfmade' | 'misnamed' | 'none' | 'old' | 'requiring'

/** A mail host that is `good`, behind somebody who strips STARTTLS, refuses it, or breaks TLS. */
export type Between = 'stripped' | 'refusing' | 'broken'

export const ADDRESSES: Readonly<Record<Kind | Between | 'sites', string>> = {
  sites: ownLoopback(1),
  good: ownLoopback(2),
  expired: ownLoopback(3),
  selfmade: ownLoopback(4),
  misnamed: ownLoopback(5),
  none: ownLoopback(6),
  stripped: ownLoopback(7),
  refusing: ownLoopback(8),
  broken: ownLoopback(9),
  old: ownLoopback(10),
  requiring: ownLoopback(11),
}

/** Outlets of the gate, which differ in what they demand. */
export type Outlet = 'out' | 'required' | 'dane' | 'secure' | 'observing'

/** What it comes in, by what was found of the certificate; or the reply. */
export type Becomes = 'by DANE' | 'by an authority' | 'in TLS with anybody' | 'in the clear' | RegExp

export interface Row {
  readonly why: string
  /** Of its domain and of its mail host. */
  readonly label: string
  readonly at: Kind | Between
  /** Data of TLSA records. */
  readonly tlsa?: readonly string[]
  readonly site?: Site
  readonly outlet: Outlet
  readonly becomes: Becomes
  /** The domain, where it is not the label's own. */
  readonly domain?: string
}

/** PEM of what the rows name. */
export interface Shown {
  readonly root: string
  readonly leaf: Readonly<Record<'good' | 'expired' | 'selfmade' | 'misnamed', string>>
}

const WRONG = 'ab'.repeat(32)
const NO_STARTTLS = /^451 4\.7\.4 mx-\S+ \[127\.[\d.]+\] offers no STARTTLS, and nothing goes there in the clear/
const NOT_THE_ONE = /^451 4\.7\.5 mx-\S+ \[127\.[\d.]+\] cannot be believed: its certificate is not that of TLSA /

/** RFC 7672 §2.2, §3.1. */
function daneRows({ root, leaf }: Shown): readonly Row[] {
  const right = tlsa(3, 1, 1, leaf.good)
  const rows: readonly (readonly [
    why: string,
    label: string,
    at: Row['at'],
    tlsa: readonly string[],
    becomes: Becomes,
    outlet?: Outlet,
  ])[] = [
    ...([0, 1] as const).flatMap((selector) =>
      ([0, 1, 2] as const).flatMap((matching) => [
        [`DANE-TA 2 ${selector} ${matching}`, `ta-${selector}${matching}`, 'good', [tlsa(2, selector, matching, root)], 'by DANE'] as const,
        [
          `DANE-EE 3 ${selector} ${matching}`,
          `ee-${selector}${matching}`,
          'good',
          [tlsa(3, selector, matching, leaf.good)],
          'by DANE',
        ] as const,
      ]),
    ),
    ['another authority', 'ta-wrong', 'good', [`2 0 1 ${WRONG}`], NOT_THE_ONE],
    ['another certificate', 'ee-wrong', 'good', [`3 1 1 ${WRONG}`], NOT_THE_ONE],
    ['the wrong one of two servers', 'ee-other', 'selfmade', [right], NOT_THE_ONE],
    ['DANE-EE does not look at dates', 'ee-expired', 'expired', [tlsa(3, 1, 1, leaf.expired)], 'by DANE'],
    [
      'DANE-TA does',
      'ta-expired',
      'expired',
      [tlsa(2, 0, 1, root)],
      /^451 4\.7\.5 .* and is refused: certificate has expired; that is demanded by TLSA records/,
    ],
    ['DANE-EE does not look at names', 'ee-name', 'misnamed', [tlsa(3, 1, 1, leaf.misnamed)], 'by DANE'],
    ['DANE-TA does', 'ta-name', 'misnamed', [tlsa(2, 0, 1, root)], /^451 4\.7\.5 .* is made out to none of /],
    ['DANE-EE needs no authority', 'ee-alone', 'selfmade', [tlsa(3, 1, 1, leaf.selfmade)], 'by DANE'],
    ['the old one and the new', 'rolled', 'good', [`3 1 1 ${WRONG}`, right], 'by DANE'],
    ['another authority, and the certificate', 'mixed', 'good', [`2 0 1 ${WRONG}`, right], 'by DANE'],
    ['one that nobody can use, and the certificate', 'mixed-unusable', 'good', [tlsa(1, 1, 1, leaf.good), right], 'by DANE'],
    [
      'one that would be right and cannot be used, and a wrong one',
      'mixed-wrong',
      'good',
      [tlsa(1, 1, 1, leaf.good), `3 1 1 ${WRONG}`],
      NOT_THE_ONE,
    ],
    ['PKIX-TA cannot be used for mail: TLS with anybody', 'pkix-ta', 'selfmade', [tlsa(0, 0, 1, root)], 'in TLS with anybody'],
    ['nor can PKIX-EE', 'pkix-ee', 'selfmade', [tlsa(1, 1, 1, leaf.good)], 'in TLS with anybody'],
    ['nor what is no digest', 'damaged', 'selfmade', ['3 1 1 abcd'], 'in TLS with anybody'],
    ['nor what nobody knows', 'unknown', 'selfmade', [`9 1 1 ${WRONG}`], 'in TLS with anybody'],
    ['but never in the clear', 'pkix-none', 'none', [tlsa(1, 1, 1, leaf.good)], NO_STARTTLS],
    ['no STARTTLS', 'ee-none', 'none', [right], NO_STARTTLS],
    ['STARTTLS that somebody strips', 'ee-stripped', 'stripped', [right], NO_STARTTLS],
    ['STARTTLS that somebody refuses', 'ee-refusing', 'refusing', [right], /^451 4\.7\.4 .* refuses STARTTLS: TLS not available/],
    ['TLS that somebody breaks', 'ee-broken', 'broken', [right], /^451 4\.7\.5 .* find no TLS under the policy/],
    [
      'TLS 1.0, where nobody has chosen a stage',
      'ee-old',
      'old',
      [right],
      /^451 4\.7\.5 .* takes none of TLSv1\.2 or TLSv1\.3, and the policy/,
    ],
    ['TLS 1.0 by a stage that was chosen', 'ee-observed', 'old', [right], 'by DANE', 'observing'],
    ['DANE alone', 'only', 'good', [right], 'by DANE', 'dane'],
    [
      'and nobody without it',
      'only-not',
      'good',
      [],
      /^451 4\.7\.5 mx-only-not\S+ has no DANE \(it has no TLSA record\), and tls: dane of /,
      'dane',
    ],
    ['REQUIRETLS, by DANE', 'strict', 'requiring', [right], 'by DANE', 'secure'],
    ['REQUIRETLS, by an authority and signed MX records', 'strict-name', 'requiring', [], 'by an authority', 'secure'],
    [
      'REQUIRETLS, and nobody is like that',
      'strict-selfmade',
      'selfmade',
      [],
      /^550 5\.7\.10 REQUIRETLS: .* cannot be believed: .* demanded by REQUIRETLS of the message/,
      'secure',
    ],
    [
      'REQUIRETLS, and records that nobody can use',
      'strict-pkix',
      'selfmade',
      [tlsa(1, 1, 1, leaf.good)],
      /^550 5\.7\.10 REQUIRETLS: /,
      'secure',
    ],
    [
      'REQUIRETLS, which is not offered',
      'strict-not',
      'good',
      [right],
      /^550 5\.7\.30 REQUIRETLS: mx-strict-not\S+ \[127\.[\d.]+\.2\] does not offer it/,
      'secure',
    ],
    [
      'REQUIRETLS, and somebody strips STARTTLS',
      'strict-stripped',
      'stripped',
      [],
      /^550 5\.7\.10 REQUIRETLS: .* offers no STARTTLS/,
      'secure',
    ],
  ]
  return rows.map(([why, label, at, records, becomes, outlet = 'out']) => ({ why, label, at, tlsa: records, outlet, becomes }))
}

/** RFC 8461 §4, §5. */
function stsRows(): readonly Row[] {
  const enforce: Site = { kind: 'policy', mode: 'enforce', mx: '*.rows.example' }
  const rows: readonly (readonly [why: string, label: string, at: Row['at'], site: Site, becomes: Becomes, outlet?: Outlet])[] = [
    ['the certificate that is meant', 'sts-good', 'good', enforce, 'by an authority'],
    [
      'another mail host',
      'sts-mx',
      'good',
      { ...enforce, mx: 'other.rows.example' },
      /^451 4\.7\.5 mx-sts-mx\S+ is not among the mail hosts of the MTA-STS policy of sts-mx\.d\.rows\.example/,
    ],
    [
      'a certificate of nobody',
      'sts-selfmade',
      'selfmade',
      enforce,
      /^451 4\.7\.5 .* is not trusted \(\w+\); that is demanded by the MTA-STS policy of sts-selfmade\.d\.rows\.example/,
    ],
    ['an expired one', 'sts-expired', 'expired', enforce, /^451 4\.7\.5 .* is not trusted \(CERT_HAS_EXPIRED\)/],
    ['one for another', 'sts-name', 'misnamed', enforce, /^451 4\.7\.5 .* its certificate is not for mx-sts-name\.rows\.example/],
    ['no STARTTLS', 'sts-none', 'none', enforce, NO_STARTTLS],
    ['STARTTLS that somebody strips', 'sts-stripped', 'stripped', enforce, NO_STARTTLS],
    ['STARTTLS that somebody refuses', 'sts-refusing', 'refusing', enforce, /^451 4\.7\.4 .* refuses STARTTLS/],
    ['TLS that somebody breaks', 'sts-broken', 'broken', enforce, /^451 4\.7\.5 .* find no TLS under the policy/],
    ['TLS 1.0', 'sts-old', 'old', enforce, /^451 4\.7\.5 .* takes none of TLSv1\.2 or TLSv1\.3/],
    ['a policy that is only tested', 'sts-testing', 'stripped', { ...enforce, mode: 'testing' }, 'in the clear'],
    [
      'a policy in a certificate that has expired is none',
      'sts-site-expired',
      'stripped',
      { kind: 'expired', mx: '*.rows.example' },
      'in the clear',
    ],
    ['a redirect counts for nothing', 'sts-redirect', 'stripped', { kind: 'redirect' }, 'in the clear'],
    ['nor do 20 MB', 'sts-huge', 'stripped', { kind: 'huge' }, 'in the clear'],
    ['but where TLS is required, it is', 'sts-huge-required', 'stripped', { kind: 'huge' }, NO_STARTTLS, 'required'],
  ]
  return rows.map(([why, label, at, site, becomes, outlet = 'out']) => ({ why, label, at, site, outlet, becomes }))
}

/** What is said in DNS by nobody in particular, and what somebody else says in its place. */
function otherRows({ leaf }: Shown): readonly Row[] {
  const right = tlsa(3, 1, 1, leaf.good)
  const rows: readonly (Omit<Row, 'outlet'> & { readonly outlet?: Outlet })[] = [
    {
      why: 'DANE comes before MTA-STS, RFC 8461 §2',
      label: 'both',
      at: 'good',
      tlsa: [right],
      site: { kind: 'policy', mode: 'enforce', mx: 'other.rows.example' },
      becomes: 'by DANE',
    },
    {
      why: 'MTA-STS does not make up for DANE',
      label: 'both-wrong',
      at: 'good',
      tlsa: [`3 1 1 ${WRONG}`],
      site: { kind: 'policy', mode: 'enforce', mx: '*.rows.example' },
      becomes: NOT_THE_ONE,
    },
    { why: 'TLS with whomever where nothing is said', label: 'opportunistic', at: 'selfmade', becomes: 'in TLS with anybody' },
    { why: 'without TLS where it is not to be had', label: 'plain', at: 'none', becomes: 'in the clear' },
    { why: 'or where it breaks', label: 'plain-broken', at: 'broken', becomes: 'in the clear' },
    { why: 'not where it is required', label: 'required', at: 'none', outlet: 'required', becomes: NO_STARTTLS },
    { why: 'nor where somebody strips it', label: 'required-stripped', at: 'stripped', outlet: 'required', becomes: NO_STARTTLS },
    { why: 'nor where it breaks', label: 'required-broken', at: 'broken', outlet: 'required', becomes: /^451 4\.7\.5 / },
    {
      why: 'TLSA records that nobody signed',
      label: 'unsigned',
      at: 'selfmade',
      domain: 'unsigned.example',
      becomes: 'in TLS with anybody',
    },
    {
      why: 'a mail host with DANE for a domain without DNSSEC',
      label: 'hosted',
      at: 'selfmade',
      tlsa: [right],
      domain: 'hosted.example',
      becomes: NOT_THE_ONE,
    },
    {
      why: 'REQUIRETLS where nobody vouches for the MX records',
      label: 'hosted-strict',
      at: 'requiring',
      tlsa: [right],
      domain: 'strict.example',
      outlet: 'secure',
      becomes:
        /^550 5\.7\.30 REQUIRETLS: neither DNSSEC nor MTA-STS says that mx-hosted-strict\.rows\.example takes the mail of strict\.example/,
    },
    {
      why: 'REQUIRETLS where MTA-STS does',
      label: 'sts-strict',
      at: 'requiring',
      site: { kind: 'policy', mode: 'testing', mx: '*.rows.example' },
      domain: 'sts-strict.u.example',
      outlet: 'secure',
      becomes: 'by an authority',
    },
    {
      why: 'MX records that somebody has put in place of others',
      label: 'bogus',
      at: 'none',
      domain: 'bogus.example',
      becomes: /^451 4\.4\.3 Where mail for bogus\.example goes cannot be told now/,
    },
    {
      why: 'addresses that somebody has put in place of others',
      label: 'bogus-host',
      at: 'none',
      domain: 'lured.example',
      becomes: /^451 4\.4\.3 Where mx\.bogus\.example is cannot be told now/,
    },
  ]
  return rows.map((row) => ({ outlet: 'out', ...row }))
}

/** All of them. */
export function rowsOf(shown: Shown): readonly Row[] {
  return [...daneRows(shown), ...stsRows(), ...otherRows(shown)]
}
