/**
 * Sums the samples of a series in Prometheus text form
 * (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
 *
 * @param series a name, and where it matters labels that samples must have: `up`, `up{job="edge"}`
 * @returns undefined when there is no such sample
 */
export function sample(text: string, series: string): number | undefined {
  const [, name, labels = ''] = /^([^{]+)(?:\{(.*)\})?$/.exec(series) ?? [];
  const values = text.split('\n').flatMap((line) => {
    const [, found, inner = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
    return found === name && inner.includes(labels) ? [Number(value)] : [];
  });
  return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) : undefined;
}
