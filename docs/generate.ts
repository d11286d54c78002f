/** Writes the pages and schemas that are made out of the source: `node docs/generate.ts`. Tests fail while one is out of date. */
import { writeFileSync } from 'node:fs'
import { printHandshakeSchema } from '../src/audit/report/handshake-schema.ts'
import { printProofSchema } from '../src/audit/report/proof-schema.ts'
import { printAuditReportSchema } from '../src/audit/report/schema.ts'
import { printGateBesideSchema, printGateSchema } from '../src/gate/config/config-schema.ts'
import { printGateLogSchema } from '../src/gate/seen/record-schema.ts'
import { printGateExplainSchema } from '../src/gate/outlet/explain-schema.ts'
import { printGateStatusSchema } from '../src/gate/seen/status-schema.ts'
import { findingsPage } from '../src/policy/index.ts'
import { knownClientsPage } from '../src/policy/negotiate/catalogue-page.ts'
import { printPolicySchema } from '../src/policy/policy-schema.ts'
import { printSettingsHistorySchema, printSettingsOutcomeSchema } from '../src/settings/apply/outcome-schema.ts'
import { printSettingsPlanSchema, printSettingsShowSchema } from '../src/settings/json-schema.ts'

writeFileSync(new URL('findings.md', import.meta.url), findingsPage())
writeFileSync(new URL('known-clients.md', import.meta.url), knownClientsPage())

const schemas = {
  'audit-report': printAuditReportSchema(),
  gate: printGateSchema(),
  'gate-beside': printGateBesideSchema(),
  'gate-log': printGateLogSchema(),
  'gate-explain': printGateExplainSchema(),
  'gate-status': printGateStatusSchema(),
  handshake: printHandshakeSchema(),
  policy: printPolicySchema(),
  proof: printProofSchema(),
  'settings-history': printSettingsHistorySchema(),
  'settings-outcome': printSettingsOutcomeSchema(),
  'settings-plan': printSettingsPlanSchema(),
  'settings-show': printSettingsShowSchema(),
}
for (const [name, text] of Object.entries(schemas)) writeFileSync(new URL(`../schemas/${name}.schema.json`, import.meta.url), text)
