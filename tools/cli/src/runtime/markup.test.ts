import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { expect, test } from 'vitest';
import { Markup, markup } from './markup.ts';

/** What a strict parser reads in an element and in an attribute of it. @throws when it is no well-formed XML */
function read(document: Markup): { text: string; attribute: string } {
  const parser = new SaxesParser({ fragment: false });
  let [text, attribute] = ['', ''];
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ attributes }) => {
    attribute = String(attributes.a);
  });
  parser.on('text', (part) => {
    text += part;
  });
  parser.write(document.text).close();
  return { text, attribute };
}

const document = (value: string) => markup`<x a="${value}">${value}</x>`;

test.each([['<b>"&\'</b>'], ['two\nlines\r\n\tand a tab'], [']]>'], ['&amp; stays'], ['→ 🙂']])(
  '%j is text, and comes back as it was',
  (value) => {
    expect(read(document(value))).toEqual({ text: value, attribute: value });
  },
);

test('what XML cannot hold is replaced', () => {
  expect(read(document('\u001b[31mred\u0000\ud800')).text).toBe('\ufffd[31mred\ufffd\ufffd');
});

test('whatever the text is, the document is well-formed and holds it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const { text, attribute } = read(document(value));
      expect(attribute).toBe(text);
      expect(text).toHaveLength(value.length);
    }),
  );
});

test('control: the parser refuses what is not escaped', () => {
  expect(() => read(new Markup('<x a="1">a < b & c</x>'))).toThrow();
  expect(() => read(new Markup('<x>\u001b</x>'))).toThrow();
});
