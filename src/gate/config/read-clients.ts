import type { PosternError } from '../../errors.ts'
import type { YamlProblem } from '../../policy/yaml/index.ts'
import { certificatesIn } from '../tls/pem.ts'
import type { ServiceFile } from './config-file.ts'
import type { RuleConfig } from './config.ts'

/** Where the certificates of clients stand in a configuration, and how files that are named there are read. */
export interface ClientsSource {
  /** Of the service or the exception. */
  readonly path: readonly string[]
  readonly refuse: (problem: YamlProblem) => PosternError
  readonly text: (file: string, path: readonly string[]) => Promise<string>
}

type Clients = Pick<RuleConfig, 'clientCertificates'>

/** What a service or an exception wants of certificates of clients. `others`: what counts where it says nothing. Rejects with what `refuse` makes. */
export async function readClients(
  file: ServiceFile['clientCertificates'],
  { path, refuse, text }: ClientsSource,
  { clientCertificates }: Clients = {},
): Promise<Clients> {
  if (file === false) return {}
  if (file === undefined) return clientCertificates === undefined ? {} : { clientCertificates }
  const at = [...path, 'clientCertificates', 'ca']
  const ca = await text(file.ca, at)
  if (certificatesIn(ca).length > 0) return { clientCertificates: { ca, mode: file.mode } }
  throw refuse({ path: at, what: `${file.ca} has no certificate in PEM`, remedy: 'Name a file with -----BEGIN CERTIFICATE-----.' })
}
