import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import type { Target } from './targets.ts'

/** A program that is measured, in one form of its use. */
export interface Program {
  readonly name: ProgramName
  /** What is asked for. `suites`: little more than protocols and suites; `usual`: what it does by itself; `whole`: everything. */
  readonly asks: 'suites' | 'usual' | 'whole'
  /** Takes minutes: measured less often. */
  readonly slow: boolean
  /** `out` is a file for the machine-readable result. */
  readonly command: (target: Target, host: string, out: string) => readonly string[]
  /** How many suites the result names, summed over protocols. */
  readonly suites: (result: string) => number
  readonly version: () => string
}

export type ProgramName =
  | 'postern suites'
  | 'postern suites --parallel 1'
  | 'postern'
  | 'postern --parallel 1'
  | 'sslscan suites'
  | 'sslscan'
  | 'nmap ssl-enum-ciphers'
  | 'sslyze'
  | 'testssl.sh'

export const CHECKOUT: string = new URL('../../', import.meta.url).pathname

const POSTERN = `${CHECKOUT}bin/postern.js`

/** Turns off what sslscan does beside listing suites, as far as it can be. */
const SSLSCAN_SUITES = [
  '--no-check-certificate',
  '--no-cipher-details',
  '--no-compression',
  '--no-fallback',
  '--no-groups',
  '--no-heartbleed',
  '--no-renegotiation',
]

const TESTSSL = ['--quiet', '--color', '0', '--warnings', 'off', '--nodns', 'none']

/** The others first: what they take decides what is asked of ours. */
export const PROGRAMS: readonly Program[] = [
  { name: 'sslscan suites', asks: 'suites', slow: false, command: sslscan(SSLSCAN_SUITES), suites: sslscanSuites, version: sslscanVersion },
  { name: 'sslscan', asks: 'usual', slow: false, command: sslscan([]), suites: sslscanSuites, version: sslscanVersion },
  {
    name: 'nmap ssl-enum-ciphers',
    asks: 'suites',
    slow: false,
    command: ({ port, wellKnownPort }, host, out) => [
      'nmap',
      '-Pn',
      '-n',
      '-p',
      String(wellKnownPort || port),
      '--script',
      '+ssl-enum-ciphers',
      '-oX',
      out,
      host,
    ],
    suites: (result) => count(result, /key="kex_info"/g),
    version: () => said('nmap', ['--version'], /Nmap version \S+/),
  },
  {
    name: 'postern suites',
    asks: 'suites',
    slow: false,
    command: postern(['--only', 'suites']),
    suites: posternSuites,
    version: posternVersion,
  },
  {
    name: 'postern suites --parallel 1',
    asks: 'suites',
    slow: false,
    command: postern(['--only', 'suites', '--parallel', '1']),
    suites: posternSuites,
    version: posternVersion,
  },
  { name: 'postern', asks: 'whole', slow: false, command: postern([]), suites: posternSuites, version: posternVersion },
  {
    name: 'postern --parallel 1',
    asks: 'whole',
    slow: false,
    command: postern(['--parallel', '1']),
    suites: posternSuites,
    version: posternVersion,
  },
  {
    name: 'sslyze',
    asks: 'usual',
    slow: false,
    command: ({ port, starttls }, host, out) => [
      'sslyze',
      '--mozilla_config',
      'disable',
      '--json_out',
      out,
      ...(starttls === undefined ? [] : ['--starttls', starttls]),
      `${host}:${port}`,
    ],
    suites: sslyzeSuites,
    version: () => said('sslyze', ['--help'], /SSLyze version \S+/i),
  },
  {
    name: 'testssl.sh',
    asks: 'whole',
    slow: true,
    command: ({ port, starttls }, host, out) => [
      'testssl',
      ...TESTSSL,
      '--jsonfile',
      out,
      ...(starttls === undefined ? [] : ['-t', starttls]),
      `${host}:${port}`,
    ],
    suites: testsslSuites,
    version: () => said('testssl', ['--version'], /testssl\s+\d\S*/),
  },
]

/** SSLyze is in no Debian: it is measured where somebody has installed it. */
export function isThere(program: Program): boolean {
  const [command = ''] = program.command({ name: 'https', port: 1, wellKnownPort: 0, starttls: undefined, scheme: 'https' }, '', '')
  return command.startsWith('/') ? existsSync(command) : spawnSync('sh', ['-c', `command -v ${command}`]).status === 0
}

function sslscan(options: readonly string[]): Program['command'] {
  return ({ port, starttls }, host, out) => [
    'sslscan',
    '--no-colour',
    `--xml=${out}`,
    ...options,
    ...(starttls === undefined ? [] : [`--starttls-${starttls}`]),
    `${host}:${port}`,
  ]
}

function postern(options: readonly string[]): Program['command'] {
  return ({ port, scheme }, host, out) => [
    process.execPath,
    POSTERN,
    'audit',
    `${scheme}://${host}:${port}`,
    ...options,
    '--json',
    '-o',
    out,
  ]
}

function sslscanSuites(result: string): number {
  return count(result, /<cipher /g)
}

function posternSuites(result: string): number {
  const report = JSON.parse(result) as { targets: { posture: { protocols: Record<string, { suites: unknown[] }> } | null }[] }
  return report.targets
    .flatMap(({ posture }) => Object.values(posture?.protocols ?? {}))
    .reduce((sum, protocol) => sum + protocol.suites.length, 0)
}

function sslyzeSuites(result: string): number {
  return count(result, /"cipher_suite":/g)
}

/** testssl.sh 3.0 names suites only in the order that it found. */
function testsslSuites(result: string): number {
  const findings = JSON.parse(result) as { id: string; finding: string }[]
  return findings
    .filter(({ id }) => /^cipherorder_(?:SSLv|TLSv)/.test(id))
    .reduce((sum, { finding }) => sum + finding.trim().split(/\s+/).filter(Boolean).length, 0)
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}

function posternVersion(): string {
  const { version } = JSON.parse(readFileSync(`${CHECKOUT}package.json`, 'utf8')) as { version: string }
  const commit = spawnSync('git', ['-C', CHECKOUT, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).stdout.trim()
  return `postern ${version}${commit === '' ? '' : ` (${commit})`} on Node ${process.version}`
}

function sslscanVersion(): string {
  return `sslscan ${said('sslscan', ['--version'], /\d+\.\d+\.\d+\S*/)}`
}

/** The words in which a program names its version; where it does not, so. */
function said(command: string, options: readonly string[], pattern: RegExp): string {
  const { stdout, stderr } = spawnSync(command, options, { encoding: 'utf8' })
  return pattern.exec(stripVTControlCharacters(`${stdout}${stderr}`))?.[0].replaceAll(/\s+/g, ' ') ?? `${command}, version unknown`
}
