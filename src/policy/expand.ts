/**
 * The names that a pattern with braces stands for, as in a shell: `A_{B,C}` is `A_B` and `A_C`, in this order.
 * Rulebooks print their suites in such blocks.
 */
export function expand(...patterns: readonly string[]): readonly string[] {
  return patterns.flatMap((pattern) => {
    const block = /^([^{]*)\{([^}]*)\}(.*)$/s.exec(pattern)
    if (block === null) return [pattern]
    const [, before = '', choices = '', after = ''] = block
    return choices.split(',').flatMap((choice) => expand(`${before}${choice}${after}`))
  })
}
