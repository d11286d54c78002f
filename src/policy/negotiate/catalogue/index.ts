/**
 * The clients and servers whose TLS is known, each with its source and how certain that is: docs/known-clients.md. Data alone, behind a
 * door of its own: who only wants to know whose TLS ends where need not load what foretells handshakes, and who wants neither loads nothing.
 *
 *     const findings = isAnyNeeded(all) ? withNeededBy(all, posture, oldClients(['smtp'])) : all
 */
export {
  cataloguedClients,
  cataloguedServers,
  clientFamilies,
  oldClients,
  oldServers,
  serverFamilies,
  type CataloguedClient,
  type CataloguedPeer,
  type CataloguedServer,
  type CatalogueFamily,
  type Certainty,
  type PeerUse,
} from '../catalogue.ts'
