import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { printSettingsHistorySchema, printSettingsOutcomeSchema } from '../../src/settings/apply/outcome-schema.ts'
import { printSettingsPlanSchema, printSettingsShowSchema } from '../../src/settings/json-schema.ts'

for (const [name, printed] of [
  ['settings-history', printSettingsHistorySchema()],
  ['settings-outcome', printSettingsOutcomeSchema()],
  ['settings-plan', printSettingsPlanSchema()],
  ['settings-show', printSettingsShowSchema()],
] as const) {
  test(`schemas/${name}.schema.json is up to date (npm run generate)`, () => {
    assert.equal(readFileSync(new URL(`../../schemas/${name}.schema.json`, import.meta.url), 'utf8'), printed)
  })
}
