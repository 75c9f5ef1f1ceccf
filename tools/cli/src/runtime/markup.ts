/** Text that is markup already, and is taken as it is. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What XML 1.0 has no way to hold (https://www.w3.org/TR/xml/#charsets); terminals' colours begin with one of these. */
const impossible =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are meant
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const entities: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' },
  // Attributes would turn these into spaces (https://www.w3.org/TR/xml/#AVNormalize).
  ...{ '\n': '&#10;', '\r': '&#13;', '\t': '&#9;' },
};

/** XML or HTML; values put into it become text, in elements and in quoted attributes alike, unless they are markup. */
export function markup(
  parts: TemplateStringsArray,
  ...values: readonly (string | number | Markup | readonly Markup[])[]
): Markup {
  return new Markup(String.raw({ raw: parts }, ...values.map(textOf)));
}

function textOf(value: string | number | Markup | readonly Markup[]): string {
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(({ text }) => text).join('');
  return String(value)
    .replace(impossible, '\ufffd')
    .replace(/[&<>"'\n\r\t]/g, (character) => entities[character] ?? '');
}
