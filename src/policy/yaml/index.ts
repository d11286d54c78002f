/**
 * Reads the YAML files that people write for Postern, policies and whatever else has a schema, and says of mistakes where they are, with the line, a
 * caret and a remedy. It loads yaml: import it only where a file is read.
 *
 *     const { value, refuse } = readYaml(text, 'our.yaml', schema, KIND)
 *     throw refuse({ path: ['services', 'mx', 'listen'], what: 'no port stands here', remedy: 'Add one, such as :25.' })
 */
export { readYaml, type YamlKind, type YamlProblem, type YamlText } from './read-yaml.ts'
