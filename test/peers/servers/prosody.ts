import { SERVER_NAME } from '../certificates.ts'
import { lines, opensslCiphers, range, unwanted, when, type Server, type Settings } from '../server.ts'

export type ProsodySettings = Settings<
  'protocols' | 'ciphers' | 'ciphersuites' | 'securityLevel' | 'groups' | 'dh' | 'order' | 'certificates' | 'chain',
  {
    /** More lines of its configuration, in force over the others, and where they let clients in. Anna's password is `x`. */
    readonly lines: { readonly text: string; readonly c2s: number }
  }
>

/** Prosody, an XMPP server for mail.example.test: STARTTLS for clients and servers, and TLS at once for clients. One certificate. */
export const prosody: Server<ProsodySettings, 'c2s' | 's2s' | 'c2sDirect'> = {
  packages: ['prosody'],
  async plan(settings, site) {
    const own = settings.lines
    const doors = { c2s: own?.c2s ?? (await site.port()), s2s: await site.port(), c2sDirect: own?.c2s ?? (await site.port()) }
    const [leaf] = site.leaves(settings)
    const { protocols, order } = settings
    const options = protocols === undefined ? [] : unwanted(protocols).map((version) => `"no_${version.toLowerCase().replace('.', '_')}"`)
    if (order !== undefined) options.push(`cipher_server_preference = ${order === 'server'}`)
    const ssl = [
      when(leaf, ({ chain, key }) => `certificate = "${chain}", key = "${key}"`),
      when(protocols, (wanted) => `protocol = "${range(wanted)[0].toLowerCase().replace('.', '_')}+"`),
      when(opensslCiphers(settings), (list) => `ciphers = "${list}"`),
      when(settings.ciphersuites, (list) => `ciphersuites = "${list}"`),
      when(settings.groups, (list) => `curveslist = { ${list.map((name) => `"${name}"`).join(', ')} }`),
      when(site.dh(settings), (file) => `dhparam = "${file}"`),
      options.length > 0 && `options = { ${options.join(', ')} }`,
    ].filter((part) => typeof part === 'string')
    const configuration = lines(
      `run_as_root = true\ndaemonize = false\npidfile = "${site.folder}/pid"\ndata_path = "${site.directory('data')}"`,
      'log = { info = "*console" }\ninterfaces = { "127.0.0.1" }\nlocal_interfaces = { "127.0.0.1" }',
      'modules_enabled = { "tls", "saslauth", "disco" }\nmodules_disabled = { "posix", "http", "http_errors" }',
      `c2s_ports = { ${doors.c2s} }\ns2s_ports = { ${doors.s2s} }\nc2s_direct_tls_ports = { ${doors.c2sDirect} }`,
      `ssl = { ${ssl.join(', ')} }\nc2s_direct_tls_ssl = ssl`,
      own !== undefined && `authentication = "internal_plain"\n${own.text}`,
      `VirtualHost "${SERVER_NAME}"`,
    )
    site.write(`data/${SERVER_NAME.replaceAll('.', '%2e')}/accounts/anna.dat`, 'return { ["password"] = "x" };\n')
    return { runs: [{ command: ['/usr/bin/prosody', '-F', '--config', site.write('prosody.cfg.lua', configuration)] }], doors }
  },
}
