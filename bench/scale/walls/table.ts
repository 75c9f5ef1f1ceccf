/** A table of results, as the page of results prints it. */
export interface Table {
  title: string;
  /** How it was measured, as Markdown. */
  text: string;
  columns: string[];
  rows: (string | number)[][];
}
