import { execFile, execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { opensslCiphers, range, when, type Server, type Settings } from '../server.ts'

export type PostgresqlSettings = Settings<'protocols' | 'ciphers' | 'securityLevel' | 'groups' | 'dh' | 'order' | 'certificates' | 'chain'>

/** It knows curves by the names of their objects only. */
const CURVES: Readonly<Record<string, string>> = { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' }

const INSTALLED = '/usr/lib/postgresql'

/** PostgreSQL with an empty cluster. Protocols are a range, and it has one group of elliptic curves. */
export const postgresql: Server<PostgresqlSettings, 'postgresql'> = {
  packages: ['postgresql'],
  async plan(settings, site) {
    const doors = { postgresql: await site.port() }
    const newest = readdirSync(INSTALLED).toSorted((a, b) => Number(b) - Number(a))[0] ?? ''
    const programs = join(INSTALLED, newest, 'bin')
    // It refuses to run as root.
    const asOwner = site.root ? ['/usr/bin/setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : []
    const [leaf] = site.leaves(settings)
    const data = site.directory('data')
    if (site.root) execFileSync('chown', ['-R', 'postgres', site.folder])
    const [first, ...rest] = [
      ...asOwner,
      join(programs, 'initdb'),
      '-D',
      data,
      '--no-sync',
      '--no-locale',
      '--auth=trust',
      '--username=test',
    ]
    await promisify(execFile)(first, rest, { cwd: site.folder })
    const [lowest, highest] = settings.protocols === undefined ? [] : range(settings.protocols)
    const values = [
      `port=${doors.postgresql}`,
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${site.folder}`,
      'fsync=off',
      'ssl=on',
      when(leaf, ({ chain }) => `ssl_cert_file=${chain}`),
      when(leaf, ({ key }) => `ssl_key_file=${key}`),
      when(lowest, (version) => `ssl_min_protocol_version=${version}`),
      when(highest, (version) => `ssl_max_protocol_version=${version}`),
      when(opensslCiphers(settings), (list) => `ssl_ciphers=${list}`),
      when(settings.groups, ([group = '']) => `ssl_ecdh_curve=${CURVES[group] ?? group}`),
      when(settings.order, (who) => `ssl_prefer_server_ciphers=${who === 'server' ? 'on' : 'off'}`),
      when(site.dh(settings), (file) => `ssl_dh_params_file=${file}`),
    ].filter((value) => value !== undefined)
    const command = [...asOwner, join(programs, 'postgres'), '-D', data, ...values.flatMap((value) => ['-c', value])]
    return { runs: [{ command, signal: 'INT' }], doors }
  },
}
