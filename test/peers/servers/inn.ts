import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { unpackedFile } from '../packages.ts'
import { SERVER_NAME } from '../certificates.ts'
import { lines, opensslCiphers, when, type Server, type Settings } from '../server.ts'

export type InnSettings = Settings<
  'protocols' | 'ciphers' | 'ciphersuites' | 'securityLevel' | 'groups' | 'order' | 'certificates' | 'chain'
>

/** INN's server for news readers with one empty group: STARTTLS on `nntp`, TLS at once on `nntps`. One certificate, one group of curves. */
export const inn: Server<InnSettings, 'nntp' | 'nntps'> = {
  packages: ['inn2', 'inn2-inews', 'libcanlock3', 'libperl5.36', 'libpython3.11', 'libsasl2-2'],
  async plan(settings, site) {
    const doors = { nntp: await site.port(), nntps: await site.port() }
    for (const directory of ['db', 'run', 'log', 'spool/articles', 'spool/overview']) site.directory(directory)
    site.write('db/active', 'local.test 0000000000 0000000001 y\n')
    site.write('db/newsgroups', 'local.test test\n')
    site.write('db/active.times', 'local.test 0 test\n')
    site.write('db/history', '')
    site.write('spool/tradspool.map', '')
    site.write('etc/storage.conf', 'method tradspool {\n newsgroups: *\n class: 0\n}\n')
    site.write(
      'etc/readers.conf',
      'auth all {\n hosts: "*"\n default: "<all>"\n}\naccess all {\n users: "<all>"\n newsgroups: "*"\n access: RA\n}\n',
    )
    site.write('etc/inn-secrets.conf', '', 0o600)
    const nameOf = (option: string): string => (site.root ? 'news' : execFileSync('id', [option], { encoding: 'utf8' }).trim())
    const [leaf] = site.leaves(settings)
    site.write('etc/inn.conf', innConf(site.folder, { user: nameOf('-un'), group: nameOf('-gn') }, settings, leaf))
    if (site.root) execFileSync('chown', ['-R', 'news:news', site.folder])
    const programs = unpackedFile('inn2', '/usr/lib/news/bin')
    const env = {
      INNCONF: join(site.folder, 'etc/inn.conf'),
      LD_LIBRARY_PATH: `${unpackedFile('inn2', '/usr/lib/news')}:${unpackedFile('inn2-inews', '/usr/lib/news')}`,
    }
    // Makes the overview database; the server itself only reads it.
    await promisify(execFile)(join(programs, 'makehistory'), ['-x', '-O', '-F'], { env: { ...process.env, ...env } })
    const command = [join(programs, 'nnrpd'), '-D', '-f', '-b', '127.0.0.1']
    const runs = [
      { command: [...command, '-p', String(doors.nntp)], env },
      { command: [...command, '-S', '-p', String(doors.nntps)], env },
    ]
    return { runs, doors }
  },
}

function innConf(
  folder: string,
  owner: { readonly user: string; readonly group: string },
  settings: InnSettings,
  leaf: { readonly chain: string; readonly key: string } | undefined,
): string {
  return lines(
    `mta: "/bin/true"\norganization: "Test"\npathhost: ${SERVER_NAME}\ndomain: ${SERVER_NAME}\nrunasuser: ${owner.user}\nrunasgroup: ${owner.group}`,
    // Otherwise it serves nobody while the machine has a load above 16.
    'nnrpdloadlimit: 0',
    'hismethod: hisv6\novmethod: tradindexed\nenableoverview: true',
    `pathnews: ${unpackedFile('inn2', '/usr/lib/news')}\npathetc: ${folder}/etc\npathdb: ${folder}/db\npathrun: ${folder}/run\npathlog: ${folder}/log`,
    `pathtmp: ${folder}/tmp\npathspool: ${folder}/spool\npatharticles: ${folder}/spool/articles\npathoverview: ${folder}/spool/overview`,
    when(leaf, ({ chain, key }) => `tlscertfile: ${chain}\ntlskeyfile: ${key}`),
    when(settings.protocols, (wanted) => `tlsprotocols: [ ${wanted.join(' ')} ]`),
    when(opensslCiphers(settings), (list) => `tlsciphers: "${list}"`),
    when(settings.ciphersuites, (list) => `tlsciphers13: "${list}"`),
    when(settings.groups, ([group]) => `tlseccurve: ${group}`),
    when(settings.order, (who) => `tlspreferserverciphers: ${who === 'server'}`),
  )
}
