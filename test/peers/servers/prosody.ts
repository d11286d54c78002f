import { SERVER_NAME } from '../certificates.ts'
import { lines, opensslCiphers, range, unwanted, when, type Server, type Settings } from '../server.ts'

export type ProsodySettings = Settings<
  'protocols' | 'ciphers' | 'ciphersuites' | 'securityLevel' | 'groups' | 'dh' | 'order' | 'certificates' | 'chain',
  {
    /** More lines of its configuration, in force over the others, and where they let clients and servers in. Anna's password is `x`. */
    readonly lines: { readonly text: string; readonly c2s?: number; readonly s2s?: number }
    /** Its domain, in place of mail.example.test. */
    readonly domain: string
    /** Where on loopback the servers of other domains are, in place of what DNS says. */
    readonly others: Readonly<Record<string, number>>
  }
>

/** A module that knows servers of other domains by their ports: it takes the place of the look-up of SRV records. */
function placesModule(others: Readonly<Record<string, number>>): string {
  const places = Object.entries(others).map(([domain, port]) => `["${domain}"] = ${port}`)
  return lines(
    `local places = { ${places.join(', ')} }`,
    'local manual = require "net.resolvers.manual"',
    'require "net.resolvers.service".new = function (domain, service, _, extra)',
    '  return manual.new({ service == "xmpp-server" and places[domain] and { "tcp4", "127.0.0.1", places[domain], extra } or nil })',
    'end',
    'module:set_global()',
  )
}

/** Prosody, an XMPP server for mail.example.test: STARTTLS for clients and servers, and TLS at once for clients. One certificate. */
export const prosody: Server<ProsodySettings, 'c2s' | 's2s' | 'c2sDirect'> = {
  packages: ['prosody'],
  async plan(settings, site) {
    const own = settings.lines
    const [c2s, s2s] = [own?.c2s ?? (await site.port()), own?.s2s ?? (await site.port())]
    const doors = { c2s, s2s, c2sDirect: own === undefined ? await site.port() : c2s }
    const { domain = SERVER_NAME, others } = settings
    if (others !== undefined) site.write('modules/mod_places.lua', placesModule(others))
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
      `plugin_paths = { "${site.directory('modules')}" }`,
      `modules_enabled = { "tls", "saslauth", "disco", "dialback"${others === undefined ? '' : ', "places"'} }`,
      'modules_disabled = { "posix", "http", "http_errors" }',
      `c2s_ports = { ${doors.c2s} }\ns2s_ports = { ${doors.s2s} }\nc2s_direct_tls_ports = { ${doors.c2sDirect} }`,
      `ssl = { ${ssl.join(', ')} }\nc2s_direct_tls_ssl = ssl`,
      own !== undefined && `authentication = "internal_plain"\n${own.text}`,
      `VirtualHost "${domain}"`,
    )
    site.write(`data/${domain.replaceAll('.', '%2e')}/accounts/anna.dat`, 'return { ["password"] = "x" };\n')
    return { runs: [{ command: ['/usr/bin/prosody', '-F', '--config', site.write('prosody.cfg.lua', configuration)] }], doors }
  },
}
