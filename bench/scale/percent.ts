/** 0.98765 as `98.8 %`; with more digits where more is to be said. */
export function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)} %`;
}
