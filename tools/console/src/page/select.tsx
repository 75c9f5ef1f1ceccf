import type { ComponentChildren } from 'preact';
import type { Box } from './layout.ts';

/** What somebody wants to know more about. */
export interface Selection {
  kind: 'client' | 'edge' | 'pod' | 'rate' | 'request' | 'verdict';
  /** Its name, or the id of a request. */
  name: string;
}

export type Select = (selection: Selection) => void;

interface ButtonProps {
  class?: string;
  /** Where it is pressed. */
  box: Box;
  select: Select;
  what: Selection;
  label: string;
  children: ComponentChildren;
}

/** A part of the picture that leads to its evidence, by mouse and keyboard; its label says what is drawn. */
export function Button({ class: name = '', box, select, what, label, children }: ButtonProps) {
  return (
    <g class={`part ${name}`}>
      {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it takes the focus. */}
      <g aria-hidden="true">{children}</g>
      {/* biome-ignore lint/a11y/useSemanticElements: there is no button within an SVG. */}
      <rect
        class="press"
        {...rectOf(box)}
        rx="12"
        role="button"
        tabindex={0}
        aria-label={label}
        data-name={what.name}
        onClick={() => select(what)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' && event.key !== ' ') return;
          event.preventDefault();
          select(what);
        }}
      />
    </g>
  );
}

/** The attributes of a rectangle. */
export const rectOf = ({ x, y, w, h }: Box) => ({ x, y, width: w, height: h });
